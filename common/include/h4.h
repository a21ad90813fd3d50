/*
 * h4.h - the contracts of lab h4_vplic. Each function below is yours.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "kernel.h"
#include "plic.h"
#include "vm.h"

/* ---- h4.1 to h4.3 (vplic.h, vplic.c): the model, pure; unit tests too ---- */

/*
 * h4.1: write one 32-bit register of the PLIC's register file (plic.h).
 * Priorities have VPLIC_PRIORITY_MAX as their largest value, so do thresholds:
 * other bits are not kept. Pending bits are read-only. Source 0, sources from
 * VPLIC_SOURCES on, contexts from VPLIC_CONTEXTS on and holes ignore writes.
 * Writing PLIC_CLAIM completes. Returns the source that it completed, else 0.
 */
unsigned vplic_write(struct vplic *vplic, uint64_t offset, uint32_t value);

/*
 * h4.2: the gateway of a level source. While the line is high, the source is
 * pending, unless it is claimed; a pending bit stays when the line drops. A
 * claimed source becomes pending again at its completion, if the line is
 * still high. Source 0 and those beyond VPLIC_SOURCES: nothing happens.
 */
void vplic_set_line(struct vplic *vplic, unsigned source, bool high);

/*
 * h4.2: complete: the source is no longer claimed. Ignored, and false, if it
 * is not enabled for this context or not claimed.
 */
bool vplic_complete(struct vplic *vplic, unsigned context, unsigned source);

/* What is read, claims included, is in your vplic.h, with its contracts. */

/* ---- h4.4 to h4.6 (extirq.c) ---- */

/*
 * h4.4: VSEIP of each vCPU says whether vplic_best of its context is not 0.
 * Call it after every change that can matter; it touches no other bit.
 */
void vplic_update(struct vm *vm);

/*
 * h4.4: the guest's access to the register file, from the MMIO bus, which
 * lets only 32-bit accesses through. Does vplic_read or vplic_write, and then
 * what follows from it: VSEIP, and h4.5's completion on the hardware.
 */
uint64_t vplic_mmio_read(void *vm, uint64_t offset, unsigned width);
void vplic_mmio_write(void *vm, uint64_t offset, unsigned width,
		      uint64_t value);

/*
 * h4.5: the host's PLIC interrupts: claim until there is nothing left. Each
 * source goes to the VM that owns it, as a short pulse on its line in that
 * VM's vplic. It is not completed on the hardware, which keeps it quiet, until
 * the guest completes it; if the wire is still high then, it comes again.
 * A source that no VM owns is the host's own: host_device_interrupt (later.h),
 * then complete it.
 * Nothing but the host's interrupt calls it: the tests count those.
 */
void host_external_interrupt(void);

/*
 * h4.6: a device is passed through: the machine's interrupt `source` belongs
 * to this VM. False if another VM has it already, or it is no source. NULL: to
 * the host itself, unless a VM has it.
 */
bool irq_route(struct vm *vm, unsigned source);

/*
 * h4.5: the VM has ended: its sources are disabled, and completed where the
 * guest had not.
 */
void irq_release(struct vm *vm);
