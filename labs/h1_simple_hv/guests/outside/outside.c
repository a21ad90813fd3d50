/*
 * outside.c - the SBI's debug console with memory that is not the guest's
 * (h1.5): refused as SBI_ERR_INVALID_PARAM, and not one byte of it is read.
 */
#include "guest.h"

static void refused(uint64_t size, uint64_t low, uint64_t high)
{
	struct sbiret ret = sbi_ecall(size, low, high, 0, 0, 0,
				      SBI_DBCN_CONSOLE_WRITE, SBI_EXT_DBCN);

	CHECK(ret.error == SBI_ERR_INVALID_PARAM,
	      "%lu bytes from 0x%lx (high half 0x%lx): answers %ld, %lu", size,
	      low, high, ret.error, ret.value);
}

void guest_program(void)
{
	fdt_node memory = fdt_device_type(&guest_fdt, FDT_ROOT, "memory");
	uint64_t base, size, r = guest_random() >> 48;

	CHECK(fdt_reg(&guest_fdt, memory, 0, &base, &size), "no memory");
	uint64_t end = base + size;
	for (char *c = (char *)end - 8; c < (char *)end; c++)
		*c = '!'; /* no "!" may show up */

	refused(2, end - 1, 0);		     /* the last byte, and one more */
	refused(8 + r, end - 8, 0);	     /* a part of it is inside */
	refused(1, end, 0);		     /* right behind */
	refused(1 + r, end + 8 * r, 0);	     /* far behind */
	refused(2, base - 1, 0);	     /* right before */
	refused(16, 0x10, 0);		     /* nothing is there at all */
	refused(16, 0x80010000, 0);	     /* the hypervisor itself */
	refused(16, ~0UL - 7, 0);	     /* over the top, to address 8 */
	refused(16, base + r, 1 + r);	     /* the high half counts */
	refused(base - end + 1, end - 1, 0); /* wraps round to just before */
	printf("all refused, 0x%lx\n", r);
	guest_tell(r);
}
