/*
 * Nothing is emulated: the machine's own PLIC is mapped into the guest, with
 * everybody's interrupts in it.
 */
#include "h2.h"
#include "h4.h"
#include "riscv.h"

#define PLIC 0xc000000UL

bool irq_route(struct vm *vm, unsigned source)
{
	npt_map(&vm->npt, GPA(PLIC), HPA(PLIC), 6 * MiB, PTE_R | PTE_W);
	plic_enable(source, true);
	return true;
}

void vplic_update(struct vm *vm)
{
}

uint64_t vplic_mmio_read(void *vm, uint64_t offset, unsigned width)
{
	return 0;
}

void vplic_mmio_write(void *vm, uint64_t offset, unsigned width, uint64_t value)
{
}

/* The guest claims. */
void host_external_interrupt(void)
{
	vcpu_irq_set(this_hart()->vcpu, IRQ_VSEI, true);
}

void irq_release(struct vm *vm)
{
}
