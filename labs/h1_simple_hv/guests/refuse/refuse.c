/*
 * refuse.c - what looks nearly like h1.6, but is the guest's own fault (h1.6
 * with h1.7): other CSRs, writes to mhartid, other sizes of load, other
 * addresses. Each must come back as the exception that it is.
 */
#include "guest.h"

#define CSRR(rd, csr) (0x2073U | (rd) << 7 | (csr) << 20)
#define RS1(n) ((uint32_t)(n) << 15)
#define FUNCT3(n) ((uint32_t)(n) << 12)
#define LOAD(funct3) (0x58503U | FUNCT3(funct3)) /* a0, 0(a1) */
#define C_LW 0x4188U				 /* c.lw a0, 0(a1) */
#define C_NOP (1U << 16)

static void refused(uint32_t insn, uint64_t cause, uint64_t a1, uint64_t stval)
{
	uint64_t in[32], out[32], before = guest_noted.count;

	for (int n = 1; n < 32; n++)
		in[n] = guest_random();
	in[11] = a1;
	probe(insn, in, out);
	CHECK(guest_noted.count == before + 1,
	      "0x%08x (a1 = 0x%lx) went through: a0 is 0x%lx", insn, a1,
	      out[10]);
	CHECK(guest_noted.scause == cause && guest_noted.stval == stval &&
		      guest_noted.sepc == (uint64_t)probe_at,
	      "0x%08x: scause %lu, stval 0x%lx instead of %lu, 0x%lx", insn,
	      guest_noted.scause, guest_noted.stval, cause, stval);
	for (int n = 1; n < 32; n++)
		CHECK(out[n] == in[n], "0x%08x: x%d was 0x%lx, is 0x%lx", insn,
		      n, in[n], out[n]);
}

static void illegal(uint32_t insn)
{
	refused(insn, CAUSE_ILLEGAL_INSTRUCTION, guest_random(), insn);
}

static void fault(uint32_t insn, uint64_t address)
{
	refused(insn, CAUSE_LOAD_ACCESS, address, address);
}

void guest_program(void)
{
	fdt_node node = fdt_compatible(&guest_fdt, FDT_ROOT, "hvlab,magic");
	uint64_t magic, size;

	CHECK(fdt_reg(&guest_fdt, node, 0, &magic, &size), "no magic node");
	guest_trap_hook = guest_note_trap;
	for (uint32_t rd = 0; rd < 32; rd++) {
		illegal(CSRR(rd, 0xf11U + rd % 3)); /* mvendorid, ... */
		illegal(CSRR(rd, 0xf14U) | RS1(1 + rd % 31)); /* csrrs */
		illegal(CSRR(rd, 0xf14U) ^ FUNCT3(3));	      /* csrrw */
	}
	for (uint32_t funct3 = 0; funct3 < 7; funct3++)
		if (funct3 != 3) /* lb, lh, lw, lbu, lhu, lwu */
			fault(LOAD(funct3), magic);
	fault(C_LW | C_NOP, magic);
	fault(LOAD(3), magic + 8);
	fault(LOAD(3), magic - 8);
	fault(LOAD(3), magic ^ (1 + guest_random() % 15) * 0x100);
	printf("refused %lu\n", guest_noted.count);
	guest_tell(guest_noted.count);
}
