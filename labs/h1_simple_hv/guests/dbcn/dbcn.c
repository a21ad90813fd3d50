/*
 * dbcn.c - the SBI's debug console, used rightly (h1.5): a text that crosses
 * page ends, the last byte of the RAM, no byte at all, a single byte, and a
 * read that finds nothing typed.
 */
#include "guest.h"

#define PAGE 4096
static char area[4 * PAGE] __attribute__((aligned(PAGE)));

static void dbcn(uint64_t function, uint64_t a0, uint64_t a1, uint64_t want)
{
	struct sbiret ret =
		sbi_ecall(a0, a1, 0, 0, 0, 0, function, SBI_EXT_DBCN);

	CHECK(ret.error == SBI_SUCCESS && ret.value == want,
	      "function %lu (0x%lx, 0x%lx) answers %ld, %lu instead of 0, %lu",
	      function, a0, a1, ret.error, ret.value, want);
}

static void write(const void *text, uint64_t size)
{
	dbcn(SBI_DBCN_CONSOLE_WRITE, size, (uint64_t)text, size);
}

void guest_program(void)
{
	fdt_node memory = fdt_device_type(&guest_fdt, FDT_ROOT, "memory");
	uint64_t n = arg_u64("n", 100), base, size;
	char *text = area + PAGE - 1 - guest_random() % n; /* crosses the end */

	for (uint64_t i = 0; i < n; i++)
		text[i] = (char)('a' + guest_random() % 26);
	text[n] = '\n';
	write(text, n + 1);

	write(text, 0);
	dbcn(SBI_DBCN_CONSOLE_WRITE_BYTE, 0x7f00 + '*', 0, 0);
	dbcn(SBI_DBCN_CONSOLE_READ, 8, (uint64_t)area, 0);

	CHECK(fdt_reg(&guest_fdt, memory, 0, &base, &size), "no memory");
	char *last = (char *)(base + size - 1);
	*last = '\n';
	write(last, 1);
}
