/*
 * simple.S - the classic first guest of hypervisor courses (h1.6).
 *
 * Three instructions that no guest can execute by itself: `csrr`, a load where
 * nobody is, and the legacy shutdown. It ends with a0 = 0x6688, a1 = 0x1234.
 * a0 and a1 are also shown after the first step, because wrong registers can
 * look right at the end.
 */
	.section .rodata
text:
	.asciz	"a0 = 0x%lx, a1 = 0x%lx\n"

	.text
	.globl	guest_program
guest_program:
	li	a0, -1
	li	a1, -1

	.globl	simple_csrr
simple_csrr:
	csrr	a1, mhartid
	mv	s0, a0
	mv	s1, a1

	.globl	simple_ld
simple_ld:
	ld	a0, 64(zero)
	mv	s2, a0
	mv	s3, a1

	.irp	n, 0, 1, 2, 3
	mv	a0, s\n
	call	guest_tell
	.endr
	la	a0, text
	mv	a1, s2
	mv	a2, s3
	call	printf

	mv	a0, s2
	mv	a1, s3
	li	a7, 8
	.globl	simple_end
simple_end:
	ecall
	j	guest_fail
