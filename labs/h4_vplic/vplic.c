/*
 * vplic.c - h4.1 to h4.3: a PLIC in software, by its specification (1.0.0).
 * Pure: it raises no interrupt, it only knows which one should be.
 */
#include "h4.h"

void vplic_set_line(struct vplic *vplic, unsigned source, bool high)
{
	TODO("h4.2", "a high line makes the source pending, if not claimed");
}

unsigned vplic_best(const struct vplic *vplic, unsigned context)
{
	TODO("h4.3", "the highest priority above the threshold");
}

unsigned vplic_claim(struct vplic *vplic, unsigned context)
{
	TODO("h4.3", "the best source is claimed, and no longer pending");
}

bool vplic_complete(struct vplic *vplic, unsigned context, unsigned source)
{
	TODO("h4.2", "no longer claimed; pending again if the line is high");
}

/* Flat: what it calls is compiled in, too. So is what vplic_write calls. */
__attribute__((flatten)) uint32_t vplic_read(struct vplic *vplic,
					     uint64_t offset)
{
	TODO("h4.1", "which register is this? claims are reads");
}

__attribute__((flatten)) unsigned vplic_write(struct vplic *vplic,
					      uint64_t offset, uint32_t value)
{
	TODO("h4.1", "which register is this? completions are writes");
}
