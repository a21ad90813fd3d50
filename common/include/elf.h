/*
 * elf.h - ELF-64 files for RISC-V, in memory and not trusted.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "cpio.h"

struct elf_segment {
	uint64_t addr;	     /* physical address to load at */
	uint64_t size;	     /* in memory; beyond the content it is zero */
	struct blob content; /* from the file */
};

/* Is this a 64-bit little-endian RISC-V ELF file? */
bool elf_check(struct blob file);

/* Where it starts. */
uint64_t elf_entry(struct blob file);

/*
 * The first loadable segment at or after program header *index; *index moves
 * past it. False when there is none left.
 */
bool elf_segment(struct blob file, unsigned *index,
		 struct elf_segment *segment);

/*
 * Name an address by the file's symbols: "<function+0x12>". The answer is
 * valid until the next call; "" if the file does not know the address.
 */
const char *symbol_of(struct blob elf, uint64_t address);

/* The same for the hypervisor itself, whose ELF travels in the archive. */
const char *symbol_of_host(uint64_t address);

/* Tell symbol_of_host where that ELF is. */
void symbol_init(struct blob elf);
