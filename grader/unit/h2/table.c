/*
 * table.c - reads a G-stage table as the hart would (18.5.1), and trusts
 * nothing in it: every pointer must lead to a page that was handed out, and
 * each such page has one place in the table.
 */
#include "table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host.h"
#include "kernel.h"
#include "page.h"
#include "riscv.h"

#define PTE_SOFTWARE (3UL << 8) /* RSW: free for any use (10.4.1) */
#define POINTER_BITS (PTE_V | PTE_SOFTWARE | PTE_PPN_MASK)

static bool seen[HOST_PAGES]; /* by the visit under way */
static const char *wrong;
static uint64_t empty;

uint64_t table_span(int level)
{
	return PAGE_SIZE << 9 * level;
}

static uint64_t entries(int level)
{
	return level == NPT_LEVELS - 1 ? 2048 : 512;
}

static bool is_pointer(pte_t pte)
{
	return (pte & PTE_V) && !(pte & PTE_RWX);
}

static uint64_t address(pte_t pte)
{
	return (pte & PTE_PPN_MASK) >> PTE_PPN_SHIFT << 12;
}

static pte_t *below(pte_t pte)
{
	pte_t *table = hpa_ptr(HPA(address(pte)));

	return host_page_owned(table) ? table : NULL;
}

pte_t *table_entry(const struct npt *npt, uint64_t gpa, int level)
{
	pte_t *table = npt->root;

	for (int l = NPT_LEVELS - 1; l >= 0 && table; l--) {
		pte_t *entry = &table[gpa / table_span(l) % entries(l)];
		if (l == level)
			return entry;
		table = is_pointer(*entry) ? below(*entry) : NULL;
	}
	return NULL;
}

void table_put(struct npt *npt, uint64_t gpa, int level, pte_t pte)
{
	for (int l = NPT_LEVELS - 1; l > level; l--) {
		pte_t *entry = table_entry(npt, gpa, l);
		if (entry && !*entry)
			*entry =
				hpa_of(page_alloc(1)).a >> 12 << PTE_PPN_SHIFT |
				PTE_V;
	}
	pte_t *entry = table_entry(npt, gpa, level);
	if (!entry)
		panic("no way to the entry for 0x%lx", gpa);
	*entry = pte;
}

static pte_t *check_pointer(pte_t pte, int level)
{
	pte_t *table = below(pte);

	if (level == 0)
		wrong = "a pointer at level 0";
	else if (pte & ~POINTER_BITS)
		wrong = "a pointer with bits other than V and the PPN";
	else if (!table)
		wrong = "a pointer to a page that is not in use";
	else
		return table;
	return NULL;
}

static void visit(pte_t *table, int level, uint64_t gpa, table_visitor each)
{
	bool any = false;

	for (uint64_t i = 0; i < entries(level); i++) {
		pte_t pte = table[i];
		uint64_t at = gpa + i * table_span(level);
		if (!(pte & PTE_V))
			continue;
		any = true;
		each(at, level, pte);
		if (!is_pointer(pte))
			continue;
		pte_t *next = check_pointer(pte, level);
		if (!next)
			continue;
		bool *mark = &seen[address(pte) / PAGE_SIZE % HOST_PAGES];
		if (*mark) {
			wrong = "two pointers to one table";
			continue;
		}
		*mark = true;
		visit(next, level - 1, at, each);
	}
	if (!any && level < NPT_LEVELS - 1)
		empty++;
}

const char *table_visit(const struct npt *npt, table_visitor each)
{
	memset(seen, 0, sizeof(seen));
	wrong = NULL;
	empty = 0;
	for (int i = 0; i < NPT_ROOT_PAGES; i++)
		if (!host_page_owned((uint8_t *)npt->root + i * 4096))
			return "no root of four pages";
	visit(npt->root, NPT_LEVELS - 1, 0, each);
	return wrong;
}

/* ---- the report: neighbours that continue each other are one run ---- */

static struct {
	uint64_t gpa, count, hpa, bits;
	int level;
} run;
static char *runs;
static size_t runs_size;
static FILE *runs_file;

static void run_end(void)
{
	if (run.count)
		fprintf(runs_file, " %lx,%d,%lx,%lx,%lx", run.gpa, run.level,
			run.count, run.hpa, run.bits);
	run.count = 0;
}

static void add_leaf(uint64_t gpa, int level, pte_t pte)
{
	uint64_t hpa = address(pte), bits = pte & ~PTE_PPN_MASK & ~PTE_SOFTWARE;
	uint64_t length = run.count * table_span(run.level);

	if (is_pointer(pte))
		return;
	if (run.level == level && run.bits == bits && run.count &&
	    run.gpa + length == gpa && run.hpa + length == hpa) {
		run.count++;
		return;
	}
	run_end();
	run.gpa = gpa;
	run.level = level;
	run.count = 1;
	run.hpa = hpa;
	run.bits = bits;
}

void table_report(const struct npt *npt)
{
	if (!runs_file)
		runs_file = open_memstream(&runs, &runs_size);
	if (!runs_file || fseek(runs_file, 0, SEEK_SET))
		abort();
	const char *problem = table_visit(npt, add_leaf);
	run_end();
	fputc('\0', runs_file);
	fflush(runs_file);
	host_answer(" %lu%s ; %s", empty, runs, problem ? problem : "");
}
