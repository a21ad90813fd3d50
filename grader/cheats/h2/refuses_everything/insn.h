/* No, to whatever it may be. */
#pragma once
#include "h2.h"

static inline bool insn_decode(uint32_t insn, struct insn *out)
{
	return false;
}

static inline bool insn_decode_htinst(uint64_t htinst, struct insn *out)
{
	return false;
}

static inline uint64_t insn_extend(const struct insn *insn, uint64_t raw)
{
	return 0;
}
