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
	TODO("h4.4", "VSEIP says whether there is something to claim");
}

uint64_t vplic_mmio_read(void *context, uint64_t offset, unsigned width)
{
	TODO("h4.4", "read, and if that was a claim, update");
}

void vplic_mmio_write(void *context, uint64_t offset, unsigned width,
		      uint64_t value)
{
	TODO("h4.4", "write, complete on the hardware too, update");
}

void host_external_interrupt(void)
{
	TODO("h4.5", "claim, and pulse the line in the owner's vplic");
}

bool irq_route(struct vm *vm, unsigned source)
{
	TODO("h4.6", "remember the owner, enable the source");
}

void irq_release(struct vm *vm)
{
	TODO("h4.5", "disable what it owned, complete what it had claimed");
}
