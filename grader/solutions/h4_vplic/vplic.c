/*
 * vplic.c - h4.1 and h4.2: what is written to a PLIC in software, by the wires
 * and by the guest. Pure: it raises no interrupt, it only knows which one
 * should be.
 */
#include "vplic.h"

/* HIDDEN */
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

/* Flat: vplic_complete is compiled in, too. */
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
