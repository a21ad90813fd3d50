/*
 * refuse.c - accesses that no device carries out (h2.6, h2.7, h2.8): of a width
 * that it does not take, across its end, beside it; floating point, atomic
 * operations, a jump. Each must come back as the access fault that it is, and
 * change nothing.
 *
 * widths= is what the scratch device of this run takes.
 */
#include "../insn.h"
#include "guest.h"

#define A0 10U
#define A1 11U
#define JALR_RA_A1 0x000580e7U
#define FLOAT 0x04U /* opcode bit: LOAD-FP, STORE-FP instead of LOAD, STORE */

static const char *what;

static bool is_access_fault(uint64_t scause)
{
	return scause == CAUSE_LOAD_ACCESS || scause == CAUSE_STORE_ACCESS;
}

/* a1 is the address. cause 0: load or store, the machines do not agree. */
static void refused(uint32_t insn, uint64_t a1, uint64_t cause)
{
	uint64_t in[32], out[32], before = guest_noted.count;
	uint64_t at = cause == CAUSE_FETCH_ACCESS ? a1 : (uint64_t)probe_at;
	bool short_form = (insn & 3) != 3;

	for (int n = 1; n < 32; n++)
		in[n] = guest_random();
	in[A1] = in[SP] = a1;
	probe(insn | (short_form ? C_NOP << 16 : 0), in, out);
	CHECK(guest_noted.count == before + 1,
	      "%s: 0x%x at 0x%lx went through, a0 is 0x%lx", what, insn, a1,
	      out[A0]);
	CHECK(cause ? guest_noted.scause == cause
		    : is_access_fault(guest_noted.scause),
	      "%s: 0x%x at 0x%lx: scause %lu instead of %lu", what, insn, a1,
	      guest_noted.scause, cause ? cause : CAUSE_STORE_ACCESS);
	CHECK(guest_noted.stval == a1, "%s: 0x%x: stval 0x%lx instead of 0x%lx",
	      what, insn, guest_noted.stval, a1);
	CHECK(guest_noted.sepc == at, "%s: 0x%x: sepc 0x%lx instead of 0x%lx",
	      what, insn, guest_noted.sepc, at);
	for (int n = 2; n < 32; n++)
		CHECK(out[n] == in[n], "%s: 0x%x: x%d was 0x%lx, is 0x%lx",
		      what, insn, n, in[n], out[n]);
}

static void load_refused(uint32_t funct3, uint64_t address)
{
	refused(load(funct3, A0, A1, 0), address, CAUSE_LOAD_ACCESS);
}

static void store_refused(uint32_t funct3, uint64_t address)
{
	refused(store(funct3, A0, A1, 0), address, CAUSE_STORE_ACCESS);
}

/* All of one width: 1 << log2 bytes. */
static void width_refused(uint32_t log2, uint64_t address)
{
	load_refused(log2, address);
	if (log2 < 3)
		load_refused(log2 | 4, address);
	store_refused(log2, address);
}

static void widths_and_ends(uint64_t base, uint64_t size, uint64_t widths)
{
	for (uint32_t log2 = 0; log2 < 4; log2++) {
		uint64_t width = 1UL << log2;
		what = "a width that the device does not take";
		if (!(widths & width))
			width_refused(log2, base + (guest_random() & 8));
		what = "across the end of the device";
		for (uint64_t in = 1; in < width; in++)
			width_refused(log2, base + size - in);
		what = "behind the device";
		width_refused(log2, base + size);
		what = "into the device from before it";
		width_refused(log2, base - width / 2 - (width == 1));
	}
}

/* The same address takes the integer form of the same width. */
static void float_refused(uint64_t address)
{
	csr_set(sstatus, SSTATUS_FS_INITIAL);
	what = "floating point";
	for (uint32_t funct3 = 2; funct3 < 4; funct3++) {
		refused(load(funct3, A0, A1, 0) | FLOAT, address,
			CAUSE_LOAD_ACCESS);
		refused(store(funct3, A0, A1, 0) | FLOAT, address,
			CAUSE_STORE_ACCESS);
	}
	refused(c_short(1, A0, A1, 0), address, CAUSE_LOAD_ACCESS);
	refused(c_short(5, A0, A1, 0), address, CAUSE_STORE_ACCESS);
	refused(c_load_sp(1, A0, 0), address, CAUSE_LOAD_ACCESS);
	refused(c_store_sp(5, A0, 0), address, CAUSE_STORE_ACCESS);
}

static void atomic_refused(uint64_t address)
{
	/* add swap xor or and min max minu maxu */
	static const uint8_t operations[] = {0, 1, 4, 8, 12, 16, 20, 24, 28};

	what = "an atomic operation";
	for (uint32_t funct3 = 2; funct3 < 4; funct3++) {
		for (size_t i = 0; i < sizeof(operations); i++)
			refused(amo(operations[i], funct3, A0, 12, A1), address,
				0);
		refused(amo(2, funct3, A0, 0, A1), address, CAUSE_LOAD_ACCESS);
	}
}

void guest_program(void)
{
	fdt_node scratch =
		fdt_compatible(&guest_fdt, FDT_ROOT, "hvlab,scratch");
	fdt_node magic = fdt_compatible(&guest_fdt, FDT_ROOT, "hvlab,magic");
	uint64_t base, size, at, unused;

	CHECK(fdt_reg(&guest_fdt, scratch, 0, &base, &size) &&
		      fdt_reg(&guest_fdt, magic, 0, &at, &unused),
	      "no scratch node, or no magic node");
	guest_trap_hook = guest_note_trap;
	widths_and_ends(base, size, arg_u64("widths", 15));
	float_refused(base);
	atomic_refused(base);
	what = "a jump to a device";
	refused(JALR_RA_A1, base + (guest_random() & 0x38), CAUSE_FETCH_ACCESS);
	what = "a store to a device that is only read";
	store_refused(3, at);
	printf("refused %lu\n", guest_noted.count);
	guest_tell(guest_noted.count);
}
