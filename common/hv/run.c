/*
 * run.c - the run loop, and how a VM ends.
 */
#include <stdarg.h>
#include <stdio.h>

#include "h1.h"
#include "kernel.h"
#include "riscv.h"
#include "vm.h"

void vcpu_run(struct vcpu *vcpu)
{
	uint64_t scause;

	this_hart()->vcpu = vcpu;
	vcpu_load(vcpu);
	do {
		vcpu_enter(vcpu);
		scause = csr_read(scause);
		vcpu->exits[scause >> 63][scause & 31]++;
	} while (exit_dispatch(vcpu, scause));
	vcpu_put(vcpu);
	this_hart()->vcpu = NULL;
}

bool vm_stop(struct vm *vm, enum vm_state state, const char *fmt, ...)
{
	va_list args;

	vm->state = state;
	printf("hv: vm %s: stopped: ", vm->name);
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	printf("\n");
	if (state == VM_STOPPED)
		postmortem(&vm->vcpus[0]);
	return false;
}
