/*
 * start.S - the first instructions, in M-mode and then in HS-mode.
 *
 * QEMU starts every hart here with a0 = mhartid and a1 = the device tree.
 *   M1. park every hart but hart 0
 *   M2. let C set up M-mode (mmode.c), then leave it for good with mret
 *   H1. clear bss, take the boot stack and the hart structure
 *   H2. send traps to trap_entry; sscratch 0 means "the host is running"
 *   H3. go to kernel_main
 */
#include "asm.h"

	.section .mmode.start, "ax"
	.globl	_start
_start:
	/* M1 */
	la	t0, mmode_trap_entry
	csrw	mtvec, t0
	csrr	t0, mhartid
	bnez	t0, park
	/* M2 */
	la	sp, mmode_stack_top
	mv	s0, a0
	mv	s1, a1
	la	a0, hs_start
	call	mmode_init
	mv	a0, s0
	mv	a1, s1
	mret

park:
	csrw	mie, zero
	wfi
	j	park

/* M-mode never goes back, so its trap entry saves nothing. */
	.balign	4
mmode_trap_entry:
	la	sp, mmode_stack_top
	call	mmode_trap
	j	park

	.section .mmode.stack, "aw"
	.balign	16
	.zero	2048
mmode_stack_top:

	.text
hs_start:
	/* H1 */
	la	t0, _bss
	la	t1, _ebss
1:	.irp	n, 0, 1, 2, 3, 4, 5, 6, 7
	sd	zero, (8 * \n)(t0)
	.endr
	addi	t0, t0, 64
	bltu	t0, t1, 1b
	la	sp, boot_stack + HART_STACK_SIZE
	la	tp, harts
	/* H2 */
	la	t0, trap_entry
	csrw	stvec, t0
	csrw	sscratch, zero
	csrw	satp, zero
	/* H3 */
	tail	kernel_main
