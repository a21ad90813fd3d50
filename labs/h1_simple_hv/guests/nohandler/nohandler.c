/*
 * nohandler.c - a guest that is not prepared for its own mistake (h1.7):
 * stvec is 0 when an illegal instruction comes. The VM has to be stopped.
 */
#include "guest.h"

void guest_program(void)
{
	uint64_t in[32] = {[9] = guest_random()}, out[32];

	printf("stvec = 0, and now an illegal instruction\n");
	guest_tell(in[9]);
	csr_write(stvec, 0);
	probe(0x0000000b, in, out); /* opcode custom-0 */
	guest_failed("the illegal instruction had no consequence");
}
