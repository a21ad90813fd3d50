/*
 * walk.c - from lab h2 on, a part of the post-mortem: the way of an address
 * through both stages, level by level, and the bit that ended it (Privileged,
 * 10.3.2, 18.5.1). It reads the tables itself and uses nothing of the lab's.
 */
#include <stdio.h>

#include "later.h"
#include "riscv.h"
#include "vm.h"

#define FETCHES \
	(1UL << CAUSE_FETCH_ACCESS | 1UL << CAUSE_FETCH_PAGE_FAULT | \
	 1UL << CAUSE_FETCH_GUEST_PAGE_FAULT)
#define LOADS \
	(1UL << CAUSE_LOAD_ACCESS | 1UL << CAUSE_LOAD_PAGE_FAULT | \
	 1UL << CAUSE_LOAD_GUEST_PAGE_FAULT)
#define STORES \
	(1UL << CAUSE_STORE_ACCESS | 1UL << CAUSE_STORE_PAGE_FAULT | \
	 1UL << CAUSE_STORE_GUEST_PAGE_FAULT)

struct stage {
	uint64_t atp;	 /* vsatp or hgatp */
	uint64_t access; /* what it is for: PTE_R, PTE_W or PTE_X */
	bool user;	 /* U must be set: VU-mode, and any G-stage */
	bool quiet;	 /* print nothing */
	const struct stage *tables; /* VS-stage: its tables go through this */
};

static bool walk(struct stage stage, uint64_t addr, uint64_t *to);

/* One entry. A broken table may be where no memory is: a load that may fail. */
static bool read_entry(const struct stage *stage, uint64_t at, uint64_t *pte)
{
	uint64_t hpa = at, ok = 0;

	if (stage->tables && !walk(*stage->tables, at, &hpa)) {
		struct stage aloud = *stage->tables;
		aloud.quiet = false;
		return walk(aloud, at, &hpa);
	}
	__asm__ volatile("1:	ld	%0, (%2)\n"
			 "	li	%1, 1\n"
			 "2:\n"
			 ".pushsection .extable, \"a\"\n"
			 ".balign 8\n"
			 ".quad 1b, 2b\n"
			 ".popsection"
			 : "+r"(*pte), "+r"(ok)
			 : "r"(hpa)
			 : "memory");
	if (!ok && !stage->quiet)
		printf("hv:     <- ends here: no memory at 0x%lx\n", hpa);
	return ok;
}

/* Why the walk ends at this entry without a result, or NULL. */
static const char *problem(const struct stage *stage, int level, uint64_t pte)
{
	uint64_t vsstatus = stage->tables ? csr_read(vsstatus) : 0;
	uint64_t unaligned = (1UL << 9 * level) - 1;
	bool sum = vsstatus & SSTATUS_SUM && stage->access != PTE_X;

	if (!(pte & PTE_V))
		return "V is 0";
	if (!(pte & PTE_RWX))
		return level == 0 ? "R, W, X are 0" : NULL;
	if (pte >> PTE_PPN_SHIFT & unaligned)
		return "a large leaf's low PPN bits";
	if (stage->user && !(pte & PTE_U))
		return "U is 0";
	if (!stage->user && pte & PTE_U && !sum)
		return "U is 1";
	if (vsstatus & SSTATUS_MXR && pte & PTE_X)
		pte |= PTE_R;
	uint64_t missing = stage->access & ~pte;
	if (missing & PTE_X)
		return "X is 0";
	if (missing & PTE_W)
		return "W is 0";
	if (missing & PTE_R)
		return "R is 0";
	if (!(pte & PTE_A))
		return "A is 0";
	return stage->access == PTE_W && !(pte & PTE_D) ? "D is 0" : NULL;
}

static void show(int level, uint64_t at, uint64_t pte, const char *why)
{
	char bits[] = "DAGUXWRV";

	for (int i = 0; i < 8; i++)
		if (!(pte & PTE_D >> i))
			bits[i] = '-';
	printf("hv:     level %d: 0x%lx has 0x%016lx %s%s%s\n", level, at, pte,
	       bits, why ? " <- ends here: " : "", why ? why : "");
}

/* Where the stage sends addr, in *to. False if it is stopped on the way. */
static bool walk(struct stage stage, uint64_t addr, uint64_t *to)
{
	int levels = (int)(stage.atp >> ATP_MODE_SHIFT) - 5;	 /* 8 is Sv39 */
	uint64_t table = stage.atp << 20 >> 8, pte = 0;		 /* PPN << 12 */
	int bits = 12 + 9 * levels, more = stage.tables ? 0 : 2; /* Sv39x4 */

	*to = addr;
	if (levels < 0)
		return true; /* Bare */
	/* Above its bits are copies of the last one; in the G-stage, zeroes. */
	int64_t above = (int64_t)addr >> (stage.tables ? bits - 1 : bits + 2);
	bool fits = above == 0 || (stage.tables && above == -1);
	const char *end = fits ? "" : " <- ends here: too many bits";
	if (!stage.quiet && stage.tables)
		printf("hv:   VS-stage, Sv%d, of 0x%lx%s\n", bits, addr, end);
	else if (!stage.quiet)
		printf("hv:   G-stage, Sv%dx4, VMID %lu, of 0x%lx%s\n", bits,
		       stage.atp >> HGATP_VMID_SHIFT & HGATP_VMID_MASK, addr,
		       end);
	for (int level = levels - 1; fits && level >= 0; level--) {
		uint64_t size = PAGE_SIZE << 9 * level;
		uint64_t mask = (512UL << (level == levels - 1 ? more : 0)) - 1;
		uint64_t at = table + (addr / size & mask) * 8;
		if (!read_entry(&stage, at, &pte))
			return false;
		const char *why = problem(&stage, level, pte);
		if (!stage.quiet)
			show(level, at, pte, why);
		table = (pte & PTE_PPN_MASK) >> PTE_PPN_SHIFT << 12;
		*to = table + addr % size;
		if (why || pte & PTE_RWX)
			return !why;
	}
	return false;
}

/* What the exit was for: PTE_X, PTE_R, PTE_W; 0: it was no memory fault. */
static uint64_t access_of(uint64_t scause)
{
	uint64_t cause = scause < CAUSE_COUNT ? 1UL << scause : 0;

	if (cause & FETCHES)
		return PTE_X;
	if (cause & LOADS)
		return PTE_R;
	return cause & STORES ? PTE_W : 0;
}

void postmortem_walk(const struct vcpu *vcpu, uint64_t scause, uint64_t stval)
{
	uint64_t to, access = access_of(scause);
	bool user = !(vcpu->sstatus & SSTATUS_SPP);
	struct stage tables = {csr_read(hgatp), PTE_R, true, true, NULL};
	struct stage g = {tables.atp, access, true, false, NULL};
	struct stage vs = {csr_read(vsatp), access, user, false, &tables};

	if (access && walk(vs, stval, &to) && walk(g, to, &to))
		printf("hv:     no bit ended it: it leads to 0x%lx\n", to);
}
