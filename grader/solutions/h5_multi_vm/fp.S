/*
 * fp.S - h5.2: the floating-point registers, to memory and back. The host
 * itself never uses them. a0 points to a struct fp_state: f0 to f31 by
 * number, 8 bytes each, then fcsr.
 */
#include "asm.h"

	.option	arch, +d

	.text
	.globl	fp_save
fp_save:
	/* SOLUTION h5.2: store f0 to f31, then fcsr */
	.irp	n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, \
		17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
	fsd	f\n, (8 * \n)(a0)
	.endr
	frcsr	t0
	sd	t0, (8 * 32)(a0)
	ret
	/* END */

	.globl	fp_restore
fp_restore:
	/* SOLUTION h5.2: load f0 to f31, then fcsr */
	.irp	n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, \
		17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
	fld	f\n, (8 * \n)(a0)
	.endr
	ld	t0, (8 * 32)(a0)
	fscsr	t0
	ret
	/* END */
