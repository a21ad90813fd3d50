/*
 * vectored.S - exceptions in a guest with a vectored stvec (h1.7).
 *
 * With the mode bits of stvec at 1, interrupt n goes to base + 4 x n. But
 * exceptions always go to the base (Privileged, 12.1.2).
 */
	.section .rodata
text:
	.asciz	"an exception did not go to the base of stvec"
done:
	.asciz	"%lu exceptions, all at the base\n"

	.text
	.balign	256
table:
	j	at_base
	.rept	31
	j	elsewhere
	.endr

/* Count, and step over the instruction. */
at_base:
	csrr	t0, sepc
	addi	t0, t0, 4
	csrw	sepc, t0
	addi	s1, s1, 1
	sret

elsewhere:
	la	a0, text
	call	guest_failed

	.globl	guest_program
guest_program:
	la	t0, table + 1
	csrw	stvec, t0
	call	guest_random
	andi	s0, a0, 15
	addi	s0, s0, 1
	li	s1, 0
	.globl	vectored_traps
vectored_traps:
	.4byte	0x0000000b		/* illegal */
	.4byte	0x10803503		/* ld a0, 0x108(zero) */
	.4byte	0x10a03423		/* sd a0, 0x108(zero) */
	addi	s0, s0, -1
	bnez	s0, vectored_traps

	la	a0, done
	mv	a1, s1
	call	printf
	mv	a0, s1
	call	guest_tell
	j	guest_pass
