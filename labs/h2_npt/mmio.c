/*
 * mmio.c - h2.7: the bus: devices by range. Pure.
 */
#include "h2.h"

bool mmio_add(struct vm *vm, const struct mmio_device *device)
{
	TODO("h2.7", "refuse what overlaps, then add the device");
}

bool mmio_access(const struct vm *vm, gpa_t gpa, const struct insn *insn,
		 uint64_t *value)
{
	TODO("h2.7", "find the device, check width and end, call it");
}
