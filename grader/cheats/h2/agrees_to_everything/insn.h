/* Yes, to whatever it may be. */
#pragma once
#include "h2.h"

static inline bool insn_decode(uint32_t insn, struct insn *out)
{
	*out = (struct insn){.width = 4, .reg = 10, .length = 4};
	return true;
}

static inline bool insn_decode_htinst(uint64_t htinst, struct insn *out)
{
	*out = (struct insn){.width = 4, .reg = 10, .length = 4};
	return true;
}

static inline uint64_t insn_extend(const struct insn *insn, uint64_t raw)
{
	return raw;
}
