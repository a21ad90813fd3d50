/*
 * fresh.c - a VM that starts after another one (h1.3): it must not find in its
 * registers what that one left there.
 */
#include "guest.h"

void guest_program(void)
{
	for (int n = 1; n < 32; n++)
		CHECK(n == 10 || n == 11 || guest_entry[n] == 0,
		      "x%d starts as 0x%lx", n, guest_entry[n]);
	printf("nothing left in the registers\n");
	guest_tell(guest_random());
}
