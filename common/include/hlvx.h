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
static inline bool hlvx_hu(gva_t gva, uint16_t *half)
{
	uint64_t value = 0, ok;

	__asm__ volatile(".option push\n"
			 ".option arch, +h\n"
			 "li	%1, 0\n"
			 "1:	hlvx.hu %0, (%2)\n"
			 "li	%1, 1\n"
			 "2:\n"
			 ".option pop\n"
			 ".pushsection .extable, \"a\"\n"
			 ".balign 8\n"
			 ".quad 1b, 2b\n"
			 ".popsection"
			 : "+r"(value), "=&r"(ok)
			 : "r"(gva.a)
			 : "memory");
	*half = (uint16_t)value;
	return ok;
}
