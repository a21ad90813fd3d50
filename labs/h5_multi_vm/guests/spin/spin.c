/*
 * spin.c - a guest that never waits. It works for work= milliseconds of the
 * time that it really has, and says how long that took on the clock.
 */
#include "guest_timer.h"

void guest_program(void)
{
	uint64_t work = arg_u64("work", 500), start = csr_read(time), n = 0;

	/* Four instructions a round, one nanosecond each. */
	for (uint64_t end = work * 250000; n < end; n++)
		__asm__ volatile("nop\n nop");
	printf("%lu ms of work took %lu ms\n", work,
	       (csr_read(time) - start) / 10000);
}
