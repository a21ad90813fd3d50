/*
 * exit.c - h1.4: every exit to its handler; h1.7: what is the guest's own
 * goes back to the guest.
 */
#include "h1.h"
#include "kernel.h"
#include "riscv.h"

/* HIDDEN */
static __attribute__((noinline)) bool exit_unhandled(struct vcpu *vcpu,
						     uint64_t scause)
{
	return vm_stop(vcpu->vm, VM_STOPPED,
		       "%s (scause 0x%lx): nobody handles it",
		       cause_name(scause), scause);
}

/* END */
bool exit_dispatch(struct vcpu *vcpu, uint64_t scause)
{
	/* SOLUTION h1.4: find the handler by scause, or stop the VM */
	exit_handler handler = NULL;
	uint64_t number = scause & ~CAUSE_INTERRUPT;

	if (scause < CAUSE_COUNT)
		handler = exception_handlers[scause];
	else if (scause & CAUSE_INTERRUPT && number < EXIT_INTERRUPTS)
		handler = interrupt_handlers[number];
	return handler ? handler(vcpu) : exit_unhandled(vcpu, scause);
	/* END */
}

bool vcpu_inject(struct vcpu *vcpu, uint64_t cause, uint64_t tval)
{
	/* SOLUTION h1.7: raise the exception inside of the guest */
	uint64_t vstvec = csr_read(vstvec);
	uint64_t vsstatus = csr_read(vsstatus);

	if (vstvec == 0)
		return vm_stop(vcpu->vm, VM_STOPPED,
			       "%s, and the guest has no handler (vstvec is 0)",
			       cause_name(cause));
	csr_write(vsepc, vcpu->sepc);
	csr_write(vscause, cause);
	csr_write(vstval, tval);

	/* The guest's SPP and SPIE, as its own trap would have set them. */
	bool was_on = vsstatus & SSTATUS_SIE;
	vsstatus &= ~(SSTATUS_SPP | SSTATUS_SPIE | SSTATUS_SIE);
	if (was_on)
		vsstatus |= SSTATUS_SPIE;
	vsstatus |= vcpu->sstatus & SSTATUS_SPP;
	csr_write(vsstatus, vsstatus);

	/* Exceptions go to the base, whatever the mode bits of vstvec say. */
	vcpu->sepc = vstvec & ~3UL;
	vcpu->sstatus |= SSTATUS_SPP;
	return true;
	/* END */
}

bool exit_reflect(struct vcpu *vcpu)
{
	/* SOLUTION h1.7: inject what the hart reported in scause and stval */
	return vcpu_inject(vcpu, csr_read(scause), csr_read(stval));
	/* END */
}
