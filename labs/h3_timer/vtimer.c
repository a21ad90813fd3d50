/*
 * vtimer.c - h3.1 to h3.4 and h3.6: every vCPU has a clock and a deadline; the
 * host has one timer for them all.
 */
#include "h1.h"
#include "h3.h"
#include "riscv.h"

void host_timer_add(struct timer *timer, uint64_t deadline)
{
	TODO("h3.3", "queue it; stimecmp is the earliest deadline");
}

void host_timer_remove(struct timer *timer)
{
	TODO("h3.3", "take it out; stimecmp is the earliest deadline");
}

void host_timer_interrupt(void)
{
	TODO("h3.4", "fire all that are due, then program the next one");
}

void vtimer_start(struct vcpu *vcpu)
{
	TODO("h3.1", "its clock shows 0; WFI traps; Sstc if granted");
}

void vtimer_stop(struct vcpu *vcpu)
{
	if (!vcpu->timer.queued)
		return;
	TODO("h3.3", "its deadline leaves the queue");
}

bool sbi_time(struct vcpu *vcpu)
{
	TODO("h3.2", "set_timer");
}

bool sbi_legacy_set_timer(struct vcpu *vcpu)
{
	TODO("h3.2", "legacy set_timer");
}
