/*
 * elf.c - reads ELF-64 files in memory: segments to load, and the symbol
 * table, so that an address can be told as <function+offset>.
 */
#include "elf.h"

#include <stdio.h>
#include <string.h>

#include "addr.h"

#define EM_RISCV 243
#define PT_LOAD 1
#define SHT_SYMTAB 2
#define STT_FUNC 2
#define STT_NOTYPE 0

struct elf_header {
	uint8_t ident[16];
	uint16_t type, machine;
	uint32_t version;
	uint64_t entry, phoff, shoff;
	uint32_t flags;
	uint16_t ehsize, phentsize, phnum, shentsize, shnum, shstrndx;
};

struct elf_program_header {
	uint32_t type, flags;
	uint64_t offset, vaddr, paddr, filesz, memsz, align;
};

struct elf_section_header {
	uint32_t name, type;
	uint64_t flags, addr, offset, size;
	uint32_t link, info;
	uint64_t addralign, entsize;
};

struct elf_symbol {
	uint32_t name;
	uint8_t info, other;
	uint16_t section;
	uint64_t value, size;
};

/* Copy a struct out of the file: files are not aligned, nor trusted. */
static bool read_at(struct blob file, uint64_t offset, void *out, size_t size)
{
	if (!range_inside(offset, size, 0, file.size))
		return false;
	memcpy(out, file.data + offset, size);
	return true;
}

bool elf_check(struct blob file)
{
	struct elf_header header;

	return read_at(file, 0, &header, sizeof(header)) &&
	       memcmp(header.ident, "\177ELF\2\1", 6) == 0 &&
	       header.machine == EM_RISCV &&
	       header.phentsize == sizeof(struct elf_program_header);
}

uint64_t elf_entry(struct blob file)
{
	struct elf_header header;

	return read_at(file, 0, &header, sizeof(header)) ? header.entry : 0;
}

bool elf_segment(struct blob file, unsigned *index, struct elf_segment *segment)
{
	struct elf_header header;
	struct elf_program_header ph;

	if (!read_at(file, 0, &header, sizeof(header)))
		return false;
	for (; *index < header.phnum; ++*index) {
		if (!read_at(file, header.phoff + *index * sizeof(ph), &ph,
			     sizeof(ph)))
			return false;
		if (ph.type != PT_LOAD || ph.memsz == 0)
			continue;
		if (!range_inside(ph.offset, ph.filesz, 0, file.size) ||
		    ph.filesz > ph.memsz)
			return false;
		*segment = (struct elf_segment){
			.addr = ph.paddr,
			.size = ph.memsz,
			.content = {file.data + ph.offset, ph.filesz},
		};
		++*index;
		return true;
	}
	return false;
}

static bool section(struct blob file, const struct elf_header *header,
		    uint32_t index, struct elf_section_header *sh)
{
	return index < header->shnum &&
	       read_at(file, header->shoff + index * sizeof(*sh), sh,
		       sizeof(*sh)) &&
	       range_inside(sh->offset, sh->size, 0, file.size);
}

static bool symbol_table(struct blob file, struct elf_section_header *symbols,
			 struct elf_section_header *strings)
{
	struct elf_header header;

	if (!elf_check(file) || !read_at(file, 0, &header, sizeof(header)))
		return false;
	for (uint32_t i = 0; i < header.shnum; i++)
		if (section(file, &header, i, symbols) &&
		    symbols->type == SHT_SYMTAB)
			return section(file, &header, symbols->link, strings) &&
			       strings->size > 0 &&
			       file.data[strings->offset + strings->size - 1] ==
				       0;
	return false;
}

const char *symbol_of(struct blob elf, uint64_t address)
{
	static char text[80];
	struct elf_section_header symbols, strings;
	struct elf_symbol symbol, best = {0};

	if (!symbol_table(elf, &symbols, &strings))
		return "";
	for (uint64_t i = 0; i + sizeof(symbol) <= symbols.size;
	     i += sizeof(symbol)) {
		if (!read_at(elf, symbols.offset + i, &symbol, sizeof(symbol)))
			break;
		uint8_t type = symbol.info & 15;
		if ((type != STT_FUNC && type != STT_NOTYPE) ||
		    symbol.section == 0 || symbol.section >= 0xff00 ||
		    symbol.name >= strings.size || symbol.value > address ||
		    symbol.value < best.value)
			continue;
		const uint8_t *name = elf.data + strings.offset + symbol.name;
		if (name[0] != 0 && name[0] != '$' && name[0] != '.')
			best = symbol;
	}
	if (best.name == 0 || address - best.value >= MiB)
		return "";
	snprintf(text, sizeof(text), "<%.60s+0x%lx>",
		 (const char *)elf.data + strings.offset + best.name,
		 address - best.value);
	return text;
}

static struct blob host_elf;

void symbol_init(struct blob elf)
{
	host_elf = elf;
}

const char *symbol_of_host(uint64_t address)
{
	return symbol_of(host_elf, address);
}
