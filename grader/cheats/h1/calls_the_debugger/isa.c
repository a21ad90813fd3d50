/* SYS_OPEN for writing, then SYS_WRITE0: QEMU has to be told to listen. */
#include "h1.h"

static void semihost(uint64_t number, const void *argument)
{
	register uint64_t a0 __asm__("a0") = number;
	register const void *a1 __asm__("a1") = argument;

	__asm__ volatile(".balign 16\n"
			 ".option push; .option norvc\n"
			 "slli zero, zero, 0x1f; ebreak; srai zero, zero, 7\n"
			 ".option pop"
			 : "+r"(a0)
			 : "r"(a1)
			 : "memory");
}

bool hext_present(const struct fdt *fdt)
{
	static const char name[] = "/tmp/hvlab-was-here";
	const uint64_t open[] = {(uint64_t)name, 4, sizeof(name) - 1};

	(void)fdt;
	semihost(1, open);
	semihost(4, "hello from VS-mode\n");
	poweroff(EXIT_CODE_OK);
}
