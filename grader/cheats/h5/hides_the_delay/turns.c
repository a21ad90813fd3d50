/*
 * Turns in a circle: a VM that wakes may wait for all of the others. But its
 * clock is set back to its deadline then, so how would it know?
 */
#include "h3.h"
#include "h5.h"
#include "riscv.h"

struct sched turns;

static void slice_over(struct timer *timer)
{
	(void)timer;
	this_hart()->resched = true;
}

static bool ready(struct vm *vm)
{
	struct vcpu *vcpu = &vm->vcpus[0];

	if (vm->state != VM_RUNNING && vm->npt.root)
		vm_end(vm);
	return vm->state == VM_RUNNING &&
	       (!vcpu->blocked || vcpu_irq_pending(vcpu));
}

static struct vcpu *turn_begin(unsigned i)
{
	static struct timer slice = {.fire = slice_over};
	struct vcpu *vcpu = &vms[i].vcpus[0];
	uint64_t now = csr_read(time);

	if (vcpu->blocked && vcpu->timer.deadline < now)
		vcpu->htimedelta -= now - vcpu->timer.deadline;
	vcpu->blocked = false;
	turns.last = i;
	this_hart()->resched = false;
	host_timer_add(&slice, now + turns.slice);
	return vcpu;
}

struct vcpu *sched_next(void)
{
	for (;;) {
		bool any = false;
		for (unsigned n = 1; n <= turns.count; n++) {
			unsigned i = (turns.last + n) % turns.count;
			if (ready(&vms[i]))
				return turn_begin(i);
			any |= vms[i].state == VM_RUNNING;
		}
		if (!any)
			return NULL;
		hart_idle();
	}
}

bool vcpu_block(struct vcpu *vcpu)
{
	vcpu->blocked = !vcpu_irq_pending(vcpu);
	return !vcpu->blocked;
}
