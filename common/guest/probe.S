/*
 * probe.S - run one given instruction with given registers.
 *
 * void probe(a0 = insn, a1 = in[32], a2 = out[32]):
 *   1. keep what C wants kept, and `out`, on the stack; sp in probe_stack
 *   2. put the instruction in its place
 *   3. load all registers from in[]
 *   4. the instruction, or two compressed ones: the low half runs first
 *   5. store all registers to out[]
 *   6. return
 * The instruction may trap: nothing in step 4 depends on sscratch.
 */
	.bss
	.balign	8
probe_stack:
	.zero	8

	.text
	.globl	probe
probe:
	/* 1 */
	addi	sp, sp, -128
	.irp	n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11
	sd	s\n, (8 * \n)(sp)
	.endr
	sd	ra, 96(sp)
	sd	tp, 104(sp)
	sd	a2, 112(sp)
	sd	sp, probe_stack, t0
	/* 2: the place is 2-byte aligned at least, so two halves. */
	la	t0, probe_at
	sh	a0, 0(t0)
	srli	a0, a0, 16
	sh	a0, 2(t0)
	fence.i
	/* 3 */
	.irp	n, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 13, 14, 15, 16, 17, 18, \
		19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
	ld	x\n, (8 * \n)(a1)
	.endr
	ld	a1, (8 * 11)(a1)
	/* 4 */
	.globl	probe_at
probe_at:
	.2byte	0x0001, 0x0001
	/* 5 */
	.globl	probe_done
probe_done:
	csrw	sscratch, sp
	ld	sp, probe_stack
	sd	a0, 120(sp)
	ld	a0, 112(sp)
	.irp	n, 1, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14, 15, 16, 17, 18, \
		19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
	sd	x\n, (8 * \n)(a0)
	.endr
	ld	t0, 120(sp)
	sd	t0, (8 * 10)(a0)
	csrr	t0, sscratch
	sd	t0, (8 * 2)(a0)
	sd	zero, 0(a0)
	/* 6 */
	.irp	n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11
	ld	s\n, (8 * \n)(sp)
	.endr
	ld	ra, 96(sp)
	ld	tp, 104(sp)
	addi	sp, sp, 128
	ret
