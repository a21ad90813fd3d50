/*
 * npt.c - commands for h2.1 to h2.3: build a table, call the student's
 * functions on it, and report everything that can be seen of the table.
 */
#include <string.h>

#include "driver.h"
#include "h2.h"
#include "host.h"
#include "page.h"
#include "riscv.h"
#include "table.h"

static struct npt npt;

/* ---- the fences: h2.h gives them to the students ---- */

void npt_fence(const struct npt *which, gpa_t gpa)
{
	if (which != &npt)
		panic("npt_fence for another table");
	hart_fence(&npt, gpa.a);
}

void npt_fence_all(const struct npt *which)
{
	if (which != &npt)
		panic("npt_fence_all for another table");
	hart_fence_all(&npt);
}

/* ---- commands ---- */

/* reset: no table, all pages free */
static void reset(void)
{
	host_pages_reset();
	host_page_freed = hart_page_freed;
	memset(&npt, 0xa5, sizeof(npt));
}

/* root: an empty table, without the student's help */
static void root(void)
{
	npt = (struct npt){.root = page_alloc(NPT_ROOT_PAGES), .vmid = 1};
}

/* init VMID TAKEN: npt_init, when so many pages are in use already */
static void init(void)
{
	uint64_t vmid = host_arg(), taken = host_arg();

	for (uint64_t i = 0; i < taken; i++)
		page_alloc(1);
	int error = npt_init(&npt, vmid);
	bool ours = error == NPT_OK && host_page_owned(npt.root);
	bool empty = ours;
	for (uint64_t i = 0; ours && i < 2048; i++)
		empty = empty && host_page_owned(&npt.root[i & ~511UL]) &&
			npt.root[i] == 0;
	uint64_t used = host_pages_used() - taken;
	host_answer(" %d %d %d %d %lu", error,
		    ours && hpa_of(npt.root).a % (16 * KiB) == 0, empty,
		    npt.vmid == vmid, used);
}

/* put GPA LEVEL COUNT HPA BITS: leaves, without the student's help */
static void put(void)
{
	uint64_t gpa = host_arg();
	int level = (int)host_arg();
	uint64_t count = host_arg(), hpa = host_arg(), bits = host_arg();

	for (uint64_t i = 0; i < count; i++)
		table_put(&npt, gpa + i * table_span(level), level,
			  (hpa + i * table_span(level)) >> 12 << PTE_PPN_SHIFT |
				  bits);
}

/* leave COUNT: so many pages are free from now on */
static void leave(void)
{
	host_pages_leave(host_arg());
}

/* walk GPA: what npt_walk returns; its level; the right entry? the fences */
static void walk(void)
{
	gpa_t gpa = GPA(host_arg());
	struct npt_leaf leaf = {.entry = NULL, .level = -1};

	hart_load(&npt);
	int error = npt_walk(&npt, gpa, &leaf);
	bool right = leaf.entry && leaf.level >= 0 && leaf.level < NPT_LEVELS &&
		     leaf.entry == table_entry(&npt, gpa.a, leaf.level);
	host_answer(" %d %d %d %lu", error, leaf.level, right, hart_fences());
}

/* Everything that can be seen after one of the three functions below. */
static void report(int error)
{
	host_answer(" %d %lu", error, host_pages_used());
	hart_report(&npt);
	table_report(&npt);
}

/* map GPA HPA SIZE PERM */
static void map(void)
{
	gpa_t gpa = GPA(host_arg());
	hpa_t hpa = HPA(host_arg());
	uint64_t size = host_arg(), perm = host_arg();

	hart_load(&npt);
	report(npt_map(&npt, gpa, hpa, size, perm));
}

/* unmap GPA SIZE */
static void unmap(void)
{
	gpa_t gpa = GPA(host_arg());
	uint64_t size = host_arg();

	hart_load(&npt);
	report(npt_unmap(&npt, gpa, size));
}

/* protect GPA SIZE PERM */
static void protect(void)
{
	gpa_t gpa = GPA(host_arg());
	uint64_t size = host_arg(), perm = host_arg();

	hart_load(&npt);
	report(npt_protect(&npt, gpa, size, perm));
}

const struct host_command npt_commands[] = {
	{"reset", reset},     {"root", root},
	{"init", init},	      {"put", put},
	{"leave", leave},     {"walk", walk},
	{"map", map},	      {"unmap", unmap},
	{"protect", protect}, {0},
};
