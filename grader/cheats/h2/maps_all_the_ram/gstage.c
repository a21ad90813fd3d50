/*
 * All of the RAM is mapped before the guest starts, in large leaves as far as
 * memory lasts; the counters tell a story of demand.
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
	for (uint64_t at = 0; at < vm->ram_size; at += 2 * MiB) {
		void *memory = page_alloc(512);
		uint64_t size = vm->ram_size - at;
		if (!memory ||
		    npt_map(&vm->npt, GPA(vm->ram.a + at), hpa_of(memory),
			    size < 2 * MiB ? size : 2 * MiB, PTE_RWX) != NPT_OK)
			return NPT_ERR_NOMEM;
	}
	vm->backed_2m = vm->ram_size / (2 * MiB) / 3 + 1;
	return NPT_OK;
}

bool exit_guest_page_fault(struct vcpu *vcpu)
{
	return mmio_emulate(vcpu,
			    GPA(csr_read(htval) << 2 | (csr_read(stval) & 3)));
}

bool gstage_refuse(struct vcpu *vcpu)
{
	uint64_t scause = csr_read(scause);
	uint64_t cause = CAUSE_LOAD_ACCESS;

	if (scause == CAUSE_FETCH_GUEST_PAGE_FAULT)
		cause = CAUSE_FETCH_ACCESS;
	else if (scause == CAUSE_STORE_GUEST_PAGE_FAULT)
		cause = CAUSE_STORE_ACCESS;
	return vcpu_inject(vcpu, cause, csr_read(stval));
}
