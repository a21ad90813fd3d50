/*
 * page.h - physical memory in pages of 4 KiB.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "addr.h"

/* Take over [base, base + size); both become page-aligned inwards. */
void page_init(hpa_t base, uint64_t size);

/*
 * Take exactly the pages of [start, start + size) out of the free memory.
 * False, and nothing taken, if a part of it is in use or is not memory.
 */
bool page_claim(hpa_t start, uint64_t size);

/*
 * A zeroed run of `pages` pages (a power of two, at most 512) aligned to its
 * own size: 1 for a table, 4 for an Sv39x4 root, 512 for a block of 2 MiB.
 * NULL when there is none.
 */
void *page_alloc(size_t pages);

/* Give `pages` pages back. Freeing what is not in use is a panic. */
void page_free(void *page, size_t pages);

/* How many pages are free. */
size_t page_count_free(void);
