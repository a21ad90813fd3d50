/*
 * vplic.h - h4.1 and h4.3: what is read from a PLIC in software, by its
 * specification (1.0.0), claims included. Pure.
 *
 * A header, so that extirq.c gets it compiled in: without, a claim costs 27
 * instructions more.
 */
#pragma once
#include "h4.h"

/*
 * h4.3: the source to serve next in this context: pending, enabled, of the
 * highest priority above the threshold, and of these the lowest id; else 0.
 * Priority 0 means never. Looks at words of 32 or 64 sources, not at bits.
 */
static inline unsigned vplic_best(const struct vplic *vplic, unsigned context)
{
	TODO("h4.3", "the highest priority above the threshold");
}

/* h4.3: claim it: no longer pending, but claimed. */
static inline unsigned vplic_claim(struct vplic *vplic, unsigned context)
{
	TODO("h4.3", "the best source is claimed, and no longer pending");
}

/*
 * h4.1: read one 32-bit register of the register file (plic.h). Source 0,
 * sources from VPLIC_SOURCES on, contexts from VPLIC_CONTEXTS on and holes
 * read 0. Reading PLIC_CLAIM claims.
 */
static inline uint32_t vplic_read(struct vplic *vplic, uint64_t offset)
{
	TODO("h4.1", "which register is this? claims are reads");
}
