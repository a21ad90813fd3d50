/*
 * registers.c - the PLIC's register file: what can be written and read back,
 * and what is always 0 (h4.1). Nothing here can interrupt.
 */
#include "../devices.h"

#define ENABLE_WORDS (PLIC_ENABLE_SIZE / 4)
#define HAS_WORDS (SOURCES / 32)
#define CONTEXTS 5 /* so many are tried; only context 0 exists */

static uint64_t sum;

static uint64_t enable_at(uint64_t context, uint64_t word)
{
	return PLIC_ENABLE + PLIC_ENABLE_SIZE * context + 4 * word;
}

static uint64_t context_at(uint64_t context, uint64_t offset)
{
	return PLIC_CONTEXT + PLIC_CONTEXT_SIZE * context + offset;
}

static void is(const char *what, uint64_t index, uint64_t offset, uint32_t want)
{
	uint32_t got = *plic_reg(offset);

	CHECK(got == want, "%s %lu (offset 0x%lx) reads 0x%x, not 0x%x", what,
	      index, offset, got, want);
	sum = sum * 31 + got;
}

/* Write random bits; all that may stay is in keep. */
static uint32_t put(uint64_t offset, uint32_t keep)
{
	uint32_t value = (uint32_t)guest_random();

	*plic_reg(offset) = value;
	return value & keep;
}

static void priorities(void)
{
	static uint32_t want[PLIC_SOURCES];

	for (uint64_t i = 0; i < PLIC_SOURCES; i++)
		is("at first, priority", i, PLIC_PRIORITY + 4 * i, 0);
	for (uint64_t i = 0; i < PLIC_SOURCES; i++)
		want[i] = put(PLIC_PRIORITY + 4 * i,
			      i > 0 && i < SOURCES ? 7 : 0);
	for (uint64_t i = 0; i < PLIC_SOURCES; i++)
		is("priority", i, PLIC_PRIORITY + 4 * i, want[i]);
}

static void pending(void)
{
	for (uint64_t word = 0; word < PLIC_SOURCES / 32; word++)
		put(PLIC_PENDING + 4 * word, 0);
	for (uint64_t word = 0; word < PLIC_SOURCES / 32; word++)
		is("pending word", word, PLIC_PENDING + 4 * word, 0);
}

static void enables(void)
{
	static uint32_t want[CONTEXTS][ENABLE_WORDS];

	for (uint64_t c = 0; c < CONTEXTS; c++)
		for (uint64_t w = 0; w < ENABLE_WORDS; w++) {
			uint32_t keep = c == 0 && w < HAS_WORDS ? ~0U : 0;
			want[c][w] = put(enable_at(c, w),
					 c == 0 && w == 0 ? ~1U : keep);
		}
	for (uint64_t w = 0; w < ENABLE_WORDS; w++)
		is("enable word", w, enable_at(0, w), want[0][w]);
	for (uint64_t c = 1; c < CONTEXTS; c++)
		for (uint64_t w = 0; w < ENABLE_WORDS; w++)
			is("enable word of context", c, enable_at(c, w), 0);
}

static void contexts(void)
{
	uint32_t want = put(context_at(0, PLIC_THRESHOLD), 7);

	for (uint64_t c = 0; c < CONTEXTS; c++)
		for (uint64_t at = 0; at < 0x40; at += 4)
			if (c > 0 || at > PLIC_CLAIM)
				put(context_at(c, at), 0);
	is("threshold of context", 0, context_at(0, PLIC_THRESHOLD), want);
	is("claim of context", 0, context_at(0, PLIC_CLAIM), 0);
	for (uint64_t c = 0; c < CONTEXTS; c++)
		for (uint64_t at = 0; at < 0x40; at += 4)
			if (c > 0 || at > PLIC_CLAIM)
				is("page of context", c, context_at(c, at), 0);
}

void guest_program(void)
{
	priorities();
	pending();
	enables();
	contexts();
	printf("the registers are as they should be\n");
	guest_tell(sum);
}
