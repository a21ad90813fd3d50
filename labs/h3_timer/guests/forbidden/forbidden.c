/*
 * forbidden.c - what a guest must not do, and what it gets for it (h3.5, h3.6).
 *
 * These instructions exit as virtual instructions. But the guest knows nothing
 * of a hypervisor: on its machine they are illegal. So is stimecmp, unless the
 * VM was granted Sstc.
 */
#include "guest_timer.h"

#define CSRR(csr) (0x00002573U | (csr) << 20)  /* csrr a0, csr */
#define CSRW(csr) (0x00051073U | (csr) << 20)  /* csrw csr, a0 */
#define CSRSI(csr) (0x0000e073U | (csr) << 20) /* csrsi csr, 1 */

static const uint32_t never[] = {
	CSRR(0x600U),  CSRW(0x600U),  /* hstatus */
	CSRR(0x605U),  CSRW(0x605U),  /* htimedelta */
	CSRSI(0x645U), CSRR(0x644U),  /* hvip, hip */
	CSRW(0x680U),		      /* hgatp */
	CSRR(0x200U),  CSRSI(0x204U), /* vsstatus, vsie */
	CSRW(0x24dU),		      /* vstimecmp */
	0x62000073U,		      /* hfence.gvma */
	0x68054573U,		      /* hlv.w a0, (a0) */
};
static const uint32_t without_sstc[] = {
	CSRR(0x14dU),  /* stimecmp */
	CSRW(0x14dU),  /* to write is as bad as to read */
	CSRSI(0x14dU), /* both at once */
};
static const uint32_t in_user_mode[] = {
	0x10500073U,   /* wfi */
	0x10200073U,   /* sret */
	CSRR(0x100U),  /* sstatus */
	CSRW(0x180U),  /* satp */
	CSRSI(0x600U), /* hstatus */
};

static uint64_t refused;

static void hook(struct trap_frame *frame)
{
	uint32_t insn;

	guest_note_trap(frame);
	if (guest_noted.scause == CAUSE_U_ECALL) {
		csr_set(sstatus, SSTATUS_SPP); /* the way back from VU-mode */
		return;
	}
	insn = *(const uint32_t *)guest_noted.sepc;
	CHECK(guest_noted.scause == CAUSE_ILLEGAL_INSTRUCTION,
	      "0x%08x: scause is 0x%lx", insn, guest_noted.scause);
	CHECK(guest_noted.stval == insn, "0x%08x: stval is 0x%lx", insn,
	      guest_noted.stval);
	refused++;
}

static void try(uint32_t insn)
{
	uint64_t in[32], out[32], before = refused;

	for (int n = 1; n < 32; n++)
		in[n] = guest_random();
	probe(insn, in, out);
	CHECK(refused == before + 1, "0x%08x: no exception", insn);
	CHECK(guest_noted.sepc == (uint64_t)probe_at, "0x%08x: sepc is 0x%lx",
	      insn, guest_noted.sepc);
	CHECK(guest_noted.sstatus & SSTATUS_SPP, "0x%08x: SPP is 0", insn);
	for (int n = 1; n < 32; n++)
		CHECK(out[n] == in[n], "0x%08x: x%d was 0x%lx, is 0x%lx", insn,
		      n, in[n], out[n]);
}

/* void user(a0 = insn): the instruction in VU-mode, and an ecall back. */
void user(uint32_t insn);
__asm__(".globl	user\n"
	"user:	la	t0, user_at\n"
	"	sw	a0, (t0)\n"
	"	fence.i\n"
	"	csrw	sepc, t0\n"
	"	li	t0, 0x100\n" /* SPP = 0: sret goes to VU-mode */
	"	csrc	sstatus, t0\n"
	"	sret\n"
	"	.balign	4\n"
	".globl	user_at\n"
	"user_at:\n"
	"	.4byte	0\n"
	".globl	user_ecall\n"
	"user_ecall:\n"
	"	ecall\n"
	"	ret\n");

static void try_in_user_mode(uint32_t insn)
{
	uint64_t before = refused;

	user(insn);
	CHECK(refused == before + 1, "0x%08x in VU-mode: no exception", insn);
}

#define EACH(table, function) \
	for (uint64_t i = 0; i < sizeof(table) / sizeof(*(table)); i++) \
	function((table)[i])

void guest_program(void)
{
	uint64_t number = guest_random();

	guest_trap_hook = hook;
	EACH(never, try);
	if (timer_way() != TIMER_SSTC)
		EACH(without_sstc, try);
	EACH(in_user_mode, try_in_user_mode);
	printf("%lu refused, 0x%lx\n", refused, number);
	guest_tell(number);
}
