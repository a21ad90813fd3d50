/*
 * start.S - the first instructions of a guest program, its trap entry, and
 * its ecalls. a0 = hart id, a1 = device tree, as the SBI hands them over.
 *
 * QEMU's trap log knows at which instruction a guest left. So what a guest has
 * to say comes out by two ways: as text, and as the choice between ecalls.
 */
#include "asm.h"

	.section .text.start, "ax"
	.globl	_start
_start:
	/* Keep the registers as they were found, for guests that ask. */
	csrw	sscratch, t0
	la	t0, guest_entry
	.irp	n, 1, 2, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, \
		19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
	sd	x\n, (8 * \n)(t0)
	.endr
	csrr	t1, sscratch
	sd	t1, (8 * 5)(t0)

	la	sp, guest_stack + HART_STACK_SIZE
	la	tp, guest_tls
	la	t0, guest_trap_entry
	csrw	stvec, t0
	call	guest_main

	.text
	.balign	4
/* Save all registers as a struct trap_frame, let C look, restore, go on. */
	.globl	guest_trap_entry
guest_trap_entry:
	csrw	sscratch, sp
	la	sp, guest_trap_stack + HART_STACK_SIZE - TRAP_FRAME_SIZE
	.irp	n, 1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, \
		19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
	sd	x\n, (TRAP_FRAME_GPR + 8 * \n)(sp)
	.endr
	csrr	t0, sscratch
	sd	t0, (TRAP_FRAME_GPR + 8 * 2)(sp)
	csrr	t0, sepc
	sd	t0, TRAP_FRAME_SEPC(sp)
	la	tp, guest_tls
	mv	a0, sp
	call	guest_trap
	ld	t0, TRAP_FRAME_SEPC(sp)
	csrw	sepc, t0
	.irp	n, 1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, \
		19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
	ld	x\n, (TRAP_FRAME_GPR + 8 * \n)(sp)
	.endr
	ld	sp, (TRAP_FRAME_GPR + 8 * 2)(sp)
	sret

/*
 * struct sbiret sbi_ecall(a0 to a5, function, extension): C passes the last
 * two in a6 and a7, just where the SBI wants them.
 */
	.globl	sbi_ecall
sbi_ecall:
	ecall
	ret

/* void guest_tell(a0 = value): 64 ecalls, bit 63 first, at tell_0 or tell_1. */
	.globl	guest_tell
guest_tell:
	mv	t0, a0
	li	t1, 64
1:	li	a7, 0x10
	li	a6, 0
	bltz	t0, tell_1
	.globl	tell_0
tell_0:
	ecall
	j	2f
	.globl	tell_1
tell_1:
	ecall
2:	slli	t0, t0, 1
	addi	t1, t1, -1
	bnez	t1, 1b
	ret

/*
 * The last instruction of a guest tells its verdict: it shuts down by one
 * ecall or by the other, and QEMU's trap log shows which.
 */
	.globl	guest_pass
guest_pass:
	li	a0, 0
	li	a1, 0
	li	a6, 0
	li	a7, 0x53525354
	.globl	verdict_pass
verdict_pass:
	ecall
1:	j	1b

	.globl	guest_fail
guest_fail:
	li	a0, 0
	li	a1, 1
	li	a6, 0
	li	a7, 0x53525354
	.globl	verdict_fail
verdict_fail:
	ecall
1:	j	1b
