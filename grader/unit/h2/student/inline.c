/*
 * inline.c - gives the inline functions of the student's headers an address,
 * so that the driver, which is not the student's code, can call them.
 */
#include "../inline.h"

#include "insn.h"
#include "mmio.h"

bool unit_insn_decode(uint32_t insn, struct insn *out)
{
	return insn_decode(insn, out);
}

bool unit_insn_decode_htinst(uint64_t htinst, struct insn *out)
{
	return insn_decode_htinst(htinst, out);
}

uint64_t unit_insn_extend(const struct insn *insn, uint64_t raw)
{
	return insn_extend(insn, raw);
}

bool unit_mmio_access(const struct vm *vm, gpa_t gpa, const struct insn *insn,
		      uint64_t *value)
{
	return mmio_access(vm, gpa, insn, value);
}
