/*
 * hello.c - the first guest of this lab: it looks at its clock, then takes n
 * timer interrupts, and says when they came.
 */
#include "guest_timer.h"

static volatile uint64_t ticks;
static uint64_t deadline, period;

static void hook(struct trap_frame *frame)
{
	(void)frame;
	CHECK(timer_interrupt(), "scause is 0x%lx", csr_read(scause));
	ticks++;
	deadline += period;
	timer_set(deadline);
}

void guest_program(void)
{
	uint64_t n = arg_u64("n", 5);
	uint64_t now = csr_read(time);

	period = arg_u64("period", SECOND / 10);
	printf("hello, my clock shows %lu.%06lu s\n", now / SECOND,
	       now % SECOND / 10);
	deadline = now + period;
	timer_set(deadline);
	timer_start(hook);
	for (uint64_t i = 1; i <= n; i++) {
		while (ticks < i)
			;
		now = csr_read(time);
		printf("tick %lu at %lu.%lu s\n", i, now / SECOND,
		       now % SECOND / (SECOND / 10));
	}
	timer_set(TIMER_OFF);
}
