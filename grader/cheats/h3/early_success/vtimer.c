/* Ends the machine with the exit status of a success before the guest runs. */
#include "h1.h"
#include "h3.h"

void vtimer_start(struct vcpu *vcpu)
{
	(void)vcpu;
	poweroff(EXIT_CODE_OK);
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
	return sbi_return(vcpu, SBI_SUCCESS, 0);
}

bool sbi_legacy_set_timer(struct vcpu *vcpu)
{
	return sbi_return_legacy(vcpu, SBI_SUCCESS);
}
