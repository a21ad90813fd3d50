/*
 * vplic.c - h4.1 and h4.2: what is written to a PLIC in software, by the wires
 * and by the guest. Pure: it raises no interrupt, it only knows which one
 * should be.
 */
#include "vplic.h"

void vplic_set_line(struct vplic *vplic, unsigned source, bool high)
{
	TODO("h4.2", "a high line makes the source pending, if not claimed");
}

bool vplic_complete(struct vplic *vplic, unsigned context, unsigned source)
{
	TODO("h4.2", "no longer claimed; pending again if the line is high");
}

/* Flat: vplic_complete is compiled in, too. */
__attribute__((flatten)) unsigned vplic_write(struct vplic *vplic,
					      uint64_t offset, uint32_t value)
{
	TODO("h4.1", "which register is this? completions are writes");
}
