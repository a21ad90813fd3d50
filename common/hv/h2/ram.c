/*
 * ram.c - from lab h2 on: a VM's RAM lies wherever the G-stage table says, and
 * is backed when it is first touched, by the guest or by us.
 */
#include "h2.h"
#include "riscv.h"

bool vm_ram_init(struct vm *vm)
{
	if (!range_inside(vm->ram.a, vm->ram_size, 0, NPT_GPA_SIZE))
		return vm_error(vm, "vm.dts: memory beyond 41 bits");
	if (npt_init(&vm->npt, (uint64_t)(vm - vms) + 1) != NPT_OK)
		return vm_error(vm, "out of memory for its page table");
	return true;
}

void vm_activate(struct vm *vm)
{
	hgatp_activate(&vm->npt);
}

void *vm_ram_ptr(struct vm *vm, gpa_t gpa)
{
	struct npt_leaf leaf;

	if (!vm_in_ram(vm, gpa, 1))
		return NULL;
	if (npt_walk(&vm->npt, gpa, &leaf) != NPT_OK &&
	    (gstage_back(vm, gpa) != NPT_OK ||
	     npt_walk(&vm->npt, gpa, &leaf) != NPT_OK))
		return NULL;
	uint64_t page = (*leaf.entry & PTE_PPN_MASK) >> PTE_PPN_SHIFT << 12;
	return hpa_ptr(HPA(page + gpa.a % (PAGE_SIZE << 9 * leaf.level)));
}

/* HFENCE.GVMA takes the guest-physical address shifted right by two (18.3.2). */
void npt_fence(const struct npt *npt, gpa_t gpa)
{
	__asm__ volatile(".option push\n"
			 ".option arch, +h\n"
			 "hfence.gvma %0, %1\n"
			 ".option pop" ::"r"(gpa.a >> 2),
			 "r"(npt->vmid)
			 : "memory");
}

void npt_fence_all(const struct npt *npt)
{
	__asm__ volatile(".option push\n"
			 ".option arch, +h\n"
			 "hfence.gvma zero, %0\n"
			 ".option pop" ::"r"(npt->vmid)
			 : "memory");
}
