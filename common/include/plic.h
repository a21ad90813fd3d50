/*
 * plic.h - the host's own PLIC, seen from the S-mode context of the boot hart
 * (RISC-V PLIC specification 1.0.0).
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#define PLIC_SOURCES 1024 /* ids 1 to 1023; source 0 does not exist */

/* Offsets into the register file (chapter 3 and following). */
#define PLIC_PRIORITY 0x0UL	/* + 4 * source */
#define PLIC_PENDING 0x1000UL	/* + 4 * (source / 32) */
#define PLIC_ENABLE 0x2000UL	/* + 0x80 * context + 4 * (source / 32) */
#define PLIC_ENABLE_SIZE 0x80UL /* per context */
#define PLIC_CONTEXT 0x200000UL /* + 0x1000 * context */
#define PLIC_CONTEXT_SIZE 0x1000UL
#define PLIC_THRESHOLD 0x0UL /* in the context's page */
#define PLIC_CLAIM 0x4UL     /* read: claim; write: complete */

/* Find it in the host's device tree; everything disabled. */
void plic_init(void);

/* Let a source through to this hart, or not. Its priority is 1. */
void plic_enable(unsigned source, bool on);

/*
 * The highest pending source, or 0. It cannot come again until
 * plic_complete.
 */
unsigned plic_claim(void);
void plic_complete(unsigned source);
