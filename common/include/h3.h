/*
 * h3.h - the contracts of lab h3_timer. Each function below is yours.
 *
 * Times are in ticks of the timebase (10 MHz on QEMU virt). Host time is what
 * `time` reads in HS-mode; guest time is host time + htimedelta (18.2.7).
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "kernel.h"
#include "later.h"
#include "vm.h"

#define TIMER_NEVER (~0UL)

/*
 * h3.1 (vtimer.c): a vCPU starts. Its clock shows 0 now: vcpu->htimedelta and
 * the CSR. Also: its WFI traps (h3.5), and Sstc is granted or not (h3.6); no
 * deadline is set, neither in vstimecmp nor in the queue.
 */
void vtimer_start(struct vcpu *vcpu);

/* h3.3: a vCPU has ended: its deadline, if it has one, leaves the queue. */
void vtimer_stop(struct vcpu *vcpu);

/*
 * h3.2 (vtimer.c): SBI TIME, set_timer (function 0): a0 is the deadline in
 * guest time; all ones disarms. It clears the pending timer interrupt; a
 * deadline that has passed fires at once. (SBI, chapter 6)
 */
bool sbi_time(struct vcpu *vcpu);

/* h3.2: the legacy call, extension 0: the same, but for how it returns. */
bool sbi_legacy_set_timer(struct vcpu *vcpu);

/*
 * h3.3 (timerq.c, pure): the deadlines of all vCPUs, earliest first; equal
 * ones in the order in which they came. A timer is in the queue at most once;
 * timer->queued says whether it is.
 */
struct timerq {
	struct timer *first;
};

/* Queue timer for `deadline`; if it is queued already, move it. */
void timerq_add(struct timerq *queue, struct timer *timer, uint64_t deadline);

/* Take it out, if it is in. */
void timerq_remove(struct timerq *queue, struct timer *timer);

/*
 * Take out the first timer whose deadline is `now` or earlier, or NULL. Its
 * deadline is left in it: whoever fires may count on from there.
 */
struct timer *timerq_pop(struct timerq *queue, uint64_t now);

/* The earliest deadline, or TIMER_NEVER. */
uint64_t timerq_next(const struct timerq *queue);

/*
 * h3.3 (vtimer.c): the one queue of this hart, and the one host timer, which
 * stimecmp arms: host_timer_add queues and lets stimecmp follow.
 */
void host_timer_add(struct timer *timer, uint64_t deadline);
void host_timer_remove(struct timer *timer);

/*
 * h3.4 (vtimer.c): the host's timer interrupt: fire every timer that is due,
 * each once, then set stimecmp to the next deadline. A vCPU's timer sets
 * VSTIP of that vCPU (vcpu_irq_set); it stays pending until set_timer.
 */
void host_timer_interrupt(void);

/*
 * h3.5 (idle.c): exception 22. A WFI of VS-mode: step over it, then vcpu_block.
 * What else raises it is something that the guest must not do, and a WFI of its
 * user mode is too: to the guest that is an illegal instruction. (18.6.1, 3.3.3)
 */
bool exit_virtual_instruction(struct vcpu *vcpu);

/*
 * h3.5 (idle.c): nothing to run: WFI until a host interrupt is pending, then
 * take it: host_timer_interrupt, host_external_interrupt. sstatus.SIE is 0 all
 * the time, so no trap happens; sip tells.
 */
void hart_idle(void);
