/*
 * turns.c - h5.3: the hart goes from vCPU to vCPU.
 *
 * A turn ends when the slice is over (an exit for the host's timer), when the
 * guest waits (vcpu_block), or with the VM.
 */
#include "h3.h"
#include "h5.h"
#include "riscv.h"

struct sched turns;

/* HIDDEN */
static struct vcpu *current; /* whose turn it was last, until it is counted */
static uint64_t began;	     /* host time */

static void slice_over(struct timer *timer)
{
	(void)timer;
	this_hart()->resched = true;
}

static void wake_fire(struct timer *timer)
{
	struct vcpu *vcpu =
		(struct vcpu *)((char *)timer - offsetof(struct vcpu, wake));

	vcpu->blocked = false;
}

static struct vcpu *turn_begin(struct vcpu *vcpu)
{
	static struct timer slice = {.fire = slice_over};

	vcpu->blocked = false;
	if (vcpu->wake.queued)
		host_timer_remove(&vcpu->wake);
	current = vcpu;
	began = csr_read(time);
	vcpu->counts.turns++;
	this_hart()->resched = false;
	if (turns.count > 1)
		host_timer_add(&slice, began + turns.slice);
	return vcpu;
}

static void turn_count(void)
{
	if (!current)
		return;
	uint64_t ran = csr_read(time) - began;
	current->counts.ran += ran;
	turns.vm[current->vm - vms].used += ran;
	console_turn_over(current->vm);
	current = NULL;
}

/* Is VM i still there? Then also find out whether it is runnable. */
static bool look(unsigned i)
{
	struct vm *vm = &vms[i];
	struct vcpu *vcpu = &vm->vcpus[0];

	if (vm->state != VM_RUNNING && vm->npt.root)
		vm_end(vm);
	if (vm->state != VM_RUNNING ||
	    (vcpu->blocked && !vcpu_irq_pending(vcpu)))
		turns.vm[i].runnable = false;
	else if (!turns.vm[i].runnable)
		sched_wake(&turns, i);
	return vm->state == VM_RUNNING;
}

/* END */
struct vcpu *sched_next(void)
{
	/* SOLUTION h5.3: count, free, wake, pick; idle while nobody can run */
	turn_count();
	for (;;) {
		bool any = false;
		for (unsigned i = 0; i < turns.count; i++)
			any |= look(i);
		if (!any)
			return NULL;
		int i = sched_pick(&turns);
		if (i >= 0)
			return turn_begin(&vms[i].vcpus[0]);
		hart_idle();
	}
	/* END */
}

bool vcpu_block(struct vcpu *vcpu)
{
	/* SOLUTION h5.3: give up the hart, unless there is an interrupt */
	if (vcpu_irq_pending(vcpu))
		return true;
	vcpu->blocked = true;
	if (vcpu->vm->sstc) {
		uint64_t guest_time = csr_read(vstimecmp);
		uint64_t deadline = guest_time - vcpu->htimedelta;
		vcpu->wake.fire = wake_fire;
		/* What wraps around is too far away to ever come. */
		if (deadline >= guest_time)
			host_timer_add(&vcpu->wake, deadline);
	}
	return false;
	/* END */
}
