/*
 * walk.c - from lab h2 on, a part of the post-mortem: the way of an address
 * through both stages, level by level, and the bit that ended it (Privileged,
 * 10.3.2, 18.5.1). It reads the tables itself and uses nothing of the lab's.
 */
#include <stdio.h>

#include "later.h"
#include "riscv.h"
#include "vm.h"

#define POINTER_RESERVED (PTE_U | PTE_A | PTE_D)

/* One access on its way through one stage. */
struct walk {
	const char *name;
	uint64_t atp;	 /* vsatp or hgatp */
	uint64_t access; /* PTE_R, PTE_W or PTE_X */
	bool g_stage, user, quiet;
};

/* A broken table may lie where no memory is: a load that may fail. */
static bool peek(uint64_t hpa, uint64_t *value)
{
	uint64_t ok;

	__asm__ volatile("li	%1, 0\n"
			 "1:	ld %0, (%2)\n"
			 "li	%1, 1\n"
			 "2:\n"
			 ".pushsection .extable, \"a\"\n"
			 ".balign 8\n"
			 ".quad 1b, 2b\n"
			 ".popsection"
			 : "=&r"(*value), "=&r"(ok)
			 : "r"(hpa)
			 : "memory");
	return ok;
}

/* Of these bits of a leaf, the one that is not as the access needs it. */
static const char *leaf_problem(const struct walk *walk, uint64_t pte)
{
	uint64_t vsstatus = csr_read(vsstatus), allowed = pte;
	bool sum = vsstatus & SSTATUS_SUM && walk->access != PTE_X;

	if (!walk->g_stage && vsstatus & SSTATUS_MXR && pte & PTE_X)
		allowed |= PTE_R;
	if ((walk->g_stage || walk->user) && !(pte & PTE_U))
		return "U is 0";
	if (!walk->g_stage && !walk->user && pte & PTE_U && !sum)
		return "U is 1";
	if (!(allowed & walk->access))
		return walk->access == PTE_R   ? "R is 0"
		       : walk->access == PTE_W ? "W is 0"
					       : "X is 0";
	if (!(pte & PTE_A))
		return "A is 0";
	return walk->access == PTE_W && !(pte & PTE_D) ? "D is 0" : NULL;
}

/* Why the walk ends at this entry without a result, or NULL. */
static const char *problem(const struct walk *walk, int level, uint64_t pte)
{
	uint64_t ppn = (pte & PTE_PPN_MASK) >> PTE_PPN_SHIFT;

	if (!(pte & PTE_V))
		return "V is 0";
	if (pte & PTE_W && !(pte & PTE_R))
		return "W without R is reserved";
	if (!(pte & PTE_RWX) && level == 0)
		return "R, W and X are 0: no leaf at level 0";
	if (!(pte & PTE_RWX))
		return pte & POINTER_RESERVED
			       ? "U, A and D are reserved in a pointer"
			       : NULL;
	if (ppn % (1UL << 9 * level))
		return "the low PPN bits of a large leaf are not 0";
	return leaf_problem(walk, pte);
}

static void show(const struct walk *walk, int level, uint64_t at, uint64_t pte,
		 const char *why)
{
	char bits[] = "DAGUXWRV";

	for (int i = 0; i < 8; i++)
		if (!(pte & PTE_D >> i))
			bits[i] = '-';
	if (!walk->quiet)
		printf("hv:     level %d: entry at 0x%lx is 0x%016lx %s%s%s\n",
		       level, at, pte, bits, why ? " <- ends here: " : "",
		       why ? why : "");
}

/* Where the stage sends addr, in *to. False if the walk ends before. */
static bool walk_stage(const struct walk *walk, uint64_t addr, uint64_t *to)
{
	uint64_t mode = walk->atp >> ATP_MODE_SHIFT, pte, hpa;
	int levels = mode == ATP_MODE_BARE ? 0 : (int)mode - 5; /* 8: Sv39 */
	int width = 12 + 9 * levels + (walk->g_stage ? 2 : 0);
	/* Above it: copies of the highest bit; in the G-stage 0 (18.5.1). */
	int64_t above = (int64_t)addr >> (walk->g_stage ? width : width - 1);
	uint64_t table = walk->atp << 20 >> 8; /* PPN << 12 */

	*to = addr;
	if (!walk->quiet && levels)
		printf("hv:   %s, Sv%d%s, of 0x%lx\n", walk->name,
		       12 + 9 * levels, walk->g_stage ? "x4" : "", addr);
	else if (!walk->quiet)
		printf("hv:   %s, Bare, of 0x%lx\n", walk->name, addr);
	if (levels && above != 0 && (walk->g_stage || above != -1)) {
		if (!walk->quiet)
			printf("hv:     <- ends here: more than %d bits\n",
			       width);
		return false;
	}
	for (int level = levels - 1; level >= 0; level--) {
		unsigned shift = 12 + 9 * (unsigned)level;
		uint64_t top = level == levels - 1 && walk->g_stage ? 2048 : 512;
		uint64_t at = table + (addr >> shift) % top * 8;
		(void)hpa;
		if (!peek(at, &pte))
			return false;
		const char *why = problem(walk, level, pte);
		show(walk, level, at, pte, why);
		if (why)
			return false;
		table = (pte & PTE_PPN_MASK) << 2;
		*to = table + addr % (1UL << shift);
		if (pte & PTE_RWX)
			return true;
	}
	return true;
}
