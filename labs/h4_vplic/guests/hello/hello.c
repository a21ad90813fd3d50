/*
 * hello.c - the first guest: it asks its PLIC what it can do, as drivers do:
 * write ones everywhere, and look which of them stay (PLIC, chapter 4).
 */
#include "../devices.h"

void guest_program(void)
{
	unsigned sources = 0;

	for (uint64_t word = 0; word < PLIC_SOURCES / 32; word++) {
		volatile uint32_t *enable = plic_reg(PLIC_ENABLE + 4 * word);
		*enable = ~0U;
		for (uint32_t bits = *enable; bits; bits &= bits - 1)
			sources++;
		*enable = 0;
	}
	plic_set_priority(1, ~0U);
	printf("hello: a PLIC with %u sources, priorities up to %u\n", sources,
	       *plic_reg(PLIC_PRIORITY + 4));
}
