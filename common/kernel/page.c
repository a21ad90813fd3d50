/*
 * page.c - physical memory in pages of 4 KiB, one bit each.
 *
 * A set bit is a page in use. Aligned runs never cross a word unless they
 * fill whole words, so every search goes word by word. Pure: it also
 * compiles for the build host.
 */
#include "page.h"

#include <string.h>

#include "kernel.h"

#define MEMORY_MAX (8 * GiB)
#define WORD_BITS 64UL
#define WORD_COUNT (MEMORY_MAX / PAGE_SIZE / WORD_BITS)

static uint64_t used[WORD_COUNT];
static uint64_t base;	   /* host-physical address of page 0 */
static size_t pages_total; /* how many pages there are */
static size_t pages_free;
static size_t first_free; /* no word below this one has a free page */

void page_init(hpa_t start, uint64_t size)
{
	uint64_t end = align_down(start.a + size, PAGE_SIZE);

	base = align_up(start.a, 2 * MiB); /* so that runs are aligned too */
	if (end > base + MEMORY_MAX)
		end = base + MEMORY_MAX;
	pages_total = end > base ? (end - base) / PAGE_SIZE : 0;
	pages_free = pages_total;
	first_free = 0;
	/* Pages beyond the end of the last word are not there: in use. */
	memset(used, 0, sizeof(used));
	for (size_t i = pages_total; i % WORD_BITS; i++)
		used[i / WORD_BITS] |= 1UL << i % WORD_BITS;
}

static size_t word_count(void)
{
	return (pages_total + WORD_BITS - 1) / WORD_BITS;
}

/* The bits of `pages` pages from page `first` on, within one word. */
static uint64_t run_mask(size_t first, size_t pages)
{
	uint64_t ones = pages == WORD_BITS ? ~0UL : (1UL << pages) - 1;

	return ones << first % WORD_BITS;
}

/* Call once for every word that the run touches; false stops early. */
static bool run_all(size_t first, size_t pages, bool want_used)
{
	while (pages) {
		size_t here = WORD_BITS - first % WORD_BITS;
		here = here < pages ? here : pages;
		uint64_t mask = run_mask(first, here);
		uint64_t word = used[first / WORD_BITS];
		if ((want_used ? ~word : word) & mask)
			return false;
		first += here;
		pages -= here;
	}
	return true;
}

static void run_flip(size_t first, size_t pages)
{
	while (pages) {
		size_t here = WORD_BITS - first % WORD_BITS;
		here = here < pages ? here : pages;
		used[first / WORD_BITS] ^= run_mask(first, here);
		first += here;
		pages -= here;
	}
}

bool page_claim(hpa_t start, uint64_t size)
{
	uint64_t from = align_down(start.a, PAGE_SIZE);
	uint64_t to = align_up(start.a + size, PAGE_SIZE);

	if (to < from ||
	    !range_inside(from, to - from, base, pages_total * PAGE_SIZE))
		return false;
	size_t first = (from - base) / PAGE_SIZE;
	size_t pages = (to - from) / PAGE_SIZE;
	if (!run_all(first, pages, false))
		return false;
	run_flip(first, pages);
	pages_free -= pages;
	return true;
}

/* The first free, aligned run of fewer than 64 pages in a word, or -1. */
static int find_in_word(uint64_t word, size_t pages)
{
	for (size_t bit = 0; bit < WORD_BITS; bit += pages)
		if (!(word & run_mask(bit, pages)))
			return (int)bit;
	return -1;
}

void *page_alloc(size_t pages)
{
	size_t step = pages < WORD_BITS ? 1 : pages / WORD_BITS;

	for (size_t w = align_up(first_free, step); w + step <= word_count();
	     w += step) {
		int bit = 0;
		if (pages < WORD_BITS)
			bit = find_in_word(used[w], pages);
		else if (!run_all(w * WORD_BITS, pages, false))
			bit = -1;
		if (bit < 0) {
			if (pages == 1)
				first_free = w + 1;
			continue;
		}
		size_t first = w * WORD_BITS + (size_t)bit;
		run_flip(first, pages);
		pages_free -= pages;
		void *page = hpa_ptr(HPA(base + first * PAGE_SIZE));
		memset(page, 0, pages * PAGE_SIZE);
		return page;
	}
	return NULL;
}

void page_free(void *page, size_t pages)
{
	uint64_t addr = hpa_of(page).a;

	if (addr % PAGE_SIZE || !range_inside(addr, pages * PAGE_SIZE, base,
					      pages_total * PAGE_SIZE))
		panic("page_free: 0x%lx is not a page of ours", addr);
	size_t first = (addr - base) / PAGE_SIZE;
	if (!run_all(first, pages, true))
		panic("page_free: 0x%lx is free already", addr);
	run_flip(first, pages);
	pages_free += pages;
	if (first / WORD_BITS < first_free)
		first_free = first / WORD_BITS;
}

size_t page_count_free(void)
{
	return pages_free;
}
