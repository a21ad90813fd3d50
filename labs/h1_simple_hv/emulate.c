/*
 * emulate.c - h1.6: two instructions that trap and are carried out by us.
 */
#include "h1.h"
#include "riscv.h"

bool exit_illegal_instruction(struct vcpu *vcpu)
{
	TODO("h1.6", "emulate csrr rd, mhartid; inject everything else");
}

bool exit_load_access_fault(struct vcpu *vcpu)
{
	TODO("h1.6", "emulate ld and c.ld from the magic address");
}
