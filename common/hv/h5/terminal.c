/*
 * terminal.c - the machine's end of the consoles: its UART's interrupt, the
 * VMs' names and colours, and lines that wait too long for their end.
 */
#include <stdio.h>
#include <string.h>

#include "h5.h"
#include "uart.h"

static unsigned source; /* the UART's in the machine's PLIC */
static bool colours;

/* A VM to which the UART is passed through has its interrupt already. */
void terminal_start(void)
{
	fdt_node node = fdt_compatible(&host_fdt, FDT_ROOT, "ns16550a");
	const char *nocolor = host_argument("nocolor");

	colours = !nocolor;
	if (node != FDT_NONE)
		source = (unsigned)fdt_u64(&host_fdt, node, "interrupts", 0);
	if (source && irq_route(NULL, source))
		uart_listen();
	if (vm_count > 1)
		printf("hv: the keyboard is %s's, Ctrl-T gives it to the "
		       "next\n",
		       console_focus->name);
}

void host_device_interrupt(unsigned which)
{
	int c;

	while (which == source && (c = uart_getc()) >= 0)
		console_key((char)c);
}

void console_prefix(const struct vm *vm)
{
	char prefix[VM_NAME_SIZE + 16];
	int colour = 31 + (int)((vm - vms) % 6); /* red to cyan */

	if (colours)
		snprintf(prefix, sizeof(prefix), "\33[%dm[%s]\33[0m ", colour,
			 vm->name);
	else
		snprintf(prefix, sizeof(prefix), "[%s] ", vm->name);
	for (const char *c = prefix; *c; c++)
		uart_putc(*c);
}

/*
 * A VM that waits has said all that it has to say for now: a prompt. One that
 * is busy may be in the middle of a line, and gets one more turn.
 */
void console_turn_over(struct vm *vm)
{
	if (vm->vcpus[0].blocked || vm->console.stale)
		console_flush(vm);
	vm->console.stale = true;
}
