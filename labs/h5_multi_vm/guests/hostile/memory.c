/*
 * memory.c - hostile: addresses of others, tables that change under the walk.
 */
#include "../../../h4_vplic/guests/devices.h"
#include "hostile.h"

void reads(void)
{
	for (uint64_t i = 0; i < times; i++)
		(void)*(volatile uint8_t *)anywhere();
}

void writes(void)
{
	static const uint64_t values[] = {0, 0x5555, 0x3333, -1UL};

	for (uint64_t i = 0; i < times; i++) {
		uint64_t at = anywhere();
		if (!own(at) && at - UART_BASE >= 0x100)
			*(volatile uint64_t *)(at & ~7UL) = values[dice(4)];
	}
}

static uint64_t root[512] __attribute__((aligned(4096)));

static void paging_on(uint64_t ppn)
{
	csr_write(satp, ATP_MODE_SV39 << ATP_MODE_SHIFT | ppn);
	__asm__ volatile("sfence.vma" ::: "memory");
}

/* A table that is its own page, changes while it is used, leads anywhere. */
void tables(void)
{
	root[2] = 0x80000000UL >> 2 | 0xcf;
	paging_on((uint64_t)root >> 12);
	for (uint64_t i = 0; i < times; i++) {
		uint64_t n = 3 + dice(509);
		root[n] = dice(3) ? anywhere() >> 2 | dice(256)
				  : (uint64_t)root >> 2 | 1;
		__asm__ volatile("sfence.vma" ::: "memory");
		volatile uint8_t *at = (uint8_t *)(n << 30 | dice(1UL << 30));
		if (dice(2))
			(void)*at;
		else if (!own(*at))
			*at = 1;
	}
}

/*
 * The next fetch, and that of its handler, go through nothing: an exit each
 * time. With a root in its own RAM it would trap to itself for ever, which is
 * no harm to anybody but fills QEMU's log of traps.
 */
void no_tables(void)
{
	uint64_t at;

	do
		at = anywhere();
	while (own(at));
	paging_on(at >> 12 & 0xfffffffffff);
}
