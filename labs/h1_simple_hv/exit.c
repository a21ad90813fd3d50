/*
 * exit.c - h1.4: every exit to its handler; h1.7: what is the guest's own
 * goes back to the guest.
 */
#include "h1.h"
#include "kernel.h"
#include "riscv.h"

bool exit_dispatch(struct vcpu *vcpu, uint64_t scause)
{
	TODO("h1.4", "find the handler by scause, or stop the VM");
}

bool vcpu_inject(struct vcpu *vcpu, uint64_t cause, uint64_t tval)
{
	TODO("h1.7", "raise the exception inside of the guest");
}

bool exit_reflect(struct vcpu *vcpu)
{
	TODO("h1.7", "inject what the hart reported in scause and stval");
}
