/*
 * memory.c - memcpy and memset by words, many at a time: every page that is
 * given away is zeroed first.
 *
 * They replace picolibc's, which go byte by byte: for the 31 MB of a Linux
 * kernel that is 190 million instructions instead of 10 million.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define WORD sizeof(uint64_t)
#define BLOCK (8 * WORD)

/* Without this, the compiler would turn the loops into calls of themselves. */
#pragma GCC optimize("no-tree-loop-distribute-patterns")

void *memcpy(void *restrict to, const void *restrict from, size_t size)
{
	uint8_t *out = to;
	const uint8_t *in = from;

	if (((uintptr_t)out | (uintptr_t)in) % WORD == 0) {
		for (; size >= BLOCK; size -= BLOCK) {
			uint64_t *o = (uint64_t *)out;
			const uint64_t *i = (const uint64_t *)in;
			uint64_t a = i[0], b = i[1], c = i[2], d = i[3];
			uint64_t e = i[4], f = i[5], g = i[6], h = i[7];
			o[0] = a, o[1] = b, o[2] = c, o[3] = d;
			o[4] = e, o[5] = f, o[6] = g, o[7] = h;
			out += BLOCK;
			in += BLOCK;
		}
	}
	while (size--)
		*out++ = *in++;
	return to;
}

void *memset(void *to, int byte, size_t size)
{
	uint8_t *out = to;
	uint64_t word = (uint8_t)byte * 0x0101010101010101UL;

	for (; size && (uintptr_t)out % WORD; size--)
		*out++ = (uint8_t)byte;
	for (; size >= 4 * BLOCK; size -= 4 * BLOCK, out += 4 * BLOCK)
#pragma GCC unroll 32
		for (size_t i = 0; i < 4 * BLOCK / WORD; i++)
			((uint64_t *)out)[i] = word;
	for (; size >= WORD; size -= WORD, out += WORD)
		*(uint64_t *)out = word;
	while (size--)
		*out++ = (uint8_t)byte;
	return to;
}
