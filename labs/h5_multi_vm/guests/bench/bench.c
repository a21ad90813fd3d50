/*
 * bench.c - what a call of the SBI costs, in instructions. The boot argument
 * times= says how often it is repeated.
 */
#include "guest.h"

static uint64_t calls(uint64_t times, int call)
{
	uint64_t start = csr_read(instret);

	for (uint64_t i = 0; i < times; i++) {
		register uint64_t a0 __asm__("a0") = 0;
		register uint64_t a6 __asm__("a6") = SBI_BASE_GET_SPEC_VERSION;
		register uint64_t a7 __asm__("a7") = SBI_EXT_BASE;
		if (call)
			__asm__ volatile("ecall"
					 : "+r"(a0)
					 : "r"(a6), "r"(a7)
					 : "a1", "memory");
		else
			__asm__ volatile(""
					 : "+r"(a0)
					 : "r"(a6), "r"(a7)
					 : "a1", "memory");
	}
	return csr_read(instret) - start;
}

void guest_program(void)
{
	uint64_t times = arg_u64("times", 20000);
	uint64_t empty = calls(times, 0), full = calls(times, 1);

	printf("get_spec_version: %lu instructions\n", (full - empty) / times);
}
