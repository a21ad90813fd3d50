/*
 * reflect.c - a guest that handles its own exceptions (h1.7).
 *
 * Illegal instructions and access faults exit to the hypervisor first. It has
 * to raise them in the guest just as a real hart would: scause, stval, sepc,
 * and in sstatus SPP, SPIE and SIE.
 */
#include "guest.h"

#define ILLEGAL(r) (0x0000000bU | (uint32_t)(r) << 7) /* opcode custom-0 */
#define LD 0x0005b503U				      /* ld a0, 0(a1) */
#define SD 0x00a5b023U				      /* sd a0, 0(a1) */
#define JALR 0x000580e7U			      /* jalr ra, 0(a1) */
#define BITS (SSTATUS_SIE | SSTATUS_SPIE | SSTATUS_SPP)

/* What the handler found, against the registers before the exception. */
static void check_noted(uint64_t cause, uint64_t stval, uint64_t sepc,
			uint64_t before)
{
	uint64_t status = guest_noted.sstatus;

	CHECK(guest_noted.scause == cause, "scause is %lu instead of %lu",
	      guest_noted.scause, cause);
	CHECK(guest_noted.stval == stval, "stval is 0x%lx instead of 0x%lx",
	      guest_noted.stval, stval);
	CHECK(guest_noted.sepc == sepc, "sepc is 0x%lx instead of 0x%lx",
	      guest_noted.sepc, sepc);
	CHECK(status & SSTATUS_SPP, "SPP is 0: the trap came from VS-mode");
	CHECK(!(status & SSTATUS_SPIE) == !(before & SSTATUS_SIE),
	      "SPIE is not what SIE was: sstatus 0x%lx before, 0x%lx in the "
	      "handler",
	      before, status);
	CHECK(!(status & SSTATUS_SIE), "SIE is still on in the handler");
}

static void raise(uint32_t insn, uint64_t a1, uint64_t cause, uint64_t stval,
		  uint64_t sepc)
{
	uint64_t in[32], out[32], seen = guest_noted.count;
	uint64_t before = guest_random() & BITS;

	for (int n = 1; n < 32; n++)
		in[n] = guest_random();
	in[11] = a1;
	csr_clear(sstatus, BITS);
	csr_set(sstatus, before);
	probe(insn, in, out);
	uint64_t after = csr_read(sstatus);
	csr_clear(sstatus, SSTATUS_SIE);

	CHECK(guest_noted.count == seen + 1, "0x%08x: %lu traps", insn,
	      guest_noted.count - seen);
	check_noted(cause, stval, sepc, before);
	CHECK((after & SSTATUS_SIE) == (before & SSTATUS_SIE),
	      "SIE is not as it was after sret");
	for (int n = 2; n < 32; n++)
		CHECK(out[n] == in[n], "x%d was 0x%lx, is 0x%lx", n, in[n],
		      out[n]);
}

void guest_program(void)
{
	uint64_t at = (uint64_t)probe_at;

	guest_trap_hook = guest_note_trap;
	for (uint64_t i = 0, n = arg_u64("n", 20); i < n; i++) {
		uint64_t nowhere = 0x800 + (guest_random() & 0x3f8);
		uint32_t insn = ILLEGAL(guest_random());
		raise(insn, 0, CAUSE_ILLEGAL_INSTRUCTION, insn, at);
		raise(LD, nowhere, CAUSE_LOAD_ACCESS, nowhere, at);
		raise(SD, nowhere, CAUSE_STORE_ACCESS, nowhere, at);
		raise(JALR, nowhere, CAUSE_FETCH_ACCESS, nowhere, nowhere);
	}
	printf("survived %lu exceptions\n", guest_noted.count);
	guest_tell(guest_noted.count);
}
