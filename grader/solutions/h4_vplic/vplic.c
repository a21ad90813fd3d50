/*
 * vplic.c - h4.1 to h4.3: a PLIC in software, by its specification (1.0.0).
 * Pure: it raises no interrupt, it only knows which one should be.
 */
#include "h4.h"

/* HIDDEN */
#define WORD 64U /* sources in a word of a bitmap */

/* A source's bit in word source / WORD of each bitmap. */
static uint64_t bit_of(unsigned source)
{
	return 1UL << source % WORD;
}

/*
 * The number of the lowest bit of a word that is not 0. Without the Zbb
 * extension __builtin_ctzl is a call of some 40 instructions; this is 10. The
 * constant, times a power of two, has another number in its top six bits for
 * each of them: a de Bruijn sequence.
 */
static unsigned lowest_bit(uint64_t word)
{
	static const uint8_t number[64] = {
		0,  1,	2,  53, 3,  7,	54, 27, 4,  38, 41, 8,	34, 55, 48, 28,
		62, 5,	39, 46, 44, 42, 22, 9,	24, 35, 59, 56, 49, 18, 29, 11,
		63, 52, 6,  26, 37, 40, 33, 47, 61, 45, 43, 21, 23, 58, 17, 10,
		51, 25, 36, 32, 60, 20, 57, 16, 50, 31, 19, 15, 30, 14, 13, 12,
	};

	return number[(word & -word) * 0x022fdd63cc95386dUL >> 58];
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
	unsigned word = source / WORD;
	uint64_t bit = bit_of(source);

	if (!is_source(source))
		return;
	if (high) {
		vplic->line[word] |= bit;
		vplic->pending[word] |= bit & ~vplic->claimed[word];
	} else {
		vplic->line[word] &= ~bit;
	}
	/* END */
}

unsigned vplic_best(const struct vplic *vplic, unsigned context)
{
	/* SOLUTION h4.3: the highest priority above the threshold */
	const uint64_t *enable = vplic->enable[context];
	uint32_t best_priority = vplic->threshold[context];
	unsigned best = 0;

	/* Nearly always there is nothing: make straight code of the words. */
#pragma GCC unroll 2
	for (unsigned word = 0; word < VPLIC_WORDS; word++) {
		uint64_t ready = vplic->pending[word] & enable[word];
		for (; ready; ready &= ready - 1) {
			unsigned source = word * WORD + lowest_bit(ready);
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
		vplic->pending[source / WORD] &= ~bit_of(source);
		vplic->claimed[source / WORD] |= bit_of(source);
	}
	return source;
	/* END */
}

bool vplic_complete(struct vplic *vplic, unsigned context, unsigned source)
{
	/* SOLUTION h4.2: no longer claimed; pending again if the line is high */
	unsigned word = source / WORD;
	uint64_t bit = bit_of(source);

	/* Source 0 is never claimed. */
	if (source >= VPLIC_SOURCES ||
	    !(vplic->enable[context][word] & vplic->claimed[word] & bit))
		return false;
	vplic->claimed[word] &= ~bit;
	vplic->pending[word] |= vplic->line[word] & bit;
	return true;
	/* END */
}

/* Flat: what it calls is compiled in, too. So is what vplic_write calls. */
__attribute__((flatten)) uint32_t vplic_read(struct vplic *vplic,
					     uint64_t offset)
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

__attribute__((flatten)) unsigned vplic_write(struct vplic *vplic,
					      uint64_t offset, uint32_t value)
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
