/*
 * hello.c - the first guest: it says hello, and what it was told.
 */
#include "guest.h"

void guest_program(void)
{
	printf("hello from VS-mode, hart 0x%lx, seed %lu\n", guest_hartid,
	       arg_u64("seed", 0));
}
