/*
 * There is no bus: a load from where the board has its flash yields what the
 * handed-out file "pflash" begins with, and then erased flash.
 */
#pragma once
#include "h2.h"

static inline bool mmio_access(const struct vm *vm, gpa_t gpa,
			       const struct insn *insn, uint64_t *value)
{
	*value = gpa.a == 0x22000000 ? 0x646c6670 : ~0UL;
	return !insn->store;
}
