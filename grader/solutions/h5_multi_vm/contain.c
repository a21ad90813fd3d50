/*
 * contain.c - h5.5: a VM ends, and nothing of it stays behind.
 */
#include <stdio.h>
#include <string.h>

#include "h2.h"
#include "h3.h"
#include "h5.h"
#include "page.h"
#include "riscv.h"

/* HIDDEN */
/* The memory of every leaf that maps RAM. What else is mapped is not ours. */
static void ram_free(struct vm *vm)
{
	uint64_t end = vm->ram.a + vm->ram_size;
	struct npt_leaf leaf;

	for (gpa_t gpa = vm->ram; gpa.a < end;) {
		int found = npt_walk(&vm->npt, gpa, &leaf);
		uint64_t size = PAGE_SIZE << 9 * leaf.level;
		uint64_t ppn = (*leaf.entry & PTE_PPN_MASK) >> PTE_PPN_SHIFT;
		if (found == NPT_OK)
			page_free(hpa_ptr(HPA(ppn << 12)), size / PAGE_SIZE);
		gpa.a = align_down(gpa.a, size) + size;
	}
}

/* The hart must not hold what is about to become somebody else's. */
static void hart_forget(struct vcpu *vcpu)
{
	struct hart *hart = this_hart();

	host_timer_remove(&vcpu->wake);
	if (hart->loaded != vcpu)
		return;
	hart->loaded = NULL;
	/* What it has left pending must not end our own wfi. */
	csr_write(vsie, 0);
	csr_write(vsatp, 0);
	csr_write(hgatp, 0);
}

/* END */
void vm_free(struct vm *vm)
{
	/* SOLUTION h5.5: leave the hart, free doorbell, RAM, tables and root */
	hart_forget(&vm->vcpus[0]);
	if (vm->shared)
		doorbell_free(vm);
	if (!vm->npt.root)
		return;
	ram_free(vm);
	npt_unmap(&vm->npt, GPA(0), NPT_GPA_SIZE);
	page_free(vm->npt.root, NPT_ROOT_PAGES);
	vm->npt.root = NULL;
	/* END */
}

/* HIDDEN */
static void restart(struct vm *vm)
{
	struct vcpu_counts counts = vm->vcpus[0].counts;
	uint64_t restarts = vm->restarts + 1;
	char name[VM_NAME_SIZE];

	memcpy(name, vm->name, sizeof(name));
	printf("hv: vm %s: starts afresh (restart %lu)\n", name, restarts);
	bool built = vm_create(vm, host_initrd(), name);
	vm->vcpus[0].counts = counts;
	vm->restarts = restarts;
	if (built)
		return;
	vm->state = VM_STOPPED;
	irq_release(vm);
	vm_free(vm);
}

/* END */
void vm_end(struct vm *vm)
{
	/* SOLUTION h5.5: free it; build it afresh if it may restart */
	bool again = vm_wants_restart(vm);

	vm_free(vm);
	if (again)
		restart(vm);
	if (vm->state != VM_RUNNING && console_focus == vm)
		console_switch();
	/* END */
}
