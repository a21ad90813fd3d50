/*
 * own.c - exceptions and interrupts that a guest takes without its hypervisor
 * (h1.2): breakpoint, misaligned address, page faults, ecall from VU-mode,
 * and the software interrupt that it sends to itself. None of them is an exit.
 */
#include "guest.h"

#define EBREAK 0x00100073U
#define LR_W 0x1005252fU /* lr.w a0, (a0) */
#define LD 0x00053503U	 /* ld a0, 0(a0) */
#define SD 0x00a53023U	 /* sd a0, 0(a0) */
#define JALR 0x000500e7U /* jalr ra, 0(a0) */

/* Sv39 leaves of 1 GiB: virtual 2 GiB is physical 2 GiB; 3 GiB for VU-mode. */
#define LEAF (PTE_V | PTE_RWX | PTE_A | PTE_D)
#define USER_OFFSET 0x40000000UL
static uint64_t root[512] __attribute__((aligned(4096)));

static void hook(struct trap_frame *frame)
{
	if (csr_read(scause) == (CAUSE_INTERRUPT | IRQ_SSI)) {
		csr_clear(sip, 1 << IRQ_SSI);
		guest_noted.count++;
		return;
	}
	if (csr_read(scause) == CAUSE_U_ECALL) {
		frame->sepc -= USER_OFFSET; /* back to where VS-mode may go */
		csr_set(sstatus, SSTATUS_SPP);
	}
	guest_note_trap(frame);
}

static void expect(uint64_t cause, uint32_t insn, uint64_t a0)
{
	uint64_t in[32] = {[10] = a0}, out[32], before = guest_noted.count;

	probe(insn, in, out);
	CHECK(guest_noted.count == before + 1, "no trap, but cause %lu is due",
	      cause);
	CHECK(guest_noted.scause == cause, "scause is %lu instead of %lu",
	      guest_noted.scause, cause);
	CHECK(cause == CAUSE_BREAKPOINT || guest_noted.stval == a0,
	      "cause %lu: stval is 0x%lx instead of 0x%lx", cause,
	      guest_noted.stval, a0);
}

/* Go down to VU-mode for one ecall; the hook leads back. */
static void call_from_user(void)
{
	csr_clear(sstatus, SSTATUS_SPP);
	__asm__ volatile("la	t0, 1f\n"
			 "add	t0, t0, %0\n"
			 "csrw	sepc, t0\n"
			 "sret\n"
			 "1:	ecall"
			 :
			 : "r"(USER_OFFSET)
			 : "t0", "memory");
	CHECK(guest_noted.scause == CAUSE_U_ECALL, "ecall from VU-mode: %lu",
	      guest_noted.scause);
}

static void software_interrupt(void)
{
	uint64_t before = guest_noted.count;

	csr_set(sie, 1 << IRQ_SSI);
	csr_set(sip, 1 << IRQ_SSI);
	csr_set(sstatus, SSTATUS_SIE);
	csr_clear(sstatus, SSTATUS_SIE);
	CHECK(guest_noted.count == before + 1,
	      "the software interrupt does not arrive");
}

void guest_program(void)
{
	uint64_t rounds = 1 + guest_random() % 8;
	uint64_t odd = (uint64_t)root + 1, unmapped = guest_random() & 0x3ffff8;

	guest_trap_hook = hook;
	root[2] = 0x80000000UL >> 2 | LEAF;
	root[3] = root[2] | PTE_U;
	csr_write(satp, ATP_MODE_SV39 << ATP_MODE_SHIFT | (uint64_t)root >> 12);
	__asm__ volatile("sfence.vma" ::: "memory");
	for (uint64_t i = 0; i < rounds; i++) {
		expect(CAUSE_BREAKPOINT, EBREAK, 0);
		expect(CAUSE_LOAD_MISALIGNED, LR_W, odd);
		expect(CAUSE_LOAD_PAGE_FAULT, LD, unmapped);
		expect(CAUSE_STORE_PAGE_FAULT, SD, unmapped);
		expect(CAUSE_FETCH_PAGE_FAULT, JALR, unmapped);
		call_from_user();
		software_interrupt();
	}
	printf("%lu traps of its own\n", guest_noted.count);
	guest_tell(guest_noted.count);
}
