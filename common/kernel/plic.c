/*
 * plic.c - the host's PLIC: one context, that of the boot hart's S-mode.
 */
#include "plic.h"

#include <string.h>

#include "addr.h"
#include "fdt.h"
#include "kernel.h"
#include "riscv.h"

static uint64_t plic; /* host-physical address of the register file */
static uint64_t context;
static volatile uint32_t *claim; /* read: claim; written: complete */

static volatile uint32_t *reg(uint64_t offset)
{
	return hpa_ptr(HPA(plic + offset));
}

/*
 * "interrupts-extended" has one pair of cells per context: the hart's
 * interrupt controller, and the interrupt it gets. Ours is the first S-mode
 * one: interrupt 9. The boot hart's contexts come first.
 */
static uint64_t find_context(fdt_node node)
{
	uint32_t len = 0;
	const uint8_t *cells =
		fdt_prop(&host_fdt, node, "interrupts-extended", &len);

	for (uint64_t i = 0; i < len / 8; i++)
		if (cells[i * 8 + 7] == IRQ_SEI)
			return i;
	panic("the machine's PLIC has no S-mode context");
}

void plic_init(void)
{
	uint64_t size;
	fdt_node node = fdt_compatible(&host_fdt, FDT_ROOT, "riscv,plic0");

	if (node == FDT_NONE || !fdt_reg(&host_fdt, node, 0, &plic, &size))
		panic("the machine's device tree names no PLIC");
	context = find_context(node);
	for (unsigned word = 0; word < PLIC_SOURCES / 32; word++)
		*reg(PLIC_ENABLE + context * PLIC_ENABLE_SIZE + 4 * word) = 0;
	*reg(PLIC_CONTEXT + context * PLIC_CONTEXT_SIZE + PLIC_THRESHOLD) = 0;
	claim = reg(PLIC_CONTEXT + context * PLIC_CONTEXT_SIZE + PLIC_CLAIM);
	csr_set(sie, 1 << IRQ_SEI);
}

void plic_enable(unsigned source, bool on)
{
	volatile uint32_t *word = reg(PLIC_ENABLE + context * PLIC_ENABLE_SIZE +
				      4 * (source / 32));

	*reg(PLIC_PRIORITY + 4 * source) = on;
	*word = on ? *word | 1U << source % 32 : *word & ~(1U << source % 32);
}

unsigned plic_claim(void)
{
	return *claim;
}

void plic_complete(unsigned source)
{
	*claim = source;
}
