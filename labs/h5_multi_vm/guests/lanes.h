/*
 * lanes.h - what guests need that run beside others of their kind.
 *
 * All of them live at the same guest-physical addresses, and take turns at any
 * instruction. So each VM has a lane of its own in QEMU's trap log: two ecalls
 * that nobody else uses, one for a 0 and one for a 1. The boot argument lane=
 * says which. They come first in every program, at the start of its RAM.
 */
#pragma once
#include "addr.h"
#include "guest.h"

#define LANE_BYTES 16UL

extern const char lanes[];
__asm__(".pushsection .text.start, \"ax\"\n"
	".option push\n"
	".option norvc\n"
	".globl lanes\n"
	".type lanes, @function\n"
	"lanes:\n"
	".rept 32\n" /* 16 VMs, 0 and 1 */
	"	ecall\n"
	"	ret\n"
	".endr\n"
	".size lanes, . - lanes\n"
	".option pop\n"
	".popsection");

/* Tell a number, bit 63 first; like guest_tell, but for one VM of several. */
static inline void lane_tell(uint64_t value)
{
	const char *zero = lanes + LANE_BYTES * arg_u64("lane", 0);

	for (int bit = 63; bit >= 0; bit--) {
		register uint64_t a0 __asm__("a0") = 0;
		register uint64_t a6 __asm__("a6") = SBI_BASE_GET_SPEC_VERSION;
		register uint64_t a7 __asm__("a7") = SBI_EXT_BASE;
		const char *at = zero + (value >> bit & 1) * (LANE_BYTES / 2);
		__asm__ volatile("jalr %3"
				 : "+r"(a0)
				 : "r"(a6), "r"(a7), "r"(at)
				 : "ra", "a1", "memory");
	}
}

/*
 * The free RAM: the program and its device tree are in the first 2 MiB, and
 * nothing is behind them.
 */
static inline uint64_t *free_ram(uint64_t **end)
{
	fdt_node node = fdt_device_type(&guest_fdt, FDT_ROOT, "memory");
	uint64_t base = 0, size = 0;

	fdt_reg(&guest_fdt, node, 0, &base, &size);
	*end = (uint64_t *)(base + size);
	return (uint64_t *)(base + 2 * MiB);
}

/* Machine-wide, and the same in every VM: how many instructions since power on. */
static inline uint64_t machine_cycle(void)
{
	return csr_read(cycle);
}

/* Work for so many instructions, more or less; other VMs may run meanwhile. */
static inline void burn(uint64_t instructions)
{
	uint64_t n = instructions / 2 + 1;

	__asm__ volatile("1: addi %0, %0, -1\n"
			 "bnez %0, 1b"
			 : "+r"(n));
}

/*
 * Work as above, and note whether others had the hart meanwhile. In the end
 * that has to be so often enough: who runs alone proves nothing.
 */
static uint64_t beside;

static inline void burn_beside(uint64_t instructions)
{
	uint64_t start = machine_cycle();

	burn(instructions);
	beside += machine_cycle() - start > instructions + 200000;
}

static inline void check_beside(uint64_t least)
{
	CHECK(beside >= least, "others had the hart in %lu rounds only",
	      beside);
}
