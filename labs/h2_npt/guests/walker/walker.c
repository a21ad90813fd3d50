/*
 * walker.c - touches its RAM page by page, in random order (h2.5).
 *
 * Before the first touch a page must be all zeroes; afterwards it must hold what
 * was written there, and nothing else. The first touch is a load, a store, an
 * atomic operation or a fetch. The argument blocks= is a bit for each 2 MiB of
 * RAM: only those that are named are touched (the first holds this program).
 */
#include "addr.h"
#include "guest.h"

#define WORDS (PAGE_SIZE / 8)
#define PAGES_PER_BLOCK 512

extern char _end[];
static uint64_t base, pages, blocks, seed;

static uint64_t *page_at(uint64_t page)
{
	return (uint64_t *)(base + page * PAGE_SIZE);
}

/* Is this page free, and in a block that was asked for? */
static bool chosen(uint64_t page)
{
	const uint64_t *tree = (const uint64_t *)guest_fdt.blob;
	bool has_tree = page_at(page) + WORDS > tree &&
			page_at(page) < tree + guest_fdt.size / 8 + 1;
	bool free = page_at(page) >= (uint64_t *)_end && !has_tree;

	return free && blocks >> page / PAGES_PER_BLOCK & 1;
}

/* What is written to a page, and where in it. */
static uint64_t mark(uint64_t page)
{
	return (page + seed) * 0x9e3779b97f4a7c15UL | 1;
}

static uint64_t place(uint64_t page)
{
	return mark(page) >> 32 & (WORDS - 1);
}

/* Jump there. What is there is 0, which is no instruction. */
static void fetch(const uint64_t *at)
{
	uint64_t before = guest_noted.count;

	__asm__ volatile("jalr %0" ::"r"(at) : "ra", "memory");
	CHECK(guest_noted.count == before + 1 &&
		      guest_noted.scause == CAUSE_ILLEGAL_INSTRUCTION &&
		      guest_noted.sepc == (uint64_t)at,
	      "a jump to %p: scause %lu at sepc 0x%lx", (const void *)at,
	      guest_noted.scause, guest_noted.sepc);
}

static void touch(uint64_t page)
{
	volatile uint64_t *at = page_at(page);
	uint64_t word = place(page), found = 0;

	switch (guest_random() % 4) {
	case 0:
		at[word] = mark(page);
		break;
	case 1:
		found = __atomic_fetch_add(&at[word], mark(page),
					   __ATOMIC_RELAXED);
		break;
	case 2:
		fetch(page_at(page));
	}
	for (uint64_t i = 0; i < WORDS; i++)
		found |= i == word ? 0 : at[i];
	CHECK(found == 0, "the page at %p was not all zeroes",
	      (void *)page_at(page));
	at[word] = mark(page);
}

static void verify(uint64_t page)
{
	const volatile uint64_t *at = page_at(page);
	uint64_t word = place(page), others = 0;

	for (uint64_t i = 0; i < WORDS; i++)
		others |= i == word ? 0 : at[i];
	CHECK(at[word] == mark(page) && others == 0,
	      "the page at %p holds 0x%lx instead of 0x%lx",
	      (void *)page_at(page), at[word], mark(page));
}

/* Every chosen page once, in an order of the seed's. */
static uint64_t visit(void (*each)(uint64_t page))
{
	uint64_t order = 1, count = 0, page = 0;

	while (order < pages)
		order *= 2;
	uint64_t step = guest_random() % order | 1, start = guest_random();
	for (uint64_t i = 0; i < order; i++) {
		page = (start + i * step) % order;
		if (page < pages && chosen(page)) {
			each(page);
			count++;
		}
	}
	return count;
}

/* Go on behind a load or store; from a jump, back to where it came from. */
static void hook(struct trap_frame *frame)
{
	guest_note_trap(frame);
	if (guest_noted.scause == CAUSE_ILLEGAL_INSTRUCTION)
		frame->sepc = frame->gpr[1];
}

static void expect_end(uint64_t at)
{
	uint64_t in[32] = {[11] = at}, out[32], before = guest_noted.count;

	probe(0x0005b503, in, out); /* ld a0, 0(a1) */
	probe(0x00a5b023, in, out); /* sd a0, 0(a1) */
	CHECK(guest_noted.count == before + 2,
	      "there is memory at 0x%lx, where the RAM has ended", at);
}

void guest_program(void)
{
	fdt_node node = fdt_device_type(&guest_fdt, FDT_ROOT, "memory");
	uint64_t size;

	CHECK(fdt_reg(&guest_fdt, node, 0, &base, &size), "no memory");
	pages = size / PAGE_SIZE;
	blocks = arg_u64("blocks", ~0UL);
	seed = arg_u64("seed", 1);
	guest_trap_hook = hook;
	uint64_t count = visit(touch);
	CHECK(visit(verify) == count, "pages got lost");
	expect_end(base + size);
	printf("%lu pages were zero, and kept what was written\n", count);
	guest_tell(count);
}
