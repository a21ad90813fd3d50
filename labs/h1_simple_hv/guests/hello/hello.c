/*
 * hello.c - the first guest: it says hello, and what it was told. The boot
 * argument times= says how often.
 */
#include "guest.h"

void guest_program(void)
{
	uint64_t times = arg_u64("times", 1), seed = arg_u64("seed", 0);

	for (uint64_t i = 0; i < times; i++)
		printf("hello from VS-mode, hart 0x%lx, seed %lu\n",
		       guest_hartid, seed);
}
