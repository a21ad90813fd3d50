/*
 * mmio.c - h2.7: building the bus: devices by range. Pure.
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
