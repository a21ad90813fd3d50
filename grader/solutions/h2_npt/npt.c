/*
 * npt.c - h2.1 to h2.3: the G-stage page table, where guest-physical memory
 * really is.
 *
 * Sv39x4 (Privileged, 18.5.1) is Sv39 with two more bits at the top, so the
 * root has 2048 entries and takes four pages. Pure table work: no CSR is
 * touched here, and the file also compiles for the build host.
 */
#include "h2.h"
#include "page.h"
#include "riscv.h"

/* HIDDEN */
/* How much one entry of a table at this level maps, in bytes. */
static uint64_t level_size(int level)
{
	return PAGE_SIZE << 9 * level;
}

static uint64_t npt_index(gpa_t gpa, int level)
{
	uint64_t entries = level == NPT_LEVELS - 1 ? 2048 : 512;

	return gpa.a / level_size(level) % entries;
}

static bool pte_is_table(pte_t pte)
{
	return (pte & (PTE_V | PTE_RWX)) == PTE_V;
}

static pte_t *pte_to_table(pte_t pte)
{
	return hpa_ptr(HPA((pte & PTE_PPN_MASK) >> PTE_PPN_SHIFT << 12));
}

static pte_t pte_make(hpa_t hpa, uint64_t bits)
{
	return hpa.a >> 12 << PTE_PPN_SHIFT | bits | PTE_V;
}

static bool range_ok(gpa_t gpa, uint64_t size)
{
	return gpa.a % PAGE_SIZE == 0 && size % PAGE_SIZE == 0 &&
	       range_inside(gpa.a, size, 0, NPT_GPA_SIZE);
}

/* W without R is reserved, and no bit at all would mean "a table". */
static bool perm_ok(uint64_t perm)
{
	return (perm & ~PTE_RWX) == 0 && perm != 0 &&
	       !((perm & PTE_W) && !(perm & PTE_R));
}

/* END */
int npt_init(struct npt *npt, uint64_t vmid)
{
	/* SOLUTION h2.1: an empty root of NPT_ROOT_PAGES pages */
	npt->vmid = vmid;
	npt->root = page_alloc(NPT_ROOT_PAGES);
	return npt->root ? NPT_OK : NPT_ERR_NOMEM;
	/* END */
}

int npt_walk(const struct npt *npt, gpa_t gpa, struct npt_leaf *leaf)
{
	/* SOLUTION h2.1: from the root down to the leaf that maps gpa */
	pte_t *table = npt->root;

	if (gpa.a >= NPT_GPA_SIZE)
		return NPT_ERR_RANGE;
	for (int level = NPT_LEVELS - 1; level >= 0; level--) {
		pte_t *entry = &table[npt_index(gpa, level)];
		*leaf = (struct npt_leaf){entry, level};
		if (!(*entry & PTE_V))
			return NPT_ERR_UNMAPPED;
		if (!pte_is_table(*entry))
			return NPT_OK;
		table = pte_to_table(*entry);
	}
	return NPT_ERR_UNMAPPED; /* Nothing makes a table below level 0. */
				 /* END */
}

/* HIDDEN */
/* The entry for gpa at `level`, with tables made on the way; NULL: no page. */
static pte_t *entry_make(struct npt *npt, gpa_t gpa, int level)
{
	pte_t *table = npt->root;

	for (int l = NPT_LEVELS - 1; l > level; l--) {
		pte_t *entry = &table[npt_index(gpa, l)];
		if (!pte_is_table(*entry)) {
			pte_t *below = page_alloc(1);
			if (!below)
				return NULL;
			*entry = pte_make(hpa_of(below), 0);
		}
		table = pte_to_table(*entry);
	}
	return &table[npt_index(gpa, level)];
}

/* Is anything mapped in the range? One step per hole, however large. */
static bool any_mapped(const struct npt *npt, gpa_t gpa, uint64_t size)
{
	uint64_t end = gpa.a + size;
	struct npt_leaf leaf = {0};

	while (gpa.a < end) {
		if (npt_walk(npt, gpa, &leaf) == NPT_OK)
			return true;
		gpa.a = align_down(gpa.a, level_size(leaf.level)) +
			level_size(leaf.level);
	}
	return false;
}

/* The largest leaf that may stand here. */
static int leaf_level(gpa_t gpa, hpa_t hpa, uint64_t size)
{
	int level = NPT_LEVELS - 1;

	while ((gpa.a | hpa.a) % level_size(level) || size < level_size(level))
		level--;
	return level;
}

/* END */
int npt_map(struct npt *npt, gpa_t gpa, hpa_t hpa, uint64_t size, uint64_t perm)
{
	/* SOLUTION h2.2: map the range with the largest leaves that fit */
	if (!range_ok(gpa, size) || hpa.a % PAGE_SIZE)
		return NPT_ERR_RANGE;
	if (!perm_ok(perm))
		return NPT_ERR_PERM;
	if (any_mapped(npt, gpa, size))
		return NPT_ERR_MAPPED;
	for (uint64_t done = 0, step; done < size; done += step) {
		gpa_t at = GPA(gpa.a + done);
		hpa_t to = HPA(hpa.a + done);
		int level = leaf_level(at, to, size - done);
		pte_t *entry = entry_make(npt, at, level);
		if (!entry) {
			npt_unmap(npt, gpa, size); /* It was all a hole. */
			return NPT_ERR_NOMEM;
		}
		*entry = pte_make(to, perm | PTE_U | PTE_A | PTE_D);
		step = level_size(level);
	}
	return NPT_OK;
	/* END */
}

/* HIDDEN */
/* Make sure that no leaf crosses gpa: split those that do, level by level. */
static int split_at(struct npt *npt, gpa_t gpa)
{
	struct npt_leaf leaf = {0};

	while (npt_walk(npt, gpa, &leaf) == NPT_OK &&
	       gpa.a % level_size(leaf.level)) {
		pte_t old = *leaf.entry;
		pte_t *table = page_alloc(1);
		if (!table)
			return NPT_ERR_NOMEM;
		uint64_t step =
			level_size(leaf.level - 1) >> 12 << PTE_PPN_SHIFT;
		for (uint64_t i = 0; i < 512; i++)
			table[i] = old + i * step;
		*leaf.entry = pte_make(hpa_of(table), 0);
		npt_fence_all(npt);
	}
	return NPT_OK;
}

static int split_ends(struct npt *npt, gpa_t gpa, uint64_t size)
{
	int error = split_at(npt, gpa);

	return error ? error : split_at(npt, GPA(gpa.a + size));
}

/*
 * Clear what `table` maps in [gpa, end) and free the tables below it that
 * become empty. True if this one is empty now.
 */
static bool clear(struct npt *npt, pte_t *table, int level, gpa_t gpa,
		  uint64_t end)
{
	uint64_t entries = level == NPT_LEVELS - 1 ? 2048 : 512;

	for (gpa_t next; gpa.a < end; gpa = next) {
		pte_t *entry = &table[npt_index(gpa, level)];
		next = GPA(align_down(gpa.a, level_size(level)) +
			   level_size(level));
		if (pte_is_table(*entry)) {
			pte_t *below = pte_to_table(*entry);
			uint64_t stop = next.a < end ? next.a : end;
			if (!clear(npt, below, level - 1, gpa, stop))
				continue;
			*entry = 0;
			npt_fence_all(npt);
			page_free(below, 1);
		} else if (*entry) {
			*entry = 0;
			npt_fence(npt, gpa);
		}
	}
	for (uint64_t i = 0; i < entries; i++)
		if (table[i])
			return false;
	return true;
}

/* END */
int npt_unmap(struct npt *npt, gpa_t gpa, uint64_t size)
{
	/* SOLUTION h2.3: split at both ends, clear, free empty tables, fence */
	if (!range_ok(gpa, size))
		return NPT_ERR_RANGE;
	if (split_ends(npt, gpa, size) != NPT_OK)
		return NPT_ERR_NOMEM;
	clear(npt, npt->root, NPT_LEVELS - 1, gpa, gpa.a + size);
	return NPT_OK;
	/* END */
}

int npt_protect(struct npt *npt, gpa_t gpa, uint64_t size, uint64_t perm)
{
	/* SOLUTION h2.3: split at both ends, change each leaf, fence */
	uint64_t end = gpa.a + size;
	struct npt_leaf leaf = {0};

	if (!range_ok(gpa, size))
		return NPT_ERR_RANGE;
	if (!perm_ok(perm))
		return NPT_ERR_PERM;
	if (split_ends(npt, gpa, size) != NPT_OK)
		return NPT_ERR_NOMEM;
	for (; gpa.a < end; gpa.a = align_down(gpa.a, level_size(leaf.level)) +
				    level_size(leaf.level)) {
		if (npt_walk(npt, gpa, &leaf) != NPT_OK)
			continue;
		*leaf.entry = (*leaf.entry & ~PTE_RWX) | perm;
		npt_fence(npt, gpa);
	}
	return NPT_OK;
	/* END */
}
