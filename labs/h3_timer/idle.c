/*
 * idle.c - h3.5: a guest that waits costs nothing.
 */
#include "h1.h"
#include "h3.h"
#include "riscv.h"

void hart_idle(void)
{
	TODO("h3.5", "wfi, then take the host interrupts that are pending");
}

bool exit_virtual_instruction(struct vcpu *vcpu)
{
	TODO("h3.5", "block on a WFI; the rest is an illegal instruction");
}
