/*
 * lost.c - a guest without a handler that touches what it must not: its VM is
 * stopped, and the post-mortem shows the walk of both stages (h2.8).
 *
 * bits= is 39, 48 or 57 for its own paging, or 0; access= is load, store or
 * fetch; va= is the address, gpa= where the guest's tables lead it. With level=
 * the pointer at that level of the guest's tables leads to gpa instead.
 */
#include <string.h>

#include "guest.h"

#define RAM 0x80000000UL

typedef uint64_t table[512] __attribute__((aligned(4096)));
static table tables[5], low_tables[4];

static uint64_t index_of(uint64_t va, unsigned level)
{
	return va >> (12 + 9 * level) & 511;
}

static uint64_t pte(uint64_t gpa, uint64_t bits)
{
	return gpa >> 12 << PTE_PPN_SHIFT | bits | PTE_V;
}

/* tables[level] leads va down to gpa; low_tables[] maps the RAM as it is. */
static void map(unsigned levels, uint64_t va, uint64_t gpa, unsigned stop)
{
	CHECK(index_of(va, levels - 1) != index_of(RAM, levels - 1),
	      "va= has to be in another part of the root table than the RAM");
	for (unsigned l = levels - 1; l > 2; l--)
		(l == levels - 1 ? tables[l] : low_tables[l])[0] =
			pte((uint64_t)low_tables[l - 1], 0);
	(levels == 3 ? tables[2] : low_tables[2])[RAM >> 30] =
		pte(RAM, PTE_RWX | PTE_A | PTE_D);
	for (unsigned l = levels - 1; l > 0; l--)
		tables[l][index_of(va, l)] =
			pte(l == stop ? gpa : (uint64_t)tables[l - 1], 0);
	tables[0][index_of(va, 0)] = pte(gpa, PTE_RWX | PTE_A | PTE_D);
	csr_write(satp, (uint64_t)(levels + 5) << ATP_MODE_SHIFT |
				(uint64_t)tables[levels - 1] >> 12);
	__asm__ volatile("sfence.vma" ::: "memory");
}

void guest_program(void)
{
	uint64_t bits = arg_u64("bits", 39), va = arg_u64("va", 0x40001000);
	uint64_t gpa = arg_u64("gpa", 0x1000), in[32] = {[11] = va}, out[32];
	const char *access = arg_word("access");
	uint32_t insn = 0x0005b503; /* ld a0, 0(a1) */

	if (strcmp(access, "store") == 0)
		insn = 0x00a5b023; /* sd a0, 0(a1) */
	else if (strcmp(access, "fetch") == 0)
		insn = 0x000580e7; /* jalr ra, 0(a1) */
	if (bits)
		map((unsigned)(bits - 12) / 9, va, gpa,
		    (unsigned)arg_u64("level", 0));
	printf("no handler, and now 0x%lx\n", va);
	guest_tell(va);
	csr_write(stvec, 0);
	probe(insn, in, out);
	guest_failed("nothing happened");
}
