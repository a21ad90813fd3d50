/*
 * vplic.h - h4.1 and h4.3: what is read from a PLIC in software, by its
 * specification (1.0.0), claims included. Pure.
 *
 * A header, so that extirq.c gets it compiled in: without, a claim costs 27
 * instructions more.
 */
#pragma once
#include "h4.h"

/* HIDDEN */
#define WORD 64U /* sources in a word of a bitmap */

/* A source's bit in word source / WORD of each bitmap. */
static inline uint64_t bit_of(unsigned source)
{
	return 1UL << source % WORD;
}

/*
 * The number of the lowest bit of a word that is not 0. Without the Zbb
 * extension __builtin_ctzl is a call of some 40 instructions; this is 10. The
 * constant, times a power of two, has another number in its top six bits for
 * each of them: a de Bruijn sequence.
 */
static inline unsigned lowest_bit(uint64_t word)
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
static inline uint32_t half_get(const uint64_t *words, uint64_t index)
{
	return (uint32_t)(words[index / 2] >> index % 2 * 32);
}

/* Where in the register file: a context's page, or its enable bits. */
static inline uint64_t context_of(uint64_t offset)
{
	if (offset >= PLIC_CONTEXT)
		return (offset - PLIC_CONTEXT) / PLIC_CONTEXT_SIZE;
	return (offset - PLIC_ENABLE) / PLIC_ENABLE_SIZE;
}

/* END */
/*
 * h4.3: the source to serve next in this context: pending, enabled, of the
 * highest priority above the threshold, and of these the lowest id; else 0.
 * Priority 0 means never. Looks at words of 32 or 64 sources, not at bits.
 */
static inline unsigned vplic_best(const struct vplic *vplic, unsigned context)
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

/* h4.3: claim it: no longer pending, but claimed. */
static inline unsigned vplic_claim(struct vplic *vplic, unsigned context)
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

/*
 * h4.1: read one 32-bit register of the register file (plic.h). Source 0,
 * sources from VPLIC_SOURCES on, contexts from VPLIC_CONTEXTS on and holes
 * read 0. Reading PLIC_CLAIM claims.
 */
static inline uint32_t vplic_read(struct vplic *vplic, uint64_t offset)
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
