/*
 * No queue, no host timer, no injection: every VM is granted Sstc, whatever its
 * device tree says, and set_timer writes the guest's own stimecmp.
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
	csr_write(henvcfg, ENVCFG_STCE);
}

void vtimer_stop(struct vcpu *vcpu)
{
	(void)vcpu;
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

bool sbi_time(struct vcpu *vcpu)
{
	if (vcpu->gpr[REG_A6] != SBI_TIME_SET_TIMER)
		return sbi_return(vcpu, SBI_ERR_NOT_SUPPORTED, 0);
	csr_write(vstimecmp, vcpu->gpr[REG_A0]);
	return sbi_return(vcpu, SBI_SUCCESS, 0);
}

bool sbi_legacy_set_timer(struct vcpu *vcpu)
{
	csr_write(vstimecmp, vcpu->gpr[REG_A0]);
	return sbi_return_legacy(vcpu, SBI_SUCCESS);
}
