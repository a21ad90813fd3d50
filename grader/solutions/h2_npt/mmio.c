/*
 * mmio.c - h2.7: the bus: devices by range. Pure.
 */
#include "h2.h"

/* HIDDEN */
static bool overlap(uint64_t a, uint64_t a_size, uint64_t b, uint64_t b_size)
{
	return a < b + b_size && b < a + a_size;
}

/* END */
bool mmio_add(struct vm *vm, const struct mmio_device *device)
{
	/* SOLUTION h2.7: refuse what overlaps, then add the device */
	uint64_t base = device->base.a, size = device->size;

	if (vm->device_count == VM_DEVICES || size == 0 ||
	    base + size - 1 < base ||
	    overlap(base, size, vm->ram.a, vm->ram_size))
		return false;
	for (uint64_t i = 0; i < vm->device_count; i++) {
		const struct mmio_device *other = &vm->devices[i];
		if (overlap(base, size, other->base.a, other->size))
			return false;
	}
	vm->devices[vm->device_count++] = *device;
	return true;
	/* END */
}

/* HIDDEN */
static const struct mmio_device *mmio_find(const struct vm *vm, gpa_t gpa)
{
	const struct mmio_device *end = vm->devices + vm->device_count;

	for (const struct mmio_device *d = vm->devices; d < end; d++)
		if (gpa.a - d->base.a < d->size)
			return d;
	return NULL;
}

/* END */
bool mmio_access(const struct vm *vm, gpa_t gpa, const struct insn *insn,
		 uint64_t *value)
{
	/* SOLUTION h2.7: find the device, check width and end, call it */
	const struct mmio_device *device = mmio_find(vm, gpa);

	if (!device || !(device->widths & insn->width))
		return false;
	uint64_t offset = gpa.a - device->base.a;
	if (insn->width > device->size - offset)
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
