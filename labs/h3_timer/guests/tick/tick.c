/*
 * tick.c - a periodic tick, as a kernel has it (h3.4): n ticks of `period`,
 * each armed from the deadline before it, and how late each of them was. With
 * how=sleep the guest sleeps between them, otherwise it is busy.
 */
#include <string.h>

#include "guest_timer.h"

static volatile uint64_t ticks;
static uint64_t n, period, deadline, lost, early;
static uint64_t least = ~0UL, most; /* so late was a tick, in ticks of `time` */

static void hook(struct trap_frame *frame)
{
	uint64_t now = csr_read(time), late = now - deadline;

	(void)frame;
	CHECK(timer_interrupt(), "scause is 0x%lx", csr_read(scause));
	ticks++;
	if (now < deadline) {
		early++; /* or doubled: it has been here already */
		timer_set(deadline);
		return;
	}
	least = late < least ? late : least;
	most = late > most ? late : most;
	lost += late / period;
	deadline += period * (1 + late / period);
	timer_set(ticks < n ? deadline : TIMER_OFF);
}

void guest_program(void)
{
	n = arg_u64("n", 1000);
	period = arg_u64("period", 10000);
	deadline = csr_read(time) + period;
	timer_set(deadline);
	timer_start(hook);
	if (strcmp(arg_word("how"), "sleep") == 0)
		timer_sleep(&ticks, n);
	else
		while (ticks < n)
			;
	timer_spin(3 * period); /* one too many would come here */
	printf("%lu ticks of %lu, %lu lost, %lu early\n", ticks, period, lost,
	       early);
	printf("late by %lu to %lu\n", least, most);
	guest_tell(ticks);
	guest_tell(lost + early);
	guest_tell(least);
	guest_tell(most);
}
