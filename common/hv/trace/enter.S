/*
 * enter.S - for `make trace` only: vcpu_enter, with a note before and behind.
 * As in switch.S only sp and tp survive, so ra waits on the stack, with a0 and
 * the count of instructions at which the detour began.
 *
 * OWN n: what has been executed since then is tracing's own, and so are n more:
 * from its rdinstret to the end of the detour.
 */
	.macro	OWN n
	ld	a1, 16(sp)
	la	t0, trace_own
	ld	t1, 0(t0)
	sub	t1, t1, a1
	rdinstret t2
	add	t1, t1, t2
	addi	t1, t1, \n
	sd	t1, 0(t0)
	.endm

	.text
	.globl	__wrap_vcpu_enter
__wrap_vcpu_enter:
	rdinstret a1
	addi	sp, sp, -32
	sd	ra, 0(sp)
	sd	a0, 8(sp)
	sd	a1, 16(sp)
	call	trace_enter
	OWN	6
	ld	a0, 8(sp)
	call	__real_vcpu_enter
	rdinstret a1
	sd	a0, 8(sp)
	sd	a1, 16(sp)
	call	trace_exit
	OWN	8
	ld	a0, 8(sp)
	ld	ra, 0(sp)
	addi	sp, sp, 32
	ret
