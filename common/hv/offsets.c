/*
 * offsets.c - struct offsets for assembly. Compiled to assembly text only;
 * the Makefile turns each "->NAME value" line into a #define.
 */
#include <stddef.h>

#include "kernel.h"
#include "trap.h"
#include "vm.h"

#define OFFSET(name, value) \
	__asm__ volatile("\n->" #name " %0" ::"i"((unsigned long)(value)))

void offsets(void);
void offsets(void)
{
	OFFSET(HART_STACK_SIZE, HART_STACK_SIZE);
	OFFSET(TRAP_FRAME_GPR, offsetof(struct trap_frame, gpr));
	OFFSET(TRAP_FRAME_SEPC, offsetof(struct trap_frame, sepc));
	OFFSET(TRAP_FRAME_SIZE, (sizeof(struct trap_frame) + 15) & ~15UL);
	OFFSET(VCPU_GPR, offsetof(struct vcpu, gpr));
	OFFSET(VCPU_SEPC, offsetof(struct vcpu, sepc));
	OFFSET(VCPU_SSTATUS, offsetof(struct vcpu, sstatus));
	OFFSET(VCPU_HSTATUS, offsetof(struct vcpu, hstatus));
	OFFSET(VCPU_HOST_RA, offsetof(struct vcpu, host.ra));
	OFFSET(VCPU_HOST_SP, offsetof(struct vcpu, host.sp));
	OFFSET(VCPU_HOST_TP, offsetof(struct vcpu, host.tp));
}
