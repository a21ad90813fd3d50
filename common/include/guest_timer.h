/*
 * guest_timer.h - a guest's own timer, by whichever way its machine has.
 */
#pragma once
#include <stdint.h>

#include "guest.h"

#define TIMER_OFF (~0UL)
#define SECOND 10000000UL /* ticks */

/*
 * The way: stimecmp if the device tree's ISA string has Sstc, otherwise the
 * SBI; the boot argument timer=sbi, legacy or sstc overrides that.
 */
enum timer_way { TIMER_SBI, TIMER_LEGACY, TIMER_SSTC };
enum timer_way timer_way(void);

/* Arm the timer, in ticks of `time`; TIMER_OFF disarms it. */
void timer_set(uint64_t deadline);

/* Let interrupts in. Timer interrupts are off until timer_start. */
void timer_start(void (*hook)(struct trap_frame *frame));

/* Is the trap that the guest's hook was called for a timer interrupt? */
static inline int timer_interrupt(void)
{
	return csr_read(scause) == (CAUSE_INTERRUPT | IRQ_STI);
}

/*
 * Sleep until the interrupt handler has raised *count to n. Interrupts are off
 * between the look and the wfi, or one that comes right there is slept over.
 */
void timer_sleep(const volatile uint64_t *count, uint64_t n);

/* Pass the time with work, for at least so many ticks. */
void timer_spin(uint64_t ticks);
