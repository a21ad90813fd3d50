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

/* HIDDEN */
#define OPCODE_LOAD 0x03U
#define OPCODE_STORE 0x23U

/* Bits high..low of an instruction. */
static inline unsigned field(uint32_t insn, int high, int low)
{
	return insn >> low & ((2U << (high - low)) - 1);
}

/* funct3 of a load: bits 1..0 the width, bit 2 "zero-extend". */
static inline bool decode_32(uint32_t insn, struct insn *out)
{
	unsigned opcode = field(insn, 6, 0), funct3 = field(insn, 14, 12);
	bool store = opcode == OPCODE_STORE;

	if (!store && opcode != OPCODE_LOAD)
		return false;
	if (funct3 > (store ? 3 : 6)) /* There is no sbu, and no ldu. */
		return false;
	*out = (struct insn){
		.store = store,
		.sign_extend = !store && funct3 < 3,
		.width = 1U << (funct3 & 3),
		.reg = store ? field(insn, 24, 20) : field(insn, 11, 7),
		.length = 4,
	};
	return true;
}

/*
 * Quadrant 0 has c.lw and the like, quadrant 2 those relative to sp. In both,
 * funct3 is 2, 3 for loads and 6, 7 for stores of 4 and 8 bytes.
 */
static inline bool decode_16(uint32_t insn, struct insn *out)
{
	unsigned quadrant = field(insn, 1, 0), funct3 = field(insn, 15, 13);
	bool store = funct3 & 4, word = !(funct3 & 1);
	unsigned reg;

	if (quadrant == 0)
		reg = 8 + field(insn, 4, 2);
	else if (quadrant == 2)
		reg = store ? field(insn, 6, 2) : field(insn, 11, 7);
	else
		return false;
	if (!(funct3 & 2))
		return false;
	if (quadrant == 2 && !store && reg == 0)
		return false; /* reserved */
	*out = (struct insn){
		.store = store,
		.sign_extend = !store && word,
		.width = word ? 4 : 8,
		.reg = reg,
		.length = 2,
	};
	return true;
}

/* END */
/*
 * Decode an integer load or store: lb lh lw ld lbu lhu lwu sb sh sw sd and
 * c.lw c.ld c.sw c.sd c.lwsp c.ldsp c.swsp c.sdsp (of a compressed one, the
 * upper half of insn is not looked at). False for everything else: FP, AMOs,
 * reserved encodings such as c.lwsp with rd = x0.
 */
static inline bool insn_decode(uint32_t insn, struct insn *out)
{
	/* SOLUTION h2.6: take an integer load or store apart */
	/* No quadrant of the compressed ones has the opcode of a full one. */
	return decode_32(insn, out) || decode_16(insn, out);
	/* END */
}

/*
 * The same from htinst (18.6.3), where bit 1 tells the length of the original
 * and bit 0 is set. False if htinst is no transformed instruction.
 */
static inline bool insn_decode_htinst(uint64_t htinst, struct insn *out)
{
	/* SOLUTION h2.6: the same from a transformed instruction */
	if (!(htinst & HTINST_TRANSFORMED) ||
	    !decode_32((uint32_t)(htinst | HTINST_32_BITS), out))
		return false;
	out->length = htinst & HTINST_32_BITS ? 4 : 2;
	return true;
	/* END */
}

/* What a load puts into its register: raw, cut to its width, extended. */
static inline uint64_t insn_extend(const struct insn *insn, uint64_t raw)
{
	/* SOLUTION h2.6: cut to the width, extend by sign or zero */
	unsigned unused = 64 - 8 * insn->width;

	if (insn->sign_extend)
		return (uint64_t)((int64_t)(raw << unused) >> unused);
	return raw << unused >> unused;
	/* END */
}
