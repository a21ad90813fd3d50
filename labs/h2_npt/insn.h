/*
 * insn.h - h2.6: which load or store is this? Pure: bits in, fields out.
 *
 * A header, so that fetch.c gets it compiled in: a call per step would cost
 * every access to a device 40 instructions more.
 *
 * The formats: Unprivileged, 2.6, and the chapter on "C" for compressed ones.
 */
#pragma once
#include "h2.h"
#include "riscv.h"

/*
 * Decode an integer load or store: lb lh lw ld lbu lhu lwu sb sh sw sd and
 * c.lw c.ld c.sw c.sd c.lwsp c.ldsp c.swsp c.sdsp (of a compressed one, the
 * upper half of insn is not looked at). False for everything else: FP, AMOs,
 * reserved encodings such as c.lwsp with rd = x0.
 */
static inline bool insn_decode(uint32_t insn, struct insn *out)
{
	TODO("h2.6", "take an integer load or store apart");
}

/*
 * The same from htinst (18.6.3), where bit 1 tells the length of the original
 * and bit 0 is set. False if htinst is no transformed instruction.
 */
static inline bool insn_decode_htinst(uint64_t htinst, struct insn *out)
{
	TODO("h2.6", "the same from a transformed instruction");
}

/* What a load puts into its register: raw, cut to its width, extended. */
static inline uint64_t insn_extend(const struct insn *insn, uint64_t raw)
{
	TODO("h2.6", "cut to the width, extend by sign or zero");
}
