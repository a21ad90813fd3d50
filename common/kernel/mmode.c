/*
 * mmode.c - the only M-mode code: it opens the door to HS-mode, locks itself
 * away, and keeps the instruction budget of a graded run.
 *
 * It is linked apart from everything else (kernel.ld) and calls nothing
 * outside this file: PMP makes these 64 KiB and the CLINT unreachable from
 * HS-mode, so no code under test can stop the clock.
 */
#include <stdint.h>

#include "addr.h"
#include "exitcode.h"
#include "hlvx.h"
#include "riscv.h"

#define MMODE_BASE 0x80000000UL
#define MMODE_SIZE 0x10000UL
#define CLINT_BASE 0x02000000UL
#define CLINT_SIZE 0x10000UL
#define UART_BASE 0x10000000UL
#define FINISHER_BASE 0x00100000UL
#define INSN_WFI 0x10500073U

/* A machine that has been on for a while: no clock of its host is small. */
#define MTIME_START (5UL << 32) /* ticks: half an hour */

extern const char _text[], _etext[]; /* of HS-mode */

/* Ticks of mtime, written here by `-device loader`; 0 means no budget. */
static volatile uint64_t *const budget = (uint64_t *)0x8000fff8UL;
static volatile uint64_t *const mtimecmp = (uint64_t *)(CLINT_BASE + 0x4000);
static volatile uint64_t *const mtime = (uint64_t *)(CLINT_BASE + 0xbff8);

void mmode_init(uint64_t hs_entry);
void mmode_trap(void);

/* pmpaddr of a naturally aligned power-of-two region (3.7.1). */
static uint64_t pmp_napot(uint64_t base, uint64_t size)
{
	return (base >> 2) | ((size >> 3) - 1);
}

/* Set up this hart so that `mret` lands at hs_entry in HS-mode. */
void mmode_init(uint64_t hs_entry)
{
	/* The lowest matching region wins: two closed ones, then the rest. */
	csr_write(pmpaddr0, pmp_napot(MMODE_BASE, MMODE_SIZE));
	csr_write(pmpaddr1, pmp_napot(CLINT_BASE, CLINT_SIZE));
	csr_write(pmpaddr2, ~0UL);
	csr_write(pmpcfg0, PMP_NAPOT | PMP_NAPOT << 8 |
				   (PMP_NAPOT | PMP_R | PMP_W | PMP_X) << 16);
	/* Translations may be cached with what PMP said before (3.7.2). */
	__asm__ volatile("sfence.vma" ::: "memory");

	/* Everything that can be delegated goes to HS-mode. */
	csr_write(medeleg, 0xf0b7ff);
	csr_write(mideleg, 1 << IRQ_SSI | 1 << IRQ_VSSI | 1 << IRQ_STI |
				   1 << IRQ_VSTI | 1 << IRQ_SEI |
				   1 << IRQ_VSEI | 1 << IRQ_SGEI);
	csr_write(mcounteren, COUNTEREN_CY | COUNTEREN_TM | COUNTEREN_IR);
	csr_set(menvcfg, ENVCFG_STCE | ENVCFG_ADUE);

	csr_write(mie, 0);
	*mtimecmp = ~0UL;
	*mtime = MTIME_START;
	if (*budget) {
		*mtimecmp = MTIME_START + *budget;
		csr_write(mie, 1 << IRQ_MTI);
	}

	/* Of mstatus, a reset defines MIE and MPRV alone (3.4). */
	csr_clear(mstatus, MSTATUS_MPP | MSTATUS_MPV | SSTATUS_SIE);
	csr_set(mstatus, MSTATUS_MPP_S);
	csr_write(mepc, hs_entry);
}

static void put_string(const char *s)
{
	while (*s)
		*(volatile char *)UART_BASE = *s++;
}

static void put_hex(uint64_t value)
{
	put_string("0x");
	for (int shift = 60; shift >= 0; shift -= 4)
		*(volatile char *)UART_BASE =
			"0123456789abcdef"[value >> shift & 15];
}

static void finish(int code)
{
	*(volatile uint32_t *)FINISHER_BASE = (uint32_t)code << 16 | 0x3333;
}

static const char *interrupted_mode(uint64_t mstatus)
{
	int guest = (mstatus & MSTATUS_MPV) != 0;

	switch (mstatus & MSTATUS_MPP) {
	case 0:
		return guest ? "VU-mode" : "U-mode";
	case MSTATUS_MPP_S:
		return guest ? "VS-mode" : "HS-mode";
	default:
		return "M-mode";
	}
}

/* The instruction that ends at pc, where V was 1 or 0; 0: it is not known. */
static uint32_t insn_before(uint64_t pc, int guest)
{
	uint32_t low, high;

	if (guest && hlvx_hu(GVA(pc - 4), &low) && hlvx_hu(GVA(pc - 2), &high))
		return high << 16 | low;
	if (guest || pc <= (uint64_t)_text || pc > (uint64_t)_etext)
		return 0;
	const uint16_t *half = hpa_ptr(HPA(pc));
	return (uint32_t)half[-1] << 16 | half[-2];
}

static const char guest_loops[] =
	"a loop of the guest, or it is entered again and again\n"
	"m-mode:   read: docs/debugging.md#the-guest-loops\n";

/* What it probably is, and where to read about it. */
static const char *advice(uint64_t pc, uint64_t mstatus)
{
	uint64_t vstvec = csr_read(vstvec) & ~3UL;
	int guest = (mstatus & MSTATUS_MPV) != 0;

	/* HLVX looks with the rights that SPVP says (18.2.1). */
	csr_clear(hstatus, HSTATUS_SPVP);
	if (mstatus & MSTATUS_MPP)
		csr_set(hstatus, HSTATUS_SPVP);
	if (vstvec && csr_read(vsepc) == vstvec)
		return "the guest's own trap handler faults, for ever\n"
		       "m-mode:   read: docs/debugging.md#the-handler-faults\n";
	/* A wfi that is interrupted leaves the pc behind itself (3.3.3). */
	if (insn_before(pc, guest) == INSN_WFI)
		return "it waits for an interrupt, and none comes\n"
		       "m-mode:   read: docs/debugging.md#nobody-wakes-up\n";
	if (guest)
		return guest_loops;
	if (pc - (uint64_t)_text < (uint64_t)(_etext - _text))
		return "a loop of the hypervisor, or exits without end\n"
		       "m-mode:   read: "
		       "docs/debugging.md#the-hypervisor-loops\n";
	return "h1.2: the guest runs in HS-mode: SPV was 0\n"
	       "m-mode:   read: docs/debugging.md#the-guest-runs-in-hs-mode\n";
}

/* The budget is spent, or M-mode itself failed: say where, and power off. */
void mmode_trap(void)
{
	static int again;
	uint64_t mcause = csr_read(mcause);
	int spent = mcause == (CAUSE_INTERRUPT | IRQ_MTI);
	int code = spent ? EXIT_CODE_BUDGET : EXIT_CODE_PANIC;

	if (again++) { /* advice: the guest's code cannot be read there */
		put_string(guest_loops);
		finish(EXIT_CODE_BUDGET);
		return;
	}
	put_string(spent ? "\nm-mode: budget spent"
			 : "\nm-mode: trap, mcause ");
	if (!spent)
		put_hex(mcause);
	put_string(": hart 0 was in ");
	put_string(interrupted_mode(csr_read(mstatus)));
	put_string(" at pc ");
	put_hex(csr_read(mepc));
	put_string("; every other hart is parked\n");
	if (spent) {
		put_string("m-mode:   likely: ");
		put_string(advice(csr_read(mepc), csr_read(mstatus)));
	}
	finish(code);
}
