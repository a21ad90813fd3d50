/*
 * inline.h - the inline functions of the student's insn.h and mmio.h, as the
 * driver calls them; the contracts are there.
 */
#pragma once
#include "h2.h"

bool unit_insn_decode(uint32_t insn, struct insn *out);
bool unit_insn_decode_htinst(uint64_t htinst, struct insn *out);
uint64_t unit_insn_extend(const struct insn *insn, uint64_t raw);
bool unit_mmio_access(const struct vm *vm, gpa_t gpa, const struct insn *insn,
		      uint64_t *value);
