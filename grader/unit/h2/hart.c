/*
 * hart.c - a hart that forgets nothing: it remembers every valid entry that it
 * may have seen, until a fence says that it must not (10.2.1, 18.3.2).
 *
 * npt_fence is an HFENCE.GVMA with an address: it reaches the leaf there, and
 * never a pointer to a table. npt_fence_all reaches everything. What is valid
 * at the time of the fence may be remembered again at once, so a fence that
 * comes before the change does not help.
 */
#include <stdlib.h>

#include "host.h"
#include "riscv.h"
#include "table.h"

#define ENTRIES (HOST_PAGES * 512)

struct memory {
	uint64_t gpa;
	int level;
	pte_t pte;
};

static struct memory leaves[ENTRIES], pointers[ENTRIES]; /* by address */
static uint64_t leaf_count, pointer_count, fences, fences_all;
static struct memory freed; /* the way to a page that was freed; pte 0: none */

static bool is_leaf(pte_t pte)
{
	return (pte & PTE_V) && (pte & PTE_RWX);
}

static void remember(uint64_t gpa, int level, pte_t pte)
{
	struct memory entry = {gpa, level, pte};

	if (is_leaf(pte))
		leaves[leaf_count++] = entry;
	else
		pointers[pointer_count++] = entry;
}

static void remember_all(const struct npt *npt)
{
	leaf_count = pointer_count = 0;
	table_visit(npt, remember);
}

void hart_load(const struct npt *npt)
{
	fences = fences_all = 0;
	freed.pte = 0;
	remember_all(npt);
}

void hart_fence_all(const struct npt *npt)
{
	fences_all++;
	remember_all(npt);
}

/* bsearch's order: 0 if the leaf maps the address. */
static int compare(const void *key, const void *element)
{
	uint64_t gpa = *(const uint64_t *)key;
	const struct memory *leaf = element;

	if (gpa < leaf->gpa)
		return -1;
	return gpa - leaf->gpa >= table_span(leaf->level);
}

void hart_fence(const struct npt *npt, uint64_t gpa)
{
	struct memory *leaf =
		bsearch(&gpa, leaves, leaf_count, sizeof(*leaves), compare);

	fences++;
	if (!leaf)
		return;
	pte_t *now = table_entry(npt, leaf->gpa, leaf->level);
	if (!now || !(*now & PTE_V))
		leaf->pte = 0;
	else if (is_leaf(*now))
		leaf->pte = *now;
}

/* Does the table still grant what the hart remembers? */
static const char *stale(const struct npt *npt, const struct memory *old)
{
	pte_t *entry = table_entry(npt, old->gpa, old->level);
	pte_t now = entry ? *entry : 0;

	if (!is_leaf(old->pte))
		return now == old->pte ? NULL : "pointer";
	if ((now & PTE_V) && !is_leaf(now))
		return "split";
	bool same = ((now ^ old->pte) & PTE_PPN_MASK) == 0;
	bool less = old->pte & ~now & (PTE_V | PTE_RWX);
	return same && !less ? NULL : "leaf";
}

void hart_page_freed(const void *page)
{
	for (uint64_t i = 0; i < pointer_count && !freed.pte; i++) {
		pte_t pte = pointers[i].pte;
		if ((pte & PTE_PPN_MASK) >> PTE_PPN_SHIFT ==
		    hpa_of(page).a >> 12)
			freed = pointers[i];
	}
}

uint64_t hart_fences(void)
{
	return fences + fences_all;
}

void hart_report(const struct npt *npt)
{
	const char *kind = NULL;
	uint64_t gpa = 0;

	for (uint64_t i = 0; i < pointer_count && !kind; i++) {
		kind = stale(npt, &pointers[i]);
		gpa = pointers[i].gpa;
	}
	for (uint64_t i = 0; i < leaf_count && !kind; i++) {
		if (!leaves[i].pte)
			continue;
		kind = stale(npt, &leaves[i]);
		gpa = leaves[i].gpa;
	}
	host_answer(" %lu %lu %s,%lx", fences, fences_all, kind ? kind : "-",
		    gpa);
	if (freed.pte)
		host_answer(" %lx", freed.gpa);
	else
		host_answer(" -");
}
