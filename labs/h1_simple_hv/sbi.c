/*
 * sbi.c - h1.5: to its guest, the hypervisor is the SBI.
 */
#include "sbi.h"

#include "h1.h"

bool sbi_return(struct vcpu *vcpu, long error, uint64_t value)
{
	TODO("h1.5", "the answer in a0 and a1, then past the ecall");
}

bool sbi_return_legacy(struct vcpu *vcpu, long a0)
{
	TODO("h1.5", "the answer in a0 alone, then past the ecall");
}

bool sbi_call(struct vcpu *vcpu)
{
	TODO("h1.5", "find the extension of a7 in the table and call it");
}

bool sbi_base(struct vcpu *vcpu)
{
	TODO("h1.5", "BASE: version, implementation, probe, machine ids");
}

bool sbi_dbcn(struct vcpu *vcpu)
{
	TODO("h1.5", "DBCN: write, read (nothing to read), write byte");
}

bool sbi_srst(struct vcpu *vcpu)
{
	TODO("h1.5", "SRST: shutdown and reboot end the VM");
}

bool sbi_legacy_putchar(struct vcpu *vcpu)
{
	TODO("h1.5", "legacy putchar: one character from a0");
}

bool sbi_legacy_shutdown(struct vcpu *vcpu)
{
	TODO("h1.5", "legacy shutdown");
}
