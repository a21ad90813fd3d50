/*
 * hostile.h - what the ways to do harm have in common, and their names, by the
 * file that they are in.
 */
#pragma once
#include "guest.h"

extern uint64_t times; /* the boot argument: how often */

uint64_t dice(uint64_t sides); /* 0 to sides - 1 */

/* Interesting places: everybody's RAM, devices, the machine's, nothing. */
uint64_t anywhere(void);

/* Is it in our RAM? Harm to oneself proves nothing. */
bool own(uint64_t at);

#define INSN_UNIMP 0xc0001073U

/* instructions.c */
void csrs(void);
void instructions(void);
void opcodes(void);
void jumps(void);

/* calls.c */
void sbi(void);
void pointers(void);
void deadlines(void);
void reboots(void);

/* interrupts.c */
void timers(void);
void ipis(void);
void plic(void);
void uart(void);

/* memory.c */
void reads(void);
void writes(void);
void tables(void);
void no_tables(void);

/* handlers.c */
void handler_faults(void);
void no_handler(void);
void handler_nowhere(void);
void sleeps(void);
