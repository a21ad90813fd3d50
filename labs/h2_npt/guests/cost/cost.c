/*
 * cost.c - what an emulated access and a first touch cost, in instructions of
 * the whole machine (h2.5, h2.6). Run it with -icount shift=0, or instret
 * counts the host's time instead.
 */
#include "addr.h"
#include "guest.h"

#define BLOCK 0x80200000UL /* RAM that nobody has touched yet */
#define PAGE 0x81001000UL  /* the same, behind the last whole block */
#define NEIGHBOUR 0x81002000UL

/* Instructions from begin to now, without those of the reading itself. */
static uint64_t since(uint64_t begin)
{
	return csr_read(instret) - begin - 1;
}

static uint64_t load(uint64_t at)
{
	uint64_t begin = csr_read(instret);

	(void)*(volatile uint64_t *)at;
	return since(begin);
}

static uint64_t store(uint64_t at)
{
	__asm__ volatile(""
			 : "+r"(at)); /* is in its register before it starts */
	uint64_t begin = csr_read(instret);

	*(volatile uint8_t *)at = 0;
	return since(begin);
}

static uint64_t address_of(const char *compatible)
{
	fdt_node node = fdt_compatible(&guest_fdt, FDT_ROOT, compatible);
	uint64_t base, size;

	CHECK(fdt_reg(&guest_fdt, node, 0, &base, &size), "no %s", compatible);
	return base;
}

void guest_program(void)
{
	uint64_t magic = address_of("hvlab,magic");
	uint64_t scratch = address_of("hvlab,scratch");

	printf("emulated load of 8 bytes      %6lu instructions\n",
	       load(magic));
	printf("emulated store of 1 byte      %6lu\n", store(scratch));
	store(NEIGHBOUR); /* the table that both are in is there from now on */
	printf("first touch of a page         %6lu\n", store(PAGE));
	printf("first touch of a block        %6lu\n", store(BLOCK));
	printf("second touch                  %6lu\n", store(BLOCK));
}
