/*
 * magic.c - loads from the magic address, for every register (h1.6).
 *
 * Nobody is at that address, so the load exits and must be carried out: `ld`
 * with any rd, rs1 and offset, and its compressed form `c.ld`, behind which
 * the next instruction is 2 bytes away instead of 4.
 */
#include "guest.h"

#define C_ADDI_1(rd) (0x0005U | (rd) << 7) /* c.addi rd, 1 */

static uint64_t magic, value, sum;

/* ld rd, offset(rs1): offset is -2048 to 2047 */
static uint32_t ld(uint32_t rd, uint32_t rs1, int32_t offset)
{
	return 0x3003 | rd << 7 | rs1 << 15 | (uint32_t)offset << 20;
}

/* c.ld rd, offset(rs1): x8 to x15, offset is a multiple of 8 up to 248 */
static uint32_t c_ld(uint32_t rd, uint32_t rs1, uint32_t offset)
{
	uint32_t offset_5_3 = offset >> 3 & 7, offset_7_6 = offset >> 6;

	return 0x6000 | offset_5_3 << 10 | (rs1 - 8) << 7 | offset_7_6 << 5 |
	       (rd - 8) << 2;
}

static uint32_t random_below(uint32_t limit)
{
	return (uint32_t)(guest_random() >> 32) % limit;
}

/* Execute; x[counter] must be one more afterwards, if it is not x0. */
static void try(uint32_t insn, uint32_t rd, uint32_t rs1, uint64_t base,
		uint32_t counter)
{
	uint64_t in[32], out[32];

	for (int n = 1; n < 32; n++)
		in[n] = guest_random();
	in[rs1] = base;
	in[0] = 0;
	probe(insn, in, out);
	in[counter] += counter != 0;
	for (uint32_t n = 1; n < 32; n++) {
		uint64_t want = n == rd ? value : in[n];
		CHECK(out[n] == want || n != rd,
		      "load 0x%08x into x%u yields 0x%lx instead of 0x%lx",
		      insn, rd, out[n], want);
		CHECK(out[n] == want || n != counter,
		      "c.ld 0x%04x: what follows ran %ld times", insn & 0xffff,
		      (long)(out[n] - in[n] + 1));
		CHECK(out[n] == want,
		      "load 0x%08x into x%u: x%u was 0x%lx, is 0x%lx", insn, rd,
		      n, in[n], out[n]);
	}
	sum = sum * 31 + (rd != 0 ? out[rd] : 0);
}

/* Any offset of 12 bits, two thirds of them negative; rs1 makes up for it. */
static void try_ld(uint32_t rd)
{
	int32_t offset = (int32_t)random_below(3072) - 2048;
	uint32_t rs1 = 1 + random_below(31);

	try(ld(rd, rs1, offset), rd, rs1, magic - (uint64_t)offset, 0);
}

static void try_c_ld(void)
{
	uint32_t offset = random_below(32) * 8;
	uint32_t rd = 8 + random_below(8), rs1 = 8 + random_below(8);
	uint32_t counter = 16 + random_below(16);

	try(c_ld(rd, rs1, offset) | C_ADDI_1(counter) << 16, rd, rs1,
	    magic - offset, counter);
}

void guest_program(void)
{
	fdt_node node = fdt_compatible(&guest_fdt, FDT_ROOT, "hvlab,magic");
	uint64_t size;

	CHECK(fdt_reg(&guest_fdt, node, 0, &magic, &size), "no magic node");
	value = fdt_u64(&guest_fdt, node, "hv,value", 0);
	try(ld(10, 0, (int32_t)magic), 10, 0, 0, 0);
	for (uint32_t rd = 0; rd < 32; rd++) {
		try_ld(rd);
		try_c_ld();
	}
	printf("0x%lx reads as 0x%lx\n", magic, value);
	guest_tell(sum);
}
