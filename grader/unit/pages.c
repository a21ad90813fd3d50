/*
 * pages.c - physical memory for pure files: the kernel's own page.c on a piece
 * of the heap. A page that is not in use is poisoned, so that the sanitizer
 * sees a table that is used after it was freed.
 *
 * The linker (--wrap) sends the calls of page_alloc and page_free through here.
 */
#include <sanitizer/asan_interface.h>
#include <stdlib.h>

#include "host.h"
#include "kernel.h"
#include "page.h"

#define ARENA_SIZE (HOST_PAGES * PAGE_SIZE)

static uint8_t *arena;
static bool owned[HOST_PAGES]; /* handed out; held ones are not */
static void *held[HOST_PAGES];
static uint64_t held_count;
void (*host_page_freed)(const void *page);

void *__real_page_alloc(size_t pages);
void *__wrap_page_alloc(size_t pages);
void __real_page_free(void *page, size_t pages);
void __wrap_page_free(void *page, size_t pages);

static uint64_t page_number(const void *page)
{
	return (uint64_t)((const uint8_t *)page - arena) / PAGE_SIZE;
}

static void poison_unowned(void)
{
	for (uint64_t i = 0; i < HOST_PAGES; i++)
		if (!owned[i])
			ASAN_POISON_MEMORY_REGION(arena + i * PAGE_SIZE,
						  PAGE_SIZE);
}

void *__wrap_page_alloc(size_t pages)
{
	if (pages == 0 || pages > 512 || (pages & (pages - 1)))
		panic("page_alloc: %zu is no power of two up to 512", pages);
	/* page_alloc clears what it gives, and only it knows which it gives. */
	ASAN_UNPOISON_MEMORY_REGION(arena, ARENA_SIZE);
	void *page = __real_page_alloc(pages);
	for (size_t i = 0; page && i < pages; i++)
		owned[page_number(page) + i] = true;
	poison_unowned();
	return page;
}

void __wrap_page_free(void *page, size_t pages)
{
	__real_page_free(page, pages); /* panics if it is wrong */
	if (host_page_freed)
		host_page_freed(page);
	for (size_t i = 0; i < pages; i++)
		owned[page_number(page) + i] = false;
	poison_unowned();
}

void host_pages_reset(void)
{
	void *memory;

	if (!arena) {
		if (posix_memalign(&memory, 2 * MiB, ARENA_SIZE))
			panic("no memory for the arena");
		arena = memory;
	}
	page_init(hpa_of(arena), ARENA_SIZE);
	held_count = 0;
	for (uint64_t i = 0; i < HOST_PAGES; i++)
		owned[i] = false;
	poison_unowned();
}

void host_pages_leave(uint64_t count)
{
	ASAN_UNPOISON_MEMORY_REGION(arena, ARENA_SIZE);
	while (page_count_free() < count && held_count)
		__real_page_free(held[--held_count], 1);
	while (page_count_free() > count)
		held[held_count++] = __real_page_alloc(1);
	poison_unowned();
}

uint64_t host_pages_used(void)
{
	return HOST_PAGES - page_count_free() - held_count;
}

bool host_page_owned(const void *page)
{
	uint64_t offset = (uint64_t)((const uint8_t *)page - arena);

	return offset % PAGE_SIZE == 0 && offset < ARENA_SIZE &&
	       owned[offset / PAGE_SIZE];
}
