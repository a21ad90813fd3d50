/*
 * asm.h - what every assembly file of the kit shares.
 */
#pragma once
#include "asm-offsets.h"
#include "riscv.h"

/* TODO "h1.3", "hint": the stub notice of kernel.h, for assembly. */
#define TODO TODO_AT __FILE__, __LINE__,
.macro TODO_AT file, line, task, hint
	.pushsection .rodata.todo, "aMS", @progbits, 1
.Ltask\@:
	.asciz "\task"
.Lhint\@:
	.asciz "\hint"
.Lfile\@:
	.asciz "\file"
	.popsection
	/* The guest may have been running: stand on the host's feet again. */
	la	sp, boot_stack + HART_STACK_SIZE
	la	tp, harts
	csrw	sscratch, zero
	la	a0, .Ltask\@
	la	a1, .Lhint\@
	la	a2, .Lfile\@
	li	a3, \line
	tail	todo
.endm
