/*
 * Burns every instruction while the guest sleeps, and is always found just
 * behind a wfi: an interrupt is left pending, so each of them ends at once.
 */
#include "h1.h"
#include "h3.h"
#include "riscv.h"

#define INSN_WFI 0x10500073U

void hart_idle(void)
{
	uint64_t due = csr_read(stimecmp);

	csr_write(stimecmp, 0);
	while (csr_read(time) + 10000 < due)
		__asm__ volatile(".rept 4096\n\twfi\n\t.endr");
	while (csr_read(time) < due)
		__asm__ volatile(".rept 8\n\twfi\n\t.endr");
	csr_write(stimecmp, due);
	uint64_t pending = csr_read(sip) & csr_read(sie);
	if (pending & 1 << IRQ_STI)
		host_timer_interrupt();
	if (pending & 1 << IRQ_SEI)
		host_external_interrupt();
}

bool exit_virtual_instruction(struct vcpu *vcpu)
{
	uint32_t insn;
	uint64_t fault = vcpu_fetch(vcpu, &insn);

	if (fault)
		return vcpu_inject(vcpu, fault, vcpu->sepc);
	/* In user mode, WFI is illegal on every machine with S-mode (3.3.3). */
	if (insn != INSN_WFI || !(vcpu->sstatus & SSTATUS_SPP))
		return vcpu_inject(vcpu, CAUSE_ILLEGAL_INSTRUCTION, insn);
	vcpu->sepc += 4;
	return vcpu_block(vcpu);
}
