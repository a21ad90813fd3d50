/*
 * panic.c - the ways in which the machine ends: power-off, panic, and a task
 * that is not written yet.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "addr.h"
#include "elf.h"
#include "kernel.h"
#include "riscv.h"

#define FINISHER_BASE 0x00100000UL
#define FINISHER_PASS 0x5555U
#define FINISHER_FAIL 0x3333U

extern const char _text[], _etext[];
extern char boot_stack[], trap_stack[];

noreturn void poweroff(int code)
{
	volatile uint32_t *finisher = hpa_ptr(HPA(FINISHER_BASE));

	*finisher = code ? (uint32_t)code << 16 | FINISHER_FAIL : FINISHER_PASS;
	for (;;)
		__asm__ volatile("wfi");
}

/* Does a call instruction end right before `address`? */
static bool follows_call(uint64_t address)
{
	uint64_t text = (uint64_t)_text;
	uint16_t half[2];

	if (address % 2 || address < text + 4 || address > (uint64_t)_etext)
		return false;
	memcpy(half, hpa_ptr(HPA(address - 4)), 4);
	uint32_t insn = (uint32_t)half[1] << 16 | half[0];
	bool jal_ra = (insn & 0xfff) == 0x0ef;	  /* jal ra, ... */
	bool jalr_ra = (insn & 0x7fff) == 0x00e7; /* jalr ra, ... */
	bool c_jalr = (half[1] & 0xf07f) == 0x9002 && half[1] != 0x9002;
	return jal_ra || jalr_ra || c_jalr;
}

void backtrace(uint64_t sp)
{
	uint64_t base = (uint64_t)boot_stack;
	uint64_t top = base + HART_STACK_SIZE;
	int shown = 0;

	if (sp % 8 || sp < base || sp > top) {
		printf("hv:   sp 0x%lx is outside the stack\n", sp);
		return;
	}
	for (; sp < top && shown < 16; sp += 8) {
		uint64_t address = *(uint64_t *)sp;
		if (!follows_call(address))
			continue;
		printf("hv:   on the stack 0x%lx %s\n", address,
		       symbol_of_host(address));
		shown++;
	}
}

noreturn void panic(const char *fmt, ...)
{
	va_list args;
	uint64_t sp;

	__asm__ volatile("mv %0, sp" : "=r"(sp));
	printf("\nhv: PANIC: ");
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	printf("\n");
	backtrace(sp);
	printf("hv:   read: docs/debugging.md#the-panic\n");
	poweroff(EXIT_CODE_PANIC);
}

noreturn void todo(const char *task, const char *hint, const char *file,
		   int line)
{
	const char *slash = strrchr(file, '/');

	printf("\nhv: TODO %s: %s:%d: %s\n", task, slash ? slash + 1 : file,
	       line, hint);
	poweroff(EXIT_CODE_TODO);
}
