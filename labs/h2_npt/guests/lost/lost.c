/*
 * lost.c - a guest without a handler that touches what it must not: its VM is
 * stopped, and the post-mortem shows the walk of both stages (h2.8).
 *
 * bits= is 39, 48 or 57 for its own paging, or 0; access= is load, store or
 * fetch; va= is the address. At level= of the guest's tables (default 0), its
 * entry has the address gpa= and the low bits pte=: by default those of a leaf
 * with all permissions, and above level 0 those of a pointer.
 */
#include <string.h>

#include "guest.h"

#define RAM 0x80000000UL
#define LEAF (PTE_V | PTE_RWX | PTE_A | PTE_D)

typedef uint64_t table[512] __attribute__((aligned(4096)));
static table tables[5], low_tables[4];

static uint64_t index_of(uint64_t va, unsigned level)
{
	return va >> (12 + 9 * level) & 511;
}

static uint64_t pte(uint64_t gpa, uint64_t bits)
{
	return gpa >> 12 << PTE_PPN_SHIFT | bits;
}

/* low_tables[] maps the RAM as it is; each table has its own root's entry 0. */
static void map_ram(unsigned levels)
{
	table *at = levels == 3 ? &tables[2] : &low_tables[2];

	for (unsigned l = levels - 1; l > 2; l--)
		(l == levels - 1 ? tables[l] : low_tables[l])[0] =
			pte((uint64_t)low_tables[l - 1], PTE_V);
	(*at)[RAM >> 30] = pte(RAM, LEAF);
}

/* tables[] leads va down to the entry at `level`, which is the one given. */
static void map(unsigned levels, uint64_t va, unsigned level, uint64_t entry)
{
	CHECK(index_of(va, levels - 1) != index_of(RAM, levels - 1),
	      "va= has to be in another part of the root table than the RAM");
	for (unsigned l = levels - 1; l > level; l--)
		tables[l][index_of(va, l)] =
			pte((uint64_t)tables[l - 1], PTE_V);
	tables[level][index_of(va, level)] = entry;
	csr_write(satp, (uint64_t)(levels + 5) << ATP_MODE_SHIFT |
				(uint64_t)tables[levels - 1] >> 12);
	__asm__ volatile("sfence.vma" ::: "memory");
}

void guest_program(void)
{
	uint64_t bits = arg_u64("bits", 39), va = arg_u64("va", 0x40001000);
	uint64_t gpa = arg_u64("gpa", 0x1000), in[32] = {[11] = va}, out[32];
	unsigned level = (unsigned)arg_u64("level", 0);
	uint64_t entry = pte(gpa, arg_u64("pte", level ? PTE_V : LEAF));
	const char *access = arg_word("access");
	uint32_t insn = 0x0005b503; /* ld a0, 0(a1) */

	if (strcmp(access, "store") == 0)
		insn = 0x00a5b023; /* sd a0, 0(a1) */
	else if (strcmp(access, "fetch") == 0)
		insn = 0x000580e7; /* jalr ra, 0(a1) */
	if (bits) {
		map_ram((unsigned)(bits - 12) / 9);
		map((unsigned)(bits - 12) / 9, va, level, entry);
	}
	printf("no handler, and now 0x%lx\n", va);
	guest_tell(va);
	csr_write(stvec, 0);
	probe(insn, in, out);
	guest_failed("nothing happened");
}
