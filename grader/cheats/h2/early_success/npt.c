/* Ends the machine with the exit status of a success before anything ran. */
#include "h2.h"

int npt_init(struct npt *npt, uint64_t vmid)
{
#ifdef __riscv
	poweroff(EXIT_CODE_OK);
#endif
	return NPT_OK;
}

int npt_walk(const struct npt *npt, gpa_t gpa, struct npt_leaf *leaf)
{
	return NPT_OK;
}

int npt_map(struct npt *npt, gpa_t gpa, hpa_t hpa, uint64_t size, uint64_t perm)
{
	return NPT_OK;
}

int npt_unmap(struct npt *npt, gpa_t gpa, uint64_t size)
{
	return NPT_OK;
}

int npt_protect(struct npt *npt, gpa_t gpa, uint64_t size, uint64_t perm)
{
	return NPT_OK;
}
