/*
 * fetch.c - h2.6: the instruction that trapped, and what it wanted.
 */
#include "h1.h"
#include "h2.h"
#include "hlvx.h"
#include "insn.h"
#include "mmio.h"
#include "riscv.h"

uint64_t vcpu_fetch(struct vcpu *vcpu, uint32_t *insn)
{
	TODO("h2.6", "read 16 or 32 bits at sepc with hlvx_hu");
}

/* Flat: vcpu_fetch is compiled in, too. */
__attribute__((flatten)) bool mmio_emulate(struct vcpu *vcpu, gpa_t gpa)
{
	TODO("h2.6", "decode the access and let the device carry it out");
}
