/*
 * tick.c - the real-time guest: it sleeps from one tick of its timer to the
 * next, and measures how late each of them comes. The boot arguments: ticks=
 * and period= (in microseconds).
 */
#include "guest_timer.h"

static volatile uint64_t ticks;

static void tick(struct trap_frame *frame)
{
	(void)frame;
	CHECK(timer_interrupt(), "unexpected trap 0x%lx", csr_read(scause));
	timer_set(TIMER_OFF);
	ticks++;
}

void guest_program(void)
{
	uint64_t n = arg_u64("ticks", 20) | 1;
	uint64_t period = arg_u64("period", 100000) * 10; /* ticks of time */
	uint64_t deadline = csr_read(time), worst = 0, sum = 0;

	timer_start(tick);
	for (uint64_t i = 1; i <= n; i++) {
		deadline += period;
		timer_set(deadline);
		timer_sleep(&ticks, i);
		uint64_t late = csr_read(time) - deadline;
		worst = late > worst ? late : worst;
		sum += late;
		if (i % 10 == 0)
			printf("tick %lu, worst so far %lu us late\n", i,
			       worst / 10);
	}
	printf("%lu ticks, on average %lu us late, at worst %lu us\n", n,
	       sum / n / 10, worst / 10);
}
