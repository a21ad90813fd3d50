/*
 * sbi.c - h1.5: to its guest, the hypervisor is the SBI.
 */
#include "sbi.h"

#include "h1.h"

#define LEGACY_LAST 8UL

bool sbi_call(struct vcpu *vcpu)
{
	TODO("h1.5", "call the extension of a7, answer in a0 and a1");
}

struct sbiret sbi_base(struct vcpu *vcpu)
{
	TODO("h1.5", "BASE: version, implementation, probe, machine ids");
}

struct sbiret sbi_dbcn(struct vcpu *vcpu)
{
	TODO("h1.5", "DBCN: write, read (nothing to read), write byte");
}

struct sbiret sbi_srst(struct vcpu *vcpu)
{
	TODO("h1.5", "SRST: shutdown and reboot end the VM");
}

struct sbiret sbi_legacy_putchar(struct vcpu *vcpu)
{
	TODO("h1.5", "legacy putchar: one character from a0");
}

struct sbiret sbi_legacy_shutdown(struct vcpu *vcpu)
{
	TODO("h1.5", "legacy shutdown");
}
