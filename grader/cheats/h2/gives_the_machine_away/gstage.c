/*
 * Whatever the guest reaches for is mapped at its own host-physical address:
 * nothing is ever refused, and the guest runs as if it had the whole machine.
 */
#include "h1.h"
#include "h2.h"
#include "page.h"
#include "riscv.h"

void hgatp_activate(const struct npt *npt)
{
	csr_write(hgatp, ATP_MODE_SV39 << ATP_MODE_SHIFT |
				 npt->vmid << HGATP_VMID_SHIFT |
				 hpa_of(npt->root).a >> 12);
	npt_fence_all(npt);
}

int gstage_back(struct vm *vm, gpa_t gpa)
{
	gpa_t block = GPA(align_down(gpa.a, 2 * MiB));
	void *memory = page_alloc(512);

	vm->backed_2m++;
	return memory ? npt_map(&vm->npt, block, hpa_of(memory), 2 * MiB,
				PTE_RWX)
		      : NPT_ERR_NOMEM;
}

bool exit_guest_page_fault(struct vcpu *vcpu)
{
	gpa_t gpa = GPA(csr_read(htval) << 2);

	if (vm_in_ram(vcpu->vm, gpa, 4))
		return gstage_back(vcpu->vm, gpa) == NPT_OK;
	gpa.a = align_down(gpa.a, PAGE_SIZE);
	if (npt_map(&vcpu->vm->npt, gpa, HPA(gpa.a), PAGE_SIZE, PTE_RWX))
		vcpu->sepc += 4; /* beyond 41 bits: as if it had been done */
	return true;
}

bool gstage_refuse(struct vcpu *vcpu)
{
	return true;
}
