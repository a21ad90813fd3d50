/* No, to whatever it may be. */
#pragma once
#include "h2.h"

static inline bool mmio_access(const struct vm *vm, gpa_t gpa,
			       const struct insn *insn, uint64_t *value)
{
	return false;
}
