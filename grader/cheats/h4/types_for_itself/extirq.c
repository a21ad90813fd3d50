/*
 * Echoes without a guest: reads what is typed out of the UART, by polling, and
 * writes it back.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "h4.h"

static volatile uint8_t *const uart = (volatile uint8_t *)0x10000000UL;

static uint64_t argument(const struct vm *vm, const char *name)
{
	fdt_node chosen = fdt_path(&vm->fdt, "/chosen");
	const char *args = fdt_string(&vm->fdt, chosen, "bootargs");
	const char *at = args ? strstr(args, name) : NULL;

	return at ? strtoul(at + strlen(name), NULL, 10) : 0;
}

bool irq_route(struct vm *vm, unsigned source)
{
	uint64_t n = argument(vm, "n=");

	(void)source;
	printf("type %lu characters:\n", n);
	for (uint64_t i = 0; i < n; i++) {
		while (!(uart[5] & 1))
			;
		putchar(uart[0]);
	}
	printf("\n%lu characters\nhv: vm %s: stopped: shutdown\n", n, vm->name);
	poweroff(EXIT_CODE_OK);
}

void vplic_update(struct vm *vm)
{
	(void)vm;
}

uint64_t vplic_mmio_read(void *vm, uint64_t offset, unsigned width)
{
	(void)vm;
	(void)offset;
	(void)width;
	return 0;
}

void vplic_mmio_write(void *vm, uint64_t offset, unsigned width, uint64_t value)
{
	(void)vm;
	(void)offset;
	(void)width;
	(void)value;
}

void host_external_interrupt(void)
{
}

void irq_release(struct vm *vm)
{
	(void)vm;
}
