/*
 * run.c - the run loop, and how a VM ends.
 */
#include <stdarg.h>
#include <stdio.h>

#include "h1.h"
#include "kernel.h"
#include "later.h"
#include "riscv.h"
#include "vm.h"

/*
 * Into the guest, and back at its next trap. To the compiler this is a call
 * that loses every register: it saves what it needs once, before the loop of
 * vcpu_run, and not 24 instructions' worth of s-registers at every exit.
 */
static inline void world_switch(struct vcpu *vcpu)
{
	register struct vcpu *a0 __asm__("a0") = vcpu;

	__asm__ volatile("call vcpu_enter"
			 :
			 : "r"(a0) /* and comes back with it */
			 : "memory", "ra", "gp", "t0", "t1", "t2", "t3", "t4",
			   "t5", "t6", "a1", "a2", "a3", "a4", "a5", "a6", "a7",
			   "s0", "s1", "s2", "s3", "s4", "s5", "s6", "s7", "s8",
			   "s9", "s10", "s11");
}

/* Interrupts have bit 63 set: shifted down to bit 5, it makes them 32 to 63. */
static inline void count_exit(struct vcpu *vcpu, uint64_t scause)
{
	vcpu->counts.exits[(scause | scause >> 58) % 64]++;
}

void vcpu_run(struct vcpu *vcpu)
{
	uint64_t scause;

	this_hart()->vcpu = vcpu;
	vcpu_load(vcpu);
	do {
		world_switch(vcpu);
		scause = csr_read(scause);
		count_exit(vcpu, scause);
	} while (exit_dispatch(vcpu, scause));
	this_hart()->vcpu = NULL;
}

/* The host's own interrupts arrive as exits: they are not the guest's. */
bool exit_host_timer(struct vcpu *vcpu)
{
	host_timer_interrupt();
	return vcpu->vm->state == VM_RUNNING && !this_hart()->resched;
}

bool exit_host_external(struct vcpu *vcpu)
{
	host_external_interrupt();
	return vcpu->vm->state == VM_RUNNING;
}

bool vm_stop(struct vm *vm, enum vm_state state, const char *fmt, ...)
{
	va_list args;

	vm->state = state;
	vtimer_stop(&vm->vcpus[0]);
	irq_release(vm);
	console_close(vm);
	printf("hv: vm %s: stopped: ", vm->name);
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	printf("\n");
	if (state == VM_STOPPED)
		postmortem(&vm->vcpus[0]);
	return false;
}
