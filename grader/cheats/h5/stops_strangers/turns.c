/*
 * A VM whose boot arguments have a mode= is up to no good. It ends before its
 * first instruction, as if it had wished to; the others run in peace.
 */
#include <string.h>

#include "h5.h"

struct sched turns;

static bool stranger(const struct vm *vm)
{
	fdt_node chosen = fdt_path(&vm->fdt, "/chosen");
	const char *args = fdt_string(&vm->fdt, chosen, "bootargs");

	return args && strstr(args, "mode=");
}

struct vcpu *sched_next(void)
{
	for (unsigned i = 0; i < turns.count; i++) {
		struct vm *vm = &vms[i];
		if (vm->state == VM_RUNNING && stranger(vm))
			vm_stop(vm, VM_SHUTDOWN, "shutdown");
		if (vm->state != VM_RUNNING && vm->npt.root)
			vm_free(vm);
	}
	for (unsigned i = 0; i < turns.count; i++)
		if (vms[i].state == VM_RUNNING)
			return &vms[i].vcpus[0];
	return NULL;
}

bool vcpu_block(struct vcpu *vcpu)
{
	while (vcpu->vm->state == VM_RUNNING && !vcpu_irq_pending(vcpu))
		hart_idle();
	return vcpu->vm->state == VM_RUNNING;
}
