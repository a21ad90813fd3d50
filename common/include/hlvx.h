/*
 * hlvx.h - read the guest's code with the guest's eyes: HLVX.HU (18.3.1) goes
 * through both stages of translation and asks for execute permission.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "addr.h"

/*
 * 16 bits of code at gva. False on a fault; scause, stval, htval and htinst
 * then describe that fault, no longer the guest's exit. By the manual it is a
 * load page fault (13) of the guest's own tables, or a load guest-page fault
 * (21) of the G-stage. QEMU 7.2 has 5 for the former, as long as our own satp
 * is Bare; QEMU 10.0 has 12 for both.
 */
static inline bool hlvx_hu(gva_t gva, uint32_t *half)
{
	__asm__ goto(".option push\n"
		     ".option arch, +h\n"
		     "1:	hlvx.hu %0, (%1)\n"
		     ".option pop\n"
		     ".pushsection .extable, \"a\"\n"
		     ".balign 8\n"
		     ".quad 1b, %l[fault]\n"
		     ".popsection"
		     : "=r"(*half)
		     : "r"(gva.a)
		     : "memory"
		     : fault);
	return true;
fault:
	return false;
}
