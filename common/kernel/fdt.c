/*
 * fdt.c - a read-only device-tree reader (Devicetree Specification v0.4, 5.4).
 *
 * Pure: it also compiles for the build host. Every read is checked against
 * the block's size, so that a damaged tree ends a search and nothing else.
 */
#include "fdt.h"

#include <string.h>

#define FDT_MAGIC 0xd00dfeedU
#define FDT_DEPTH_MAX 16

/* The tokens, as a load yields these big-endian numbers. */
#define FDT_BEGIN_NODE __builtin_bswap32(1)
#define FDT_END_NODE __builtin_bswap32(2)
#define FDT_PROP __builtin_bswap32(3)
#define FDT_NOP __builtin_bswap32(4)
#define FDT_END __builtin_bswap32(9)

static uint32_t be32(const void *p)
{
	const uint8_t *b = p;

	return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 |
	       (uint32_t)b[2] << 8 | b[3];
}

static uint32_t word_at(const struct fdt *fdt, uint32_t at)
{
	return *(const uint32_t *)(const void *)(fdt->structure + at);
}

static uint64_t be_cells(const uint8_t *p, uint32_t cells)
{
	uint64_t value = 0;

	for (uint32_t i = 0; i < cells; i++)
		value = value << 32 | be32(p + i * 4);
	return value;
}

bool fdt_open(struct fdt *fdt, const void *blob, size_t limit)
{
	const uint8_t *base = blob;

	if (!blob || limit < 40 || be32(base) != FDT_MAGIC)
		return false;
	uint32_t size = be32(base + 4);
	uint32_t structure = be32(base + 8), strings = be32(base + 12);
	uint32_t strings_size = be32(base + 32);
	uint32_t structure_size = be32(base + 36);
	if (size > limit || structure > size || strings > size ||
	    structure_size > size - structure || (uintptr_t)blob % 8 ||
	    strings_size > size - strings || structure % 4 ||
	    structure_size < 16 || structure_size > INT32_MAX ||
	    strings_size == 0 || base[strings + strings_size - 1] != 0)
		return false;
	*fdt = (struct fdt){
		.structure = base + structure,
		.structure_size = structure_size,
		.strings = (const char *)base + strings,
		.strings_size = strings_size,
		.blob = blob,
		.size = size,
	};
	return word_at(fdt, 0) == FDT_BEGIN_NODE;
}

static bool has_zero_byte(uint32_t word)
{
	return (word - 0x01010101) & ~word & 0x80808080;
}

/*
 * The token at *at, with *at moved past it; FDT_END where the block ends. The
 * start of the machine is mostly this: so it goes by words.
 */
static uint32_t next_token(const struct fdt *fdt, uint32_t *at)
{
	uint32_t last = fdt->structure_size - 4; /* where a word can begin */
	uint32_t next = *at + 4;

	if (*at > last)
		return FDT_END;
	uint32_t token = word_at(fdt, *at);
	if (token == FDT_BEGIN_NODE) {
		/* The name ends in the word that has a zero byte. */
		do {
			if (next > last)
				return FDT_END;
			next += 4;
		} while (!has_zero_byte(word_at(fdt, next - 4)));
	} else if (token == FDT_PROP) {
		if (next + 4 > last)
			return FDT_END;
		/* Nearly every length fits into the last of its bytes. */
		uint32_t len = word_at(fdt, next);
		len = len & 0xffffff ? be32(fdt->structure + next) : len >> 24;
		if (len > fdt->structure_size - next - 8)
			return FDT_END;
		next += 8 + ((len + 3) & ~3U);
	}
	*at = next;
	return token;
}

const char *fdt_name(const struct fdt *fdt, fdt_node node)
{
	return (const char *)fdt->structure + node + 4;
}

fdt_node fdt_next(const struct fdt *fdt, fdt_node node, int *depth)
{
	uint32_t at = (uint32_t)node;

	next_token(fdt, &at); /* the node's own FDT_BEGIN_NODE */
	for (;;) {
		uint32_t here = at;
		switch (next_token(fdt, &at)) {
		case FDT_BEGIN_NODE:
			++*depth;
			return (fdt_node)here;
		case FDT_END_NODE:
			if (--*depth < 0)
				return FDT_NONE;
			break;
		case FDT_PROP:
		case FDT_NOP:
			break;
		default:
			return FDT_NONE;
		}
	}
}

const void *fdt_prop(const struct fdt *fdt, fdt_node node, const char *name,
		     uint32_t *len)
{
	uint32_t at = (uint32_t)node;

	next_token(fdt, &at);
	for (;;) {
		const uint8_t *p = fdt->structure + at;
		uint32_t token = next_token(fdt, &at);
		if (token == FDT_NOP)
			continue;
		if (token != FDT_PROP) /* Properties come before children. */
			return NULL;
		uint32_t offset = be32(p + 8);
		if (offset < fdt->strings_size &&
		    strcmp(fdt->strings + offset, name) == 0) {
			*len = be32(p + 4);
			return p + 12;
		}
	}
}

const char *fdt_string(const struct fdt *fdt, fdt_node node, const char *name)
{
	uint32_t len;
	const char *value = fdt_prop(fdt, node, name, &len);

	return value && len && value[len - 1] == 0 ? value : NULL;
}

bool fdt_string_in(const struct fdt *fdt, fdt_node node, const char *name,
		   const char *string)
{
	uint32_t len;
	const char *list = fdt_prop(fdt, node, name, &len);
	const char *end = list + len;

	if (!list || !len || end[-1])
		return false;
	for (; list < end; list += strlen(list) + 1)
		if (strcmp(list, string) == 0)
			return true;
	return false;
}

uint64_t fdt_u64(const struct fdt *fdt, fdt_node node, const char *name,
		 uint64_t fallback)
{
	uint32_t len;
	const uint8_t *value = fdt_prop(fdt, node, name, &len);

	if (!value || (len != 4 && len != 8))
		return fallback;
	return be_cells(value, len / 4);
}

fdt_node fdt_path(const struct fdt *fdt, const char *path)
{
	fdt_node node = FDT_ROOT;
	int depth = 0, matched = 0;

	if (strcmp(path, "/") == 0)
		return FDT_ROOT;
	while ((node = fdt_next(fdt, node, &depth)) != FDT_NONE) {
		if (depth <= matched) /* Left the branch that matched. */
			return FDT_NONE;
		if (depth != matched + 1)
			continue;
		const char *name = fdt_name(fdt, node);
		size_t len = strlen(name);
		if (strncmp(path + 1, name, len) != 0 ||
		    (path[1 + len] != '/' && path[1 + len] != 0))
			continue;
		path += 1 + len;
		matched = depth;
		if (*path == 0)
			return node;
	}
	return FDT_NONE;
}

static fdt_node next_with(const struct fdt *fdt, fdt_node node,
			  const char *property, const char *string)
{
	int depth = FDT_DEPTH_MAX; /* Where we start does not matter here. */

	while ((node = fdt_next(fdt, node, &depth)) != FDT_NONE)
		if (fdt_string_in(fdt, node, property, string))
			return node;
	return FDT_NONE;
}

fdt_node fdt_compatible(const struct fdt *fdt, fdt_node node,
			const char *compatible)
{
	return next_with(fdt, node, "compatible", compatible);
}

fdt_node fdt_device_type(const struct fdt *fdt, fdt_node node, const char *type)
{
	return next_with(fdt, node, "device_type", type);
}

/* The parent of a node, found from the root: trees are small. */
static fdt_node parent_of(const struct fdt *fdt, fdt_node node)
{
	fdt_node at = FDT_ROOT, path[FDT_DEPTH_MAX] = {FDT_ROOT};
	int depth = 0;

	while (at != FDT_NONE && depth < FDT_DEPTH_MAX) {
		path[depth] = at;
		if (at == node)
			return depth ? path[depth - 1] : FDT_NONE;
		at = fdt_next(fdt, at, &depth);
	}
	return FDT_NONE;
}

bool fdt_reg(const struct fdt *fdt, fdt_node node, unsigned index,
	     uint64_t *addr, uint64_t *size)
{
	fdt_node parent = parent_of(fdt, node);
	uint32_t len;
	const uint8_t *reg = fdt_prop(fdt, node, "reg", &len);

	if (!reg || parent == FDT_NONE)
		return false;
	uint64_t addr_cells = fdt_u64(fdt, parent, "#address-cells", 2);
	uint64_t size_cells = fdt_u64(fdt, parent, "#size-cells", 1);
	if (addr_cells > 2 || size_cells > 2)
		return false;
	uint64_t entry = (addr_cells + size_cells) * 4;
	if ((index + 1) * entry > len)
		return false;
	reg += index * entry;
	*addr = be_cells(reg, (uint32_t)addr_cells);
	*size = be_cells(reg + addr_cells * 4, (uint32_t)size_cells);
	return true;
}
