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
	TODO "h5.2", "store f0 to f31, then fcsr"

	.globl	fp_restore
fp_restore:
	TODO "h5.2", "load f0 to f31, then fcsr"
