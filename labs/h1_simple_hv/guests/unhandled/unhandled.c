/*
 * unhandled.c - an exit for which the hypervisor has no handler (h1.4): the
 * guest reaches for hstatus, which belongs to HS-mode. Its VM has to be
 * stopped with a reason; the VM beside it must not notice.
 */
#include "guest.h"

void guest_program(void)
{
	uint64_t in[32] = {[9] = guest_random()}, out[32];

	printf("now an exit that nobody handles\n");
	guest_tell(in[9]);
	probe(0x60002573, in, out); /* csrr a0, hstatus */
	guest_failed("reading hstatus had no consequence");
}
