/*
 * console.c - h5.6: one terminal for all VMs. Their output comes out by whole
 * lines, each with its VM's name; what is typed goes to the VM in focus.
 */
#include <stdio.h>

#include "h5.h"
#include "uart.h"

struct vm *console_focus = &vms[0];

/* HIDDEN */
/* Whose unfinished line the cursor is in; NULL: it is at a line's beginning. */
static struct vm *unfinished;

static void line_end(void)
{
	if (unfinished)
		uart_putc('\n');
	unfinished = NULL;
}

/* END */
void console_flush(struct vm *vm)
{
	struct console *console = &vm->console;

	if (console->length == 0)
		return;
	/* SOLUTION h5.6: show what waits, behind the prefix where one is due */
	if (unfinished != vm) {
		line_end();
		console_prefix(vm);
	}
	for (unsigned i = 0; i < console->length; i++)
		uart_putc(console->line[i]);
	bool ended = console->line[console->length - 1] == '\n';
	unfinished = ended ? NULL : vm;
	console->length = 0;
	/* END */
}

void vm_putc(struct vm *vm, char c)
{
	if (vm_count == 1) {
		uart_putc(c);
		return;
	}
	/* SOLUTION h5.6: with more than one VM, line by line */
	struct console *console = &vm->console;

	console->line[console->length++] = c;
	console->stale = false;
	if (c == '\n' || console->length == CONSOLE_LINE)
		console_flush(vm);
	/* END */
}

void console_close(struct vm *vm)
{
	if (vm_count == 1)
		return;
	/* SOLUTION h5.6: show what waits, and end the line */
	console_flush(vm);
	line_end();
	/* END */
}

void console_switch(void)
{
	/* SOLUTION h5.6: the focus to the next running VM; a line says so */
	uint64_t now = (uint64_t)(console_focus - vms);

	for (unsigned n = 1; n < vm_count; n++) {
		struct vm *vm = &vms[(now + n) % vm_count];
		if (vm->state != VM_RUNNING)
			continue;
		console_focus = vm;
		line_end();
		printf("hv: the keyboard is %s's now\n", vm->name);
		return;
	}
	/* END */
}

void console_key(char c)
{
	/* SOLUTION h5.6: to the VM in focus, but for the key that moves it */
	if (c == CONSOLE_SWITCH && vm_count > 1)
		console_switch();
	else if (console_focus->state == VM_RUNNING)
		console_receive(console_focus, c);
	/* END */
}
