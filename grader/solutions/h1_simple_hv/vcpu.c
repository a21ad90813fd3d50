/*
 * vcpu.c - h1.2: the state in which a guest finds its hart.
 */
#include "h1.h"
#include "riscv.h"

void hart_init_guests(void)
{
	/* SOLUTION h1.2: set hedeleg, hideleg, hcounteren, henvcfg, hgatp */
	/*
	 * Illegal instructions and access faults stay with us: we emulate some
	 * of them, and pass the rest on (h1.7). The bits of ecall from VS-mode
	 * and of the guest-page faults are read-only zero.
	 */
	csr_write(hedeleg, 1 << CAUSE_FETCH_MISALIGNED | 1 << CAUSE_BREAKPOINT |
				   1 << CAUSE_LOAD_MISALIGNED |
				   1 << CAUSE_STORE_MISALIGNED |
				   1 << CAUSE_U_ECALL |
				   1 << CAUSE_FETCH_PAGE_FAULT |
				   1 << CAUSE_LOAD_PAGE_FAULT |
				   1 << CAUSE_STORE_PAGE_FAULT);
	csr_write(hideleg, 1 << IRQ_VSSI | 1 << IRQ_VSTI | 1 << IRQ_VSEI);
	csr_write(hcounteren, COUNTEREN_CY | COUNTEREN_TM | COUNTEREN_IR);
	csr_write(henvcfg, 0);
	csr_write(hgatp, ATP_MODE_BARE);
	/* END */
}

void vcpu_init(struct vcpu *vcpu, gpa_t entry, gpa_t dtb)
{
	/* SOLUTION h1.2: set hstatus, sstatus, sepc, a0 and a1 of the vCPU */
	for (unsigned i = 0; i < 32; i++)
		vcpu->gpr[i] = 0;
	vcpu->gpr[REG_A0] = vcpu->hartid;
	vcpu->gpr[REG_A1] = dtb.a;
	vcpu->sepc = entry.a;
	/* sret goes to V=1 (SPV), to supervisor mode there (SPP). */
	vcpu->hstatus = HSTATUS_VSXL_64 | HSTATUS_SPV | HSTATUS_SPVP;
	vcpu->sstatus = SSTATUS_SPP | SSTATUS_FS_INITIAL;
	/* END */
}
