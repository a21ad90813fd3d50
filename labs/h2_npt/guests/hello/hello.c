/*
 * hello.c - the first guest of this lab: at guest-physical 0x80000000, where the
 * machine itself has the hypervisor's M-mode. The boot argument number= is
 * anything at all.
 */
#include "addr.h"
#include "guest.h"

void guest_program(void)
{
	uint64_t pc, number = arg_u64("number", 0);

	__asm__("auipc %0, 0" : "=r"(pc));
	printf("hello from guest-physical 0x%lx, number %lu\n",
	       pc & ~(PAGE_SIZE - 1), number);
	guest_tell(number);
}
