/*
 * gstage.c - h2.4, h2.5 and h2.8: the table in force, and what happens when
 * the guest reaches for something that is not in it.
 */
#include "h1.h"
#include "h2.h"
#include "page.h"
#include "riscv.h"

#define BLOCK (2 * MiB)

void hgatp_activate(const struct npt *npt)
{
	/* SOLUTION h2.4: write hgatp, then fence its VMID */
	csr_write(hgatp, ATP_MODE_SV39 << ATP_MODE_SHIFT |
				 npt->vmid << HGATP_VMID_SHIFT |
				 hpa_of(npt->root).a >> 12);
	npt_fence_all(npt);
	/* END */
}

/* HIDDEN */
/* Map `pages` zeroed pages at gpa, which is aligned to as many. */
static int back_run(struct vm *vm, gpa_t gpa, size_t pages)
{
	void *memory = page_alloc(pages);

	if (!memory)
		return NPT_ERR_NOMEM;
	int error = npt_map(&vm->npt, gpa, hpa_of(memory), pages * PAGE_SIZE,
			    PTE_RWX);
	if (error)
		page_free(memory, pages);
	return error;
}

/* END */
int gstage_back(struct vm *vm, gpa_t gpa)
{
	/* SOLUTION h2.5: a zeroed block of 2 MiB, or else a zeroed page */
	gpa_t block = GPA(align_down(gpa.a, BLOCK));
	struct npt_leaf leaf;

	if (npt_walk(&vm->npt, gpa, &leaf) == NPT_OK)
		return NPT_ERR_MAPPED;
	/* A walk that ends above level 0 has found no table there. */
	if (leaf.level > 0 && vm_in_ram(vm, block, BLOCK) &&
	    back_run(vm, block, BLOCK / PAGE_SIZE) == NPT_OK) {
		vm->backed_2m++;
		return NPT_OK;
	}
	int error = back_run(vm, GPA(align_down(gpa.a, PAGE_SIZE)), 1);
	if (error == NPT_OK)
		vm->backed_4k++;
	return error;
	/* END */
}

/* HIDDEN */
static __attribute__((noinline)) bool ram_fault(struct vcpu *vcpu, gpa_t gpa)
{
	struct vm *vm = vcpu->vm;

	switch (gstage_back(vm, gpa)) {
	case NPT_OK:
		return true;
	case NPT_ERR_MAPPED:
		npt_fence(&vm->npt, gpa);
		return true;
	default:
		return vm_stop(vm, VM_STOPPED, "no memory left for its RAM");
	}
}

/* END */
bool exit_guest_page_fault(struct vcpu *vcpu)
{
	/* SOLUTION h2.5: back RAM; the rest goes to mmio_emulate */
	gpa_t gpa = GPA(csr_read(htval) << 2 | (csr_read(stval) & 3));

	if (gpa.a - vcpu->vm->ram.a < vcpu->vm->ram_size)
		return ram_fault(vcpu, gpa);
	return mmio_emulate(vcpu, gpa);
	/* END */
}

bool gstage_refuse(struct vcpu *vcpu)
{
	/* SOLUTION h2.8: an access fault into the guest */
	uint64_t scause = csr_read(scause);
	uint64_t cause = CAUSE_LOAD_ACCESS;

	if (scause == CAUSE_FETCH_GUEST_PAGE_FAULT)
		cause = CAUSE_FETCH_ACCESS;
	else if (scause == CAUSE_STORE_GUEST_PAGE_FAULT)
		cause = CAUSE_STORE_ACCESS;
	return vcpu_inject(vcpu, cause, csr_read(stval));
	/* END */
}
