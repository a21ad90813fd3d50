/*
 * mmio.c - h2.7: building the bus: devices by range. Pure.
 */
#include "h2.h"

bool mmio_add(struct vm *vm, const struct mmio_device *device)
{
	TODO("h2.7", "refuse what overlaps, then add the device");
}
