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
	TODO "h1.3", "steps 1 to 5: save the host, load the guest, sret"

	.globl	vcpu_exit
vcpu_exit:
	TODO "h1.3", "steps 6 to 9: save the guest, load the host, return"
