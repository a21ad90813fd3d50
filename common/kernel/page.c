/*
 * page.c - physical memory in pages of 4 KiB, one bit each.
 *
 * A set bit is a page in use. An aligned run lies in one word, or fills whole
 * words, so every search goes word by word. Pure: it also compiles for the
 * build host.
 */
#include "page.h"

#include <string.h>

#include "kernel.h"

#define MEMORY_MAX (8 * GiB)
#define WORD_BITS 64UL
#define WORD_COUNT (MEMORY_MAX / PAGE_SIZE / WORD_BITS)
#define RUN_WORDS 8UL /* of the largest run: 512 pages */

/* As large as the largest machine needs; page_init clears what this one has. */
static uint64_t used[WORD_COUNT] NOINIT;
static uint64_t base;	   /* host-physical address of page 0 */
static size_t pages_total; /* how many pages there are */
static size_t pages_free;

/* No page below is free; words below belong to no free largest run. */
static size_t page_hint, run_hint;

static size_t word_count(void)
{
	return (pages_total + WORD_BITS - 1) / WORD_BITS;
}

void page_init(hpa_t start, uint64_t size)
{
	uint64_t end = align_down(start.a + size, PAGE_SIZE);

	base = align_up(start.a, 2 * MiB); /* so that runs are aligned too */
	if (end > base + MEMORY_MAX)
		end = base + MEMORY_MAX;
	pages_total = end > base ? (end - base) / PAGE_SIZE : 0;
	pages_free = pages_total;
	page_hint = run_hint = 0;
	/* Pages beyond the end of the last word are not there: in use. */
	memset(used, 0, word_count() * sizeof(used[0]));
	for (size_t i = pages_total; i % WORD_BITS; i++)
		used[i / WORD_BITS] |= 1UL << i % WORD_BITS;
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

/* The first free page, or pages_total. */
static size_t find_page(void)
{
	for (; page_hint < pages_total; page_hint++) {
		uint64_t word = used[page_hint / WORD_BITS];
		if (word == ~0UL)
			page_hint |= WORD_BITS - 1;
		else if (!(word >> page_hint % WORD_BITS & 1))
			return page_hint;
	}
	page_hint = pages_total;
	return pages_total;
}

/* The first free run of 2 to 32 pages, or pages_total. */
static size_t find_in_words(size_t pages)
{
	for (size_t w = page_hint / WORD_BITS; w < word_count(); w++)
		for (size_t bit = 0; bit < WORD_BITS; bit += pages)
			if (!(used[w] & run_mask(bit, pages)))
				return w * WORD_BITS + bit;
	return pages_total;
}

/* The same for a run of whole words. */
static size_t find_words(size_t words)
{
	for (size_t w = run_hint; w + words <= word_count(); w += words) {
		uint64_t any = 0;
		for (size_t i = 0; i < words; i++)
			any |= used[w + i];
		if (!any)
			return w * WORD_BITS;
		if (words == RUN_WORDS)
			run_hint = w + words;
	}
	return pages_total;
}

void *page_alloc(size_t pages)
{
	size_t first = pages == 1	   ? find_page()
		       : pages < WORD_BITS ? find_in_words(pages)
					   : find_words(pages / WORD_BITS);

	if (first == pages_total)
		return NULL;
	if (pages < WORD_BITS)
		run_flip(first, pages);
	else
		memset(&used[first / WORD_BITS], 0xff, pages / 8);
	pages_free -= pages;
	void *page = hpa_ptr(HPA(base + first * PAGE_SIZE));
	memset(page, 0, pages * PAGE_SIZE);
	return page;
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
	size_t word = first / WORD_BITS;
	if (first < page_hint)
		page_hint = first;
	if (word < run_hint)
		run_hint = align_down(word, RUN_WORDS);
}

size_t page_count_free(void)
{
	return pages_free;
}
