/*
 * vcpu.c - h1.2: the state in which a guest finds its hart.
 */
#include "h1.h"
#include "riscv.h"

void hart_init_guests(void)
{
	TODO("h1.2", "set hedeleg, hideleg, hcounteren, henvcfg, hgatp");
}

void vcpu_init(struct vcpu *vcpu, gpa_t entry, gpa_t dtb)
{
	TODO("h1.2", "set hstatus, sstatus, sepc, a0 and a1 of the vCPU");
}
