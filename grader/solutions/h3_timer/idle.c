/*
 * idle.c - h3.5: a guest that waits costs nothing.
 */
#include "h1.h"
#include "h3.h"
#include "riscv.h"

/* HIDDEN */
#define INSN_WFI 0x10500073U

/* END */
void hart_idle(void)
{
	/* SOLUTION h3.5: wfi, then take the host interrupts that are pending */
	__asm__ volatile("wfi");
	uint64_t pending = csr_read(sip) & csr_read(sie);
	if (pending & 1 << IRQ_STI)
		host_timer_interrupt();
	if (pending & 1 << IRQ_SEI)
		host_external_interrupt();
	/* END */
}

bool exit_virtual_instruction(struct vcpu *vcpu)
{
	/* SOLUTION h3.5: block on a WFI; the rest is an illegal instruction */
	uint32_t insn;
	uint64_t fault = vcpu_fetch(vcpu, &insn);

	if (fault)
		return vcpu_inject(vcpu, fault, vcpu->sepc);
	/* In user mode, WFI is illegal on every machine with S-mode (3.3.3). */
	if (insn != INSN_WFI || !(vcpu->sstatus & SSTATUS_SPP))
		return vcpu_inject(vcpu, CAUSE_ILLEGAL_INSTRUCTION, insn);
	vcpu->sepc += 4;
	return vcpu_block(vcpu);
	/* END */
}
