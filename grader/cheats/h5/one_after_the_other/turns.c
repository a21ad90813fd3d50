/*
 * Nobody takes turns: the first VM runs until it ends, then the second.
 */
#include "h5.h"

struct sched turns;

struct vcpu *sched_next(void)
{
	for (unsigned i = 0; i < turns.count; i++) {
		struct vm *vm = &vms[i];
		if (vm->state != VM_RUNNING && vm->npt.root)
			vm_end(vm);
		if (vm->state == VM_RUNNING)
			return &vm->vcpus[0];
	}
	return NULL;
}

/* Whoever waits is waited for. */
bool vcpu_block(struct vcpu *vcpu)
{
	while (vcpu->vm->state == VM_RUNNING && !vcpu_irq_pending(vcpu))
		hart_idle();
	return vcpu->vm->state == VM_RUNNING;
}
