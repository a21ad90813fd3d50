/*
 * instructions.c - hostile: CSRs and instructions that are not the guest's.
 */
#include "hostile.h"

#define CSRRW_T0(csr) ((uint32_t)(csr) << 20 | 0x292f3) /* csrrw t0, csr, t0 */
#define SFENCE_VMA 0x12000073U
#define HFENCE_GVMA 0x62000073U
#define HFENCE_VVMA 0x22000073U
#define HLV_D_T0 0x6c02c2f3U /* hlv.d t0, (t0) */
#define HSV_D_T0 0x6e52c073U /* hsv.d t0, (t0) */
#define MRET 0x30200073U

static void run(uint32_t insn)
{
	static uint64_t in[32], out[32];

	in[5] = anywhere();
	probe(insn, in, out);
}

/* All CSRs that are not its own: those of HS-mode, M-mode and debug mode. */
void csrs(void)
{
	for (unsigned csr = 0x200; csr < 0x1000; csr++)
		if (csr >> 8 & 2)
			run(CSRRW_T0(csr));
}

void instructions(void)
{
	static const uint32_t insns[] = {SFENCE_VMA, HFENCE_GVMA, HFENCE_VVMA,
					 HLV_D_T0,   HSV_D_T0,	  MRET,
					 INSN_UNIMP};

	for (uint64_t i = 0; i < times; i++)
		run(insns[dice(sizeof(insns) / sizeof(*insns))]);
}

/* It may well lose its way, for good. */
void opcodes(void)
{
	for (uint64_t i = 0; i < times; i++)
		run((uint32_t)guest_random() | 3);
}

void jumps(void)
{
	for (uint64_t i = 0; i < times; i++) {
		uint64_t at = anywhere() & ~1UL;
		if (!own(at))
			((void (*)(void))at)();
	}
}
