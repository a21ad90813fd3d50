/*
 * share.c - a guest that never waits (h5.3). It works while the machine's count
 * of cycles is in [from, to), the same stretch for every VM, and tells how many
 * units of work it has got done.
 */
#include "../lanes.h"

#define UNIT 1000 /* instructions */

void guest_program(void)
{
	uint64_t from = arg_u64("from", 20000000);
	uint64_t to = arg_u64("to", 50000000), units = 0;

	while (machine_cycle() < from)
		;
	for (; machine_cycle() < to; units++)
		burn(UNIT);
	printf("%lu units of work\n", units);
	lane_tell(units);
}
