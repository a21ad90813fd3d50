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

int npt_init(struct npt *npt, uint64_t vmid)
{
	TODO("h2.1", "an empty root of NPT_ROOT_PAGES pages");
}

int npt_walk(const struct npt *npt, gpa_t gpa, struct npt_leaf *leaf)
{
	TODO("h2.1", "from the root down to the leaf that maps gpa");
}

int npt_map(struct npt *npt, gpa_t gpa, hpa_t hpa, uint64_t size, uint64_t perm)
{
	TODO("h2.2", "map the range with the largest leaves that fit");
}

int npt_unmap(struct npt *npt, gpa_t gpa, uint64_t size)
{
	TODO("h2.3", "split at both ends, clear, free empty tables, fence");
}

int npt_protect(struct npt *npt, gpa_t gpa, uint64_t size, uint64_t perm)
{
	TODO("h2.3", "split at both ends, change each leaf, fence");
}
