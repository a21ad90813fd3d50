/*
 * mmio.h - h2.7: an access finds its device. Pure, and a header for the reason
 * that insn.h gives.
 */
#pragma once
#include "h2.h"

/* HIDDEN */
static inline const struct mmio_device *mmio_find(const struct vm *vm,
						  gpa_t gpa)
{
	/* Rows that are not in use have a size of 0. */
	const struct mmio_device *d = vm->devices;

	do
		if (gpa.a - d->base.a < d->size)
			return d;
	while (++d < vm->devices + VM_DEVICES);
	return NULL;
}

/* END */
/*
 * One access to the device whose range contains gpa. False if there is no
 * device, or it does not take this width, or has no handler for this
 * direction, or the access crosses its end.
 */
static inline bool mmio_access(const struct vm *vm, gpa_t gpa,
			       const struct insn *insn, uint64_t *value)
{
	/* SOLUTION h2.7: find the device, check width and end, call it */
	const struct mmio_device *device = mmio_find(vm, gpa);

	if (!device || !(device->widths & insn->width))
		return false;
	uint64_t offset = gpa.a - device->base.a;
	if (offset + insn->width > device->size)
		return false;
	if (insn->store) {
		if (!device->write)
			return false;
		device->write(device->context, offset, insn->width, *value);
	} else {
		if (!device->read)
			return false;
		*value = device->read(device->context, offset, insn->width);
	}
	return true;
	/* END */
}
