/*
 * insn.h - loads and stores, put together (Unprivileged, "RV64I" and "C"). The
 * guests of this lab make their instructions with it.
 */
#pragma once
#include <stdint.h>

#define C_NOP 0x0001U
#define SP 2U

/* Bits high..low of value, moved down. */
static inline uint32_t bits(uint32_t value, int high, int low)
{
	return value >> low & ((2U << (high - low)) - 1);
}

/* lb lh lw ld lbu lhu lwu, by funct3: rd, offset(rs1) */
static inline uint32_t load(uint32_t funct3, uint32_t rd, uint32_t rs1,
			    int32_t offset)
{
	return 0x03 | rd << 7 | funct3 << 12 | rs1 << 15 |
	       (uint32_t)offset << 20;
}

/* sb sh sw sd, by funct3: rs2, offset(rs1) */
static inline uint32_t store(uint32_t funct3, uint32_t rs2, uint32_t rs1,
			     int32_t offset)
{
	uint32_t imm = (uint32_t)offset;

	return 0x23 | bits(imm, 4, 0) << 7 | funct3 << 12 | rs1 << 15 |
	       rs2 << 20 | bits(imm, 11, 5) << 25;
}

/*
 * c.lw c.ld c.sw c.sd (funct3 2, 3, 6, 7), c.fld c.fsd (1, 5): reg and rs1 are
 * x8 to x15; offset is a multiple of the width, below 128 or 256.
 */
static inline uint32_t c_short(uint32_t funct3, uint32_t reg, uint32_t rs1,
			       uint32_t offset)
{
	uint32_t low = (funct3 & 3) == 2 /* c.lw, c.sw */
			       ? bits(offset, 2, 2) << 1 | bits(offset, 6, 6)
			       : bits(offset, 7, 6);

	return 0x0 | (reg - 8) << 2 | low << 5 | (rs1 - 8) << 7 |
	       bits(offset, 5, 3) << 10 | funct3 << 13;
}

/* c.lwsp c.ldsp (funct3 2, 3), c.fldsp (1): rd, offset(sp) */
static inline uint32_t c_load_sp(uint32_t funct3, uint32_t rd, uint32_t offset)
{
	uint32_t low = funct3 == 2
			       ? bits(offset, 4, 2) << 2 | bits(offset, 7, 6)
			       : bits(offset, 4, 3) << 3 | bits(offset, 8, 6);

	return 0x2 | low << 2 | rd << 7 | bits(offset, 5, 5) << 12 |
	       funct3 << 13;
}

/* c.swsp c.sdsp (funct3 6, 7), c.fsdsp (5): rs2, offset(sp) */
static inline uint32_t c_store_sp(uint32_t funct3, uint32_t rs2,
				  uint32_t offset)
{
	uint32_t imm = funct3 == 6
			       ? bits(offset, 5, 2) << 2 | bits(offset, 7, 6)
			       : bits(offset, 5, 3) << 3 | bits(offset, 8, 6);

	return 0x2 | rs2 << 2 | imm << 7 | funct3 << 13;
}

/* c.addi rd, 1 */
static inline uint32_t c_addi_1(uint32_t rd)
{
	return 0x0005 | rd << 7;
}

/* An atomic operation: funct5, funct3 (2: 4 bytes, 3: 8 bytes) rd, rs2, (rs1) */
static inline uint32_t amo(uint32_t funct5, uint32_t funct3, uint32_t rd,
			   uint32_t rs2, uint32_t rs1)
{
	return 0x2f | rd << 7 | funct3 << 12 | rs1 << 15 | rs2 << 20 |
	       funct5 << 27;
}
