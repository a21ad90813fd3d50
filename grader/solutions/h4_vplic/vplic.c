/*
 * vplic.c - h4.1 to h4.3: a PLIC in software, by its specification (1.0.0).
 * Pure: it raises no interrupt, it only knows which one should be.
 */
#include "h4.h"

/* HIDDEN */
#define WORD 64U /* sources in a word of a bitmap */

static bool bit_get(const uint64_t *words, unsigned source)
{
	return words[source / WORD] >> source % WORD & 1;
}

static void bit_set(uint64_t *words, unsigned source, bool on)
{
	uint64_t bit = 1UL << source % WORD;

	if (on)
		words[source / WORD] |= bit;
	else
		words[source / WORD] &= ~bit;
}

/* The register file has words of 32 sources, of which two make one of ours. */
static uint32_t half_get(const uint64_t *words, uint64_t index)
{
	return (uint32_t)(words[index / 2] >> index % 2 * 32);
}

static void half_set(uint64_t *words, uint64_t index, uint32_t value)
{
	uint64_t shift = index % 2 * 32;
	uint64_t mask = 0xffffffffUL << shift;

	words[index / 2] = (words[index / 2] & ~mask) | (uint64_t)value
								<< shift;
	words[0] &= ~1UL; /* source 0 never exists */
}

static bool is_source(uint64_t source)
{
	return source > 0 && source < VPLIC_SOURCES;
}

/* Where in the register file: a context's page, or its enable bits. */
static uint64_t context_of(uint64_t offset)
{
	if (offset >= PLIC_CONTEXT)
		return (offset - PLIC_CONTEXT) / PLIC_CONTEXT_SIZE;
	return (offset - PLIC_ENABLE) / PLIC_ENABLE_SIZE;
}

/* END */
void vplic_set_line(struct vplic *vplic, unsigned source, bool high)
{
	/* SOLUTION h4.2: a high line makes the source pending, if not claimed */
	if (!is_source(source))
		return;
	bit_set(vplic->line, source, high);
	if (high && !bit_get(vplic->claimed, source))
		bit_set(vplic->pending, source, true);
	/* END */
}

unsigned vplic_best(const struct vplic *vplic, unsigned context)
{
	/* SOLUTION h4.3: the highest priority above the threshold */
	uint32_t best_priority = vplic->threshold[context];
	unsigned best = 0;

	for (unsigned w = 0; w < VPLIC_WORDS; w++) {
		uint64_t ready = vplic->pending[w] & vplic->enable[context][w];
		for (; ready; ready &= ready - 1) {
			unsigned source =
				w * WORD + (unsigned)__builtin_ctzl(ready);
			if (vplic->priority[source] > best_priority) {
				best_priority = vplic->priority[source];
				best = source;
			}
		}
	}
	return best;
	/* END */
}

unsigned vplic_claim(struct vplic *vplic, unsigned context)
{
	/* SOLUTION h4.3: the best source is claimed, and no longer pending */
	unsigned source = vplic_best(vplic, context);

	if (source) {
		bit_set(vplic->pending, source, false);
		bit_set(vplic->claimed, source, true);
	}
	return source;
	/* END */
}

bool vplic_complete(struct vplic *vplic, unsigned context, unsigned source)
{
	/* SOLUTION h4.2: no longer claimed; pending again if the line is high */
	if (!is_source(source) || !bit_get(vplic->enable[context], source) ||
	    !bit_get(vplic->claimed, source))
		return false;
	bit_set(vplic->claimed, source, false);
	if (bit_get(vplic->line, source))
		bit_set(vplic->pending, source, true);
	return true;
	/* END */
}

uint32_t vplic_read(struct vplic *vplic, uint64_t offset)
{
	/* SOLUTION h4.1: which register is this? claims are reads */
	uint64_t context = context_of(offset);

	if (offset < PLIC_PENDING)
		return offset / 4 < VPLIC_SOURCES ? vplic->priority[offset / 4]
						  : 0;
	if (offset < PLIC_ENABLE) {
		uint64_t index = (offset - PLIC_PENDING) / 4;
		return index < VPLIC_WORDS * 2 ? half_get(vplic->pending, index)
					       : 0;
	}
	if (context >= VPLIC_CONTEXTS)
		return 0;
	if (offset < PLIC_CONTEXT) {
		uint64_t index = offset % PLIC_ENABLE_SIZE / 4;
		return index < VPLIC_WORDS * 2
			       ? half_get(vplic->enable[context], index)
			       : 0;
	}
	switch (offset % PLIC_CONTEXT_SIZE) {
	case PLIC_THRESHOLD:
		return vplic->threshold[context];
	case PLIC_CLAIM:
		return vplic_claim(vplic, (unsigned)context);
	default:
		return 0;
	}
	/* END */
}

unsigned vplic_write(struct vplic *vplic, uint64_t offset, uint32_t value)
{
	/* SOLUTION h4.1: which register is this? completions are writes */
	uint64_t context = context_of(offset);

	if (offset < PLIC_PENDING) {
		if (is_source(offset / 4))
			vplic->priority[offset / 4] =
				value & VPLIC_PRIORITY_MAX;
		return 0;
	}
	if (offset < PLIC_ENABLE || context >= VPLIC_CONTEXTS)
		return 0;
	if (offset < PLIC_CONTEXT) {
		uint64_t index = offset % PLIC_ENABLE_SIZE / 4;
		if (index < VPLIC_WORDS * 2)
			half_set(vplic->enable[context], index, value);
		return 0;
	}
	switch (offset % PLIC_CONTEXT_SIZE) {
	case PLIC_THRESHOLD:
		vplic->threshold[context] = value & VPLIC_PRIORITY_MAX;
		return 0;
	case PLIC_CLAIM:
		if (vplic_complete(vplic, (unsigned)context, value))
			return value;
		return 0;
	default:
		return 0;
	}
	/* END */
}
