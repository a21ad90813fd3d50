/*
 * mmio.h - h2.7: an access finds its device. Pure, and a header for the reason
 * that insn.h gives.
 */
#pragma once
#include "h2.h"

/*
 * One access to the device whose range contains gpa. False if there is no
 * device, or it does not take this width, or has no handler for this
 * direction, or the access crosses its end.
 */
static inline bool mmio_access(const struct vm *vm, gpa_t gpa,
			       const struct insn *insn, uint64_t *value)
{
	TODO("h2.7", "find the device, check width and end, call it");
}
