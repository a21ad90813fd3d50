/*
 * user.c - an exception in a guest's user program (h1.7).
 *
 * The program runs in VU-mode and executes illegal instructions. The guest's
 * handler must find SPP = 0, so that its sret goes back down to VU-mode; an
 * ecall at the end shows that it did.
 */
#include "guest.h"

static uint64_t illegal_count, sum;

static void hook(struct trap_frame *frame)
{
	guest_note_trap(frame);
	if (guest_noted.scause == CAUSE_U_ECALL) {
		csr_set(sstatus,
			SSTATUS_SPP); /* the way back to guest_program */
		return;
	}
	CHECK(guest_noted.scause == CAUSE_ILLEGAL_INSTRUCTION,
	      "scause is %lu, stval 0x%lx", guest_noted.scause,
	      guest_noted.stval);
	CHECK(!(guest_noted.sstatus & SSTATUS_SPP),
	      "SPP is 1: the trap came from VU-mode");
	illegal_count++;
	sum += guest_noted.stval;
}

/* Count down from n in VU-mode, with an illegal instruction in each round. */
void user(uint64_t n);
__asm__(".globl	user\n"
	"user:	li	t0, 0x100\n" /* SPP = 0: sret goes to VU-mode */
	"	csrc	sstatus, t0\n"
	"	la	t0, user_mode\n"
	"	csrw	sepc, t0\n"
	"	sret\n"
	".globl	user_mode\n"
	"user_mode:\n"
	"	.4byte	0x0000508b\n"
	"	addi	a0, a0, -1\n"
	"	bnez	a0, user_mode\n"
	".globl	user_ecall\n"
	"user_ecall:\n"
	"	ecall\n"
	"	ret\n");

void guest_program(void)
{
	uint64_t n = arg_u64("n", 10);

	guest_trap_hook = hook;
	user(n);
	CHECK(guest_noted.scause == CAUSE_U_ECALL,
	      "sret did not go back to VU-mode");
	CHECK(illegal_count == n, "%lu traps instead of %lu", illegal_count, n);
	printf("back from VU-mode after %lu exceptions\n", illegal_count);
	guest_tell(sum);
}
