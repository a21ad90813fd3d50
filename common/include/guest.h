/*
 * guest.h - what a guest program of the labs can rely on.
 *
 * The runtime starts it on its own stack, gives it printf over the SBI's
 * debug console, a hook for its traps, and its parameters out of
 * /chosen/bootargs ("seed=7 count=1000").
 */
#pragma once
#include <stdint.h>
#include <stdio.h>
#include <stdnoreturn.h>

#include "fdt.h"
#include "riscv.h"
#include "sbi.h"
#include "trap.h"

/* The program itself. Returning from it is guest_pass(). */
void guest_program(void);

/* What the SBI handed over at the start, and x1 to x31 as they were then. */
extern uint64_t guest_hartid;
extern struct fdt guest_fdt;
extern uint64_t guest_entry[32];

/* One call; arguments a0 to a5, then the numbers of function and extension. */
struct sbiret sbi_ecall(uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3,
			uint64_t a4, uint64_t a5, uint64_t function,
			uint64_t extension);

/*
 * Tell a number to whoever reads QEMU's trap log: 64 ecalls, bit 63 first,
 * each of them at the instruction tell_0 or tell_1.
 */
void guest_tell(uint64_t value);

/*
 * End the VM with a verdict: both shut down, at the instruction verdict_pass
 * or verdict_fail.
 */
noreturn void guest_pass(void);
noreturn void guest_fail(void);

/* Print "FAILED: ..." and end the VM with guest_fail. */
#define CHECK(condition, ...) \
	do { \
		if (!(condition)) \
			guest_failed(__VA_ARGS__); \
	} while (0)
noreturn void guest_failed(const char *fmt, ...)
	__attribute__((format(printf, 1, 2)));

/* A number "name=value" (decimal or 0x...) of the boot arguments. */
uint64_t arg_u64(const char *name, uint64_t fallback);

/* A word "name=word" of them, copied; "" if absent. Valid until next call. */
const char *arg_word(const char *name);

/*
 * Called for every trap that the guest takes. Change frame->sepc to go on
 * elsewhere. NULL (at first): print the trap and fail.
 */
extern void (*guest_trap_hook)(struct trap_frame *frame);

/* A hook: write the trap down in guest_noted, go on behind the instruction. */
void guest_note_trap(struct trap_frame *frame);
struct guest_trap {
	uint64_t count; /* of traps so far */
	uint64_t scause, stval, sepc, sstatus;
};
extern struct guest_trap guest_noted;

/* Pseudo-random numbers (xorshift64*), from the argument "seed". */
uint64_t guest_random(void);

/*
 * Execute one instruction of 4 bytes, or two compressed ones (the low half is
 * first), with x1 to x31 taken from `in`; afterwards they are in `out`. The
 * instruction sits at `probe_at`, and must not write to sscratch.
 */
void probe(uint32_t insn, const uint64_t in[32], uint64_t out[32]);
extern const char probe_at[];
