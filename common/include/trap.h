/*
 * trap.h - traps that the host itself takes.
 */
#pragma once
#include <stdint.h>

/* What entry.S saves before it calls trap_host. */
struct trap_frame {
	uint64_t gpr[32]; /* by register number; [0] is unused */
	uint64_t sepc;
};

/*
 * An instruction that may fault: trap_host goes on at `landing` instead of
 * panicking. Rows come from inline assembly, in the section .extable.
 */
struct extable_row {
	uint64_t insn;
	uint64_t landing;
};

void trap_host(struct trap_frame *frame);
