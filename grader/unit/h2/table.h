/*
 * table.h - the unit tests' own view of a G-stage table. It shares no code with
 * what the students write.
 */
#pragma once
#include <stdint.h>

#include "h2.h"

/* Bytes that one entry maps: 4 KiB, 2 MiB, 1 GiB. */
uint64_t table_span(int level);

/* The entry for gpa at that level; NULL if no sound table leads there. */
pte_t *table_entry(const struct npt *npt, uint64_t gpa, int level);

/* Write an entry, with the tables that lead to it. */
void table_put(struct npt *npt, uint64_t gpa, int level, pte_t pte);

/*
 * Call `each` for every valid entry in the order of addresses: pointers before
 * what is below them. Returns what is wrong with the table, or NULL.
 */
typedef void (*table_visitor)(uint64_t gpa, int level, pte_t pte);
const char *table_visit(const struct npt *npt, table_visitor each);

/*
 * Answer: how many tables are empty; the leaves in runs of
 * GPA,LEVEL,COUNT,HPA,BITS; and after a semicolon what is wrong.
 */
void table_report(const struct npt *npt);

/* ---- what the hart may remember (fences.c) ---- */

/* The hart has seen every valid entry. */
void hart_load(const struct npt *npt);

/* What npt_fence and npt_fence_all do to its memory. */
void hart_fence(const struct npt *npt, uint64_t gpa);
void hart_fence_all(const struct npt *npt);

/* A page goes to page_free: does the hart know a way to it? */
void hart_page_freed(const void *page);

/* How many fences there were since hart_load. */
uint64_t hart_fences(void);

/*
 * Answer: the number of fences of each kind since hart_load; the first entry
 * that it still believes in though it must not: KIND,GPA or "-"; and the GPA of
 * the first table that was freed while the hart knew a way to it, or "-".
 */
void hart_report(const struct npt *npt);
