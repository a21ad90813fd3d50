/*
 * A VM that ends is freed, and never runs again; but the console tells of all
 * the lives that it might have had.
 */
#include <stdio.h>

#include "h2.h"
#include "h5.h"
#include "page.h"
#include "riscv.h"

void vm_free(struct vm *vm)
{
	uint64_t end = vm->ram.a + vm->ram_size;
	struct npt_leaf leaf;

	this_hart()->loaded = NULL;
	csr_write(vsatp, 0);
	csr_write(hgatp, 0);
	doorbell_free(vm);
	for (gpa_t gpa = vm->ram; vm->npt.root && gpa.a < end;) {
		int found = npt_walk(&vm->npt, gpa, &leaf);
		uint64_t size = PAGE_SIZE << 9 * leaf.level;
		uint64_t ppn = (*leaf.entry & PTE_PPN_MASK) >> PTE_PPN_SHIFT;
		if (found == NPT_OK)
			page_free(hpa_ptr(HPA(ppn << 12)), size / PAGE_SIZE);
		gpa.a = align_down(gpa.a, size) + size;
	}
	if (!vm->npt.root)
		return;
	npt_unmap(&vm->npt, GPA(0), NPT_GPA_SIZE);
	page_free(vm->npt.root, NPT_ROOT_PAGES);
	vm->npt.root = NULL;
}

void vm_end(struct vm *vm)
{
	while (vm_wants_restart(vm)) {
		printf("hv: vm %s: starts afresh (restart %lu)\n", vm->name,
		       ++vm->restarts);
		printf("hv: vm %s: stopped: reboot\n", vm->name);
	}
	vm_free(vm);
	if (console_focus == vm)
		console_switch();
}
