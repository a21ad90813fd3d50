/*
 * insn.c - h2.6: which load or store is this? Pure: bits in, fields out.
 *
 * The formats: Unprivileged, 2.6, and the chapter on "C" for compressed ones.
 */
#include "h2.h"
#include "riscv.h"

bool insn_decode(uint32_t insn, struct insn *out)
{
	TODO("h2.6", "take an integer load or store apart");
}

bool insn_decode_htinst(uint64_t htinst, struct insn *out)
{
	TODO("h2.6", "the same from a transformed instruction");
}

uint64_t insn_extend(const struct insn *insn, uint64_t raw)
{
	TODO("h2.6", "cut to the width, extend by sign or zero");
}
