/*
 * widths.c - the PLIC takes 32-bit accesses only (PLIC, chapter 3). All others
 * are access faults, and leave no trace: above all, they claim nothing. And a
 * store of 32 bits is the lower half of its register, whatever is above.
 */
#include "../devices.h"

#define LOAD 0x03U  /* lb, lh, lw, ld, lbu, lhu, lwu x11, 0(x10) */
#define STORE 0x23U /* sb, sh, sw, sd x11, 0(x10) */
#define FUNCT3(insn) ((insn) >> 12 & 7)

static const uint32_t wrong[] = {
	LOAD | 10 << 15 | 11 << 7 | 0 << 12,
	LOAD | 10 << 15 | 11 << 7 | 1 << 12,
	LOAD | 10 << 15 | 11 << 7 | 3 << 12,
	LOAD | 10 << 15 | 11 << 7 | 4 << 12,
	LOAD | 10 << 15 | 11 << 7 | 5 << 12,
	STORE | 10 << 15 | 11 << 20 | 0 << 12,
	STORE | 10 << 15 | 11 << 20 | 1 << 12,
	STORE | 10 << 15 | 11 << 20 | 3 << 12,
};

#define WRONG (sizeof(wrong) / sizeof(*wrong))

/* The registers that there are: one of each kind. */
static const uint64_t offsets[] = {
	PLIC_PRIORITY + 4 * SOURCE_RTC,
	PLIC_PENDING,
	PLIC_ENABLE,
	PLIC_CONTEXT + PLIC_THRESHOLD,
	PLIC_CONTEXT + PLIC_CLAIM,
};

#define OFFSETS (sizeof(offsets) / sizeof(*offsets))

static void refused(uint32_t insn, uint64_t address)
{
	uint64_t in[32], out[32], before = guest_noted.count;
	uint64_t cause =
		(insn & 0x7f) == LOAD ? CAUSE_LOAD_ACCESS : CAUSE_STORE_ACCESS;

	for (int n = 1; n < 32; n++)
		in[n] = guest_random();
	in[10] = address;
	probe(insn, in, out);
	CHECK(guest_noted.count == before + 1,
	      "instruction 0x%08x at 0x%lx was carried out", insn, address);
	CHECK(guest_noted.scause == cause && guest_noted.stval == address,
	      "instruction 0x%08x at 0x%lx: scause 0x%lx, stval 0x%lx", insn,
	      address, guest_noted.scause, guest_noted.stval);
	CHECK(out[11] == in[11], "instruction 0x%08x changed x11", insn);
}

/* sw, of a register whose upper half holds something else. */
static void store_lower(uint64_t offset, uint32_t value)
{
	uint64_t whole = guest_random() << 32 | value;

	__asm__ volatile("sw %0, 0(%1)"
			 :
			 : "r"(whole), "r"(plic_reg(offset))
			 : "memory");
}

/* The next interrupt comes only if the completion reached the hardware. */
static void complete_by_lower(void)
{
	store_lower(PLIC_CONTEXT + PLIC_CLAIM, SOURCE_RTC);
	rtc_ring();
	unsigned source = claim();
	CHECK(source == SOURCE_RTC,
	      "completed by the lower half of a register, then rung: claim "
	      "returns %u",
	      source);
	rtc_clear();
	complete(source);
}

void guest_program(void)
{
	uint64_t n = arg_u64("n", 20);

	store_lower(PLIC_PRIORITY + 4 * SOURCE_RTC, 5);
	store_lower(PLIC_CONTEXT + PLIC_THRESHOLD, 3);
	store_lower(PLIC_ENABLE, 1U << SOURCE_UART | 1U << SOURCE_RTC);
	rtc_ring();
	guest_trap_hook = guest_note_trap;
	for (uint64_t i = 0; i < WRONG * OFFSETS; i++)
		refused(wrong[i % WRONG], PLIC_BASE + offsets[i / WRONG]);
	for (uint64_t i = 0; i < n; i++) {
		uint32_t insn = wrong[guest_random() % WRONG];
		refused(insn, PLIC_BASE + offsets[guest_random() % OFFSETS]);
	}
	guest_trap_hook = NULL;
	CHECK(*plic_reg(PLIC_PRIORITY + 4 * SOURCE_RTC) == 5,
	      "priority changed");
	CHECK(*plic_reg(PLIC_CONTEXT + PLIC_THRESHOLD) == 3,
	      "threshold changed");
	CHECK(plic_is_pending(SOURCE_RTC), "a wrong access took the interrupt");
	unsigned source = claim();
	CHECK(source == SOURCE_RTC, "claim returns %u", source);
	rtc_clear();
	complete_by_lower();
	printf("%lu wrong accesses, all refused\n", WRONG * OFFSETS + n);
	guest_tell(guest_noted.count);
}
