/*
 * entry.S - where every trap into HS-mode arrives.
 *
 * sscratch tells whom the trap interrupted: the vCPU that was running, or 0
 * for the host itself. A guest's trap goes to vcpu_exit (lab h1) with
 *   a0 = the vCPU, sscratch = the guest's a0, all else as the guest left it.
 * The host's own trap is a panic, or a load that was allowed to fail:
 *   1. take the trap stack: sp may be what is broken
 *   2. save all registers as a struct trap_frame
 *   3. let C decide; it returns only for a load that may fail
 *   4. restore and go on
 */
#include "asm.h"

	.text
	.globl	trap_entry
	.balign	4
trap_entry:
	csrrw	a0, sscratch, a0
	bnez	a0, vcpu_exit
	csrrw	a0, sscratch, a0

	/* 1 */
	csrw	sscratch, sp
	la	sp, trap_stack + HART_STACK_SIZE - TRAP_FRAME_SIZE
	/* 2 */
	.irp	n, 1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, \
		19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
	sd	x\n, (TRAP_FRAME_GPR + 8 * \n)(sp)
	.endr
	csrrw	t0, sscratch, zero
	sd	t0, (TRAP_FRAME_GPR + 8 * 2)(sp)
	csrr	t0, sepc
	sd	t0, TRAP_FRAME_SEPC(sp)
	/* 3: tp may be broken as well, and printf needs it. */
	la	tp, harts
	mv	a0, sp
	call	trap_host
	/* 4 */
	ld	t0, TRAP_FRAME_SEPC(sp)
	csrw	sepc, t0
	.irp	n, 1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, \
		19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
	ld	x\n, (TRAP_FRAME_GPR + 8 * \n)(sp)
	.endr
	ld	sp, (TRAP_FRAME_GPR + 8 * 2)(sp)
	sret
