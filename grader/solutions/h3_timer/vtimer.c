/*
 * vtimer.c - h3.1 to h3.4 and h3.6: every vCPU has a clock and a deadline; the
 * host has one timer for them all.
 */
#include "h1.h"
#include "h3.h"
#include "riscv.h"

/* HIDDEN */
static struct timerq timers;

static struct vcpu *vcpu_of(struct timer *timer)
{
	return (struct vcpu *)((char *)timer - offsetof(struct vcpu, timer));
}

static void vtimer_fire(struct timer *timer)
{
	vcpu_irq_set(vcpu_of(timer), IRQ_VSTI, true);
}

/* END */
void host_timer_add(struct timer *timer, uint64_t deadline)
{
	/* SOLUTION h3.3: queue it; stimecmp is the earliest deadline */
	/* Nearly always it is the first, and stays it: 40 instructions less. */
	if (timers.first == timer &&
	    (!timer->next || deadline < timer->next->deadline)) {
		timer->deadline = deadline;
		csr_write(stimecmp, deadline);
		return;
	}
	timerq_add(&timers, timer, deadline);
	csr_write(stimecmp, timerq_next(&timers));
	/* END */
}

void host_timer_remove(struct timer *timer)
{
	/* SOLUTION h3.3: take it out; stimecmp is the earliest deadline */
	timerq_remove(&timers, timer);
	csr_write(stimecmp, timerq_next(&timers));
	/* END */
}

void host_timer_interrupt(void)
{
	/* SOLUTION h3.4: fire all that are due, then program the next one */
	struct timer *timer;

	while ((timer = timerq_pop(&timers, csr_read(time))) != NULL)
		timer->fire(timer);
	csr_write(stimecmp, timerq_next(&timers));
	/* END */
}

void vtimer_start(struct vcpu *vcpu)
{
	/* SOLUTION h3.1: its clock shows 0; WFI traps; Sstc if granted */
	vcpu->htimedelta = -csr_read(time);
	csr_write(htimedelta, vcpu->htimedelta);
	vcpu->timer.fire = vtimer_fire;
	vcpu->hstatus |= HSTATUS_VTW;
	csr_set(sie, 1 << IRQ_STI);

	/*
	 * vstimecmp exists for HS-mode with or without the grant, but only
	 * with it does it raise VSTIP, instead of hvip alone (18.2.5).
	 */
	csr_write(vstimecmp, TIMER_NEVER);
	csr_write(henvcfg, vcpu->vm->sstc ? ENVCFG_STCE : 0);
	/* END */
}

void vtimer_stop(struct vcpu *vcpu)
{
	if (!vcpu->timer.queued)
		return;
	/* SOLUTION h3.3: its deadline leaves the queue */
	host_timer_remove(&vcpu->timer);
	/* END */
}

/* HIDDEN */
static void vtimer_set(struct vcpu *vcpu, uint64_t guest_time)
{
	uint64_t deadline = guest_time - vcpu->htimedelta;

	/* The vCPU that calls has the hart: the CSR is its hvip. */
	csr_clear(hvip, 1 << IRQ_VSTI);
	/* What wraps around is too far away to ever come; all ones does, too. */
	if (deadline < guest_time)
		host_timer_remove(&vcpu->timer);
	else /* If it has passed, the host's timer rings on the way back. */
		host_timer_add(&vcpu->timer, deadline);
}

/* END */
bool sbi_time(struct vcpu *vcpu)
{
	/* SOLUTION h3.2: set_timer */
	if (vcpu->gpr[REG_A6] != SBI_TIME_SET_TIMER)
		return sbi_return(vcpu, SBI_ERR_NOT_SUPPORTED, 0);
	vtimer_set(vcpu, vcpu->gpr[REG_A0]);
	return sbi_return(vcpu, SBI_SUCCESS, 0);
	/* END */
}

bool sbi_legacy_set_timer(struct vcpu *vcpu)
{
	/* SOLUTION h3.2: legacy set_timer */
	vtimer_set(vcpu, vcpu->gpr[REG_A0]);
	return sbi_return_legacy(vcpu, SBI_SUCCESS);
	/* END */
}
