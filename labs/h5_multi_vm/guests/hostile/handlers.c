/*
 * handlers.c - hostile: a trap whose handler is no help, a sleep without end.
 */
#include "hostile.h"

void handler_faults(void)
{
	static const uint32_t handler[2]
		__attribute__((aligned(4))) = {INSN_UNIMP, INSN_UNIMP};

	csr_write(stvec, handler);
	__asm__ volatile("unimp");
}

void no_handler(void)
{
	csr_write(stvec, 0);
	__asm__ volatile("unimp");
}

void handler_nowhere(void)
{
	csr_write(stvec, anywhere() | 1UL << 40);
	__asm__ volatile("unimp");
}

void sleeps(void)
{
	csr_write(sie, 0);
	for (;;)
		__asm__ volatile("wfi");
}
