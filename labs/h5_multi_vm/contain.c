/*
 * contain.c - h5.5: a VM ends, and nothing of it stays behind.
 */
#include <stdio.h>
#include <string.h>

#include "h2.h"
#include "h3.h"
#include "h5.h"
#include "page.h"
#include "riscv.h"

void vm_free(struct vm *vm)
{
	TODO("h5.5", "leave the hart, free doorbell, RAM, tables and root");
}

void vm_end(struct vm *vm)
{
	TODO("h5.5", "free it; build it afresh if it may restart");
}
