/*
 * extirq.c - h4.4 to h4.6: from the wire to the guest, and back.
 *
 * A source that is passed through has two gateways in a row. The hardware's
 * stays shut from our claim until we complete; we do that when the guest
 * completes. If the wire is still high then, the hardware interrupts us again.
 */
#include "h4.h"
#include "later.h"
#include "riscv.h"
#include "vplic.h"

/* Who owns each of the machine's sources; NULL: nobody. */
static struct vm *owner[PLIC_SOURCES];

void vplic_update(struct vm *vm)
{
	/* SOLUTION h4.4: VSEIP says whether there is something to claim */
	for (unsigned i = 0; i < VM_VCPUS; i++)
		vcpu_irq_set(&vm->vcpus[i], IRQ_VSEI,
			     vplic_best(&vm->vplic, i) != 0);
	/* END */
}

uint64_t vplic_mmio_read(void *context, uint64_t offset, unsigned width)
{
	/* SOLUTION h4.4: read, and if that was a claim, update */
	struct vm *vm = context;
	uint32_t value = vplic_read(&vm->vplic, offset);

	(void)width;
	/* A claim that found nothing has changed nothing. */
	if (value && offset >= PLIC_CONTEXT)
		vplic_update(vm);
	return value;
	/* END */
}

void vplic_mmio_write(void *context, uint64_t offset, unsigned width,
		      uint64_t value)
{
	/* SOLUTION h4.4: write, complete on the hardware too, update */
	struct vm *vm = context;
	unsigned completed = vplic_write(&vm->vplic, offset, (uint32_t)value);

	(void)width;
	if (owner[completed] == vm) /* 0 has no owner */
		plic_complete(completed);
	vplic_update(vm);
	/* END */
}

void host_external_interrupt(void)
{
	/* SOLUTION h4.5: claim, and pulse the line in the owner's vplic */
	unsigned source;

	while ((source = plic_claim()) != 0) {
		struct vm *vm = owner[source];
		if (!vm) { /* The host's own. */
			host_device_interrupt(source);
			plic_complete(source);
			continue;
		}
		vplic_set_line(&vm->vplic, source, true);
		vplic_set_line(&vm->vplic, source, false);
		vplic_update(vm);
	}
	/* END */
}

bool irq_route(struct vm *vm, unsigned source)
{
	/* SOLUTION h4.6: remember the owner, enable the source */
	if (source == 0 || source >= VPLIC_SOURCES || owner[source])
		return false;
	owner[source] = vm;
	plic_enable(source, true);
	return true;
	/* END */
}

void irq_release(struct vm *vm)
{
	/* SOLUTION h4.5: disable what it owned, complete what it had claimed */
	for (unsigned source = 1; source < VPLIC_SOURCES; source++) {
		if (owner[source] != vm)
			continue;
		plic_complete(source);
		plic_enable(source, false);
		owner[source] = NULL;
	}
	/* END */
}
