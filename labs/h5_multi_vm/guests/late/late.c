/*
 * late.c - a guest that sleeps from one deadline to the next, and measures how
 * late it wakes (h5.3), by its clock and by the machine's cycles. It tells how
 * many there were, the worst of them, in ticks, and when it ended, in cycles.
 */
#include "../lanes.h"
#include "guest_timer.h"

#define TICK 100 /* instructions */

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
	uint64_t n = arg_u64("n", 20), least = arg_u64("least", 5000);
	uint64_t span = arg_u64("span", 50000), worst = 0;

	timer_start(tick);
	for (uint64_t i = 1; i <= n; i++) {
		uint64_t delay = least + (guest_random() >> 32) % span;
		uint64_t deadline = csr_read(time) + delay;
		uint64_t start = machine_cycle();
		timer_set(deadline);
		timer_sleep(&ticks, i);
		uint64_t late = csr_read(time) - deadline;
		uint64_t slept = (machine_cycle() - start) / TICK;
		CHECK(slept - delay - late + 2 <= 4,
		      "its clock shows %lu ticks, the machine's %lu",
		      late + delay, slept);
		CHECK(late >> 63 == 0, "woke %ld ticks early", -(long)late);
		worst = late > worst ? late : worst;
	}
	printf("%lu times, at worst %lu us late\n", n, worst / 10);
	lane_tell(n);
	lane_tell(worst);
	lane_tell(machine_cycle());
}
