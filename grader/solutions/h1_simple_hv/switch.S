/*
 * switch.S - h1.3: the world switch.
 *
 * vcpu_enter(a0 = vcpu), called by world_switch in run.c:
 *   1. save the host's ra, sp and tp; the caller expects no more to survive
 *   2. sscratch = vcpu, so that entry.S knows who was running
 *   3. load sepc, sstatus and hstatus
 *   4. load the guest's registers, a0 last
 *   5. sret
 * vcpu_exit, reached from entry.S with a0 = vcpu, sscratch = the guest's a0:
 *   6. save the guest's registers
 *   7. sscratch = 0: the host is running
 *   8. save sepc and sstatus; the hstatus of the vCPU is our own choice
 *   9. load what step 1 saved, and return from vcpu_enter with a0 = vcpu
 *
 * Offsets: VCPU_GPR + 8 * n is register xn; VCPU_SEPC, VCPU_SSTATUS,
 * VCPU_HSTATUS; VCPU_HOST_RA, VCPU_HOST_SP, VCPU_HOST_TP. gp belongs to the
 * guest alone: the host never uses it.
 */
#include "asm.h"

	.text
	.globl	vcpu_enter
vcpu_enter:
	/* SOLUTION h1.3: steps 1 to 5: save the host, load the guest, sret */
	/* 1 */
	sd	ra, VCPU_HOST_RA(a0)
	sd	sp, VCPU_HOST_SP(a0)
	sd	tp, VCPU_HOST_TP(a0)
	/* 2 */
	csrw	sscratch, a0
	/* 3 */
	ld	t0, VCPU_SEPC(a0)
	csrw	sepc, t0
	ld	t0, VCPU_SSTATUS(a0)
	csrw	sstatus, t0
	ld	t0, VCPU_HSTATUS(a0)
	csrw	hstatus, t0
	/* 4 */
	.irp	n, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14, 15, 16, 17, 18, \
		19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
	ld	x\n, (VCPU_GPR + 8 * \n)(a0)
	.endr
	ld	a0, (VCPU_GPR + 8 * 10)(a0)
	/* 5 */
	sret
	/* END */

	.globl	vcpu_exit
vcpu_exit:
	/* SOLUTION h1.3: steps 6 to 9: save the guest, load the host, return */
	/* 6 */
	.irp	n, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14, 15, 16, 17, 18, \
		19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
	sd	x\n, (VCPU_GPR + 8 * \n)(a0)
	.endr
	/* 7: one instruction reads the guest's a0 and writes the 0. */
	csrrw	t0, sscratch, zero
	sd	t0, (VCPU_GPR + 8 * 10)(a0)
	/* 8 */
	csrr	t0, sepc
	sd	t0, VCPU_SEPC(a0)
	csrr	t0, sstatus
	sd	t0, VCPU_SSTATUS(a0)
	/* 9 */
	ld	ra, VCPU_HOST_RA(a0)
	ld	sp, VCPU_HOST_SP(a0)
	ld	tp, VCPU_HOST_TP(a0)
	ret
	/* END */
