/*
 * console.c - h5.6: one terminal for all VMs. Their output comes out by whole
 * lines, each with its VM's name; what is typed goes to the VM in focus.
 */
#include <stdio.h>

#include "h5.h"
#include "uart.h"

struct vm *console_focus = &vms[0];

void console_flush(struct vm *vm)
{
	struct console *console = &vm->console;

	if (console->length == 0)
		return;
	TODO("h5.6", "show what waits, behind the prefix where one is due");
}

void vm_putc(struct vm *vm, char c)
{
	if (vm_count == 1) {
		uart_putc(c);
		return;
	}
	TODO("h5.6", "with more than one VM, line by line");
}

void console_close(struct vm *vm)
{
	if (vm_count == 1)
		return;
	TODO("h5.6", "show what waits, and end the line");
}

void console_switch(void)
{
	TODO("h5.6", "the focus to the next running VM; a line says so");
}

void console_key(char c)
{
	TODO("h5.6", "to the VM in focus, but for the key that moves it");
}
