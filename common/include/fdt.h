/*
 * fdt.h - a read-only view of a flattened device tree (Devicetree
 * Specification v0.4, chapter 5). The host's tree and the guests' are read by
 * the same code; it never reads outside the blob, whatever the blob says.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fdt {
	const uint8_t *structure; /* the structure block */
	uint32_t structure_size;  /* in bytes */
	const char *strings;	  /* the strings block */
	uint32_t strings_size;	  /* in bytes */
	const void *blob;	  /* where it begins, and */
	uint32_t size;		  /* its whole size in bytes */
};

/* A node is the offset of its FDT_BEGIN_NODE token; negative is "none". */
typedef int32_t fdt_node;
#define FDT_ROOT 0
#define FDT_NONE (-1)

/* False if `blob` is not a device tree that fits into `limit` bytes. */
bool fdt_open(struct fdt *fdt, const void *blob, size_t limit);

/*
 * The node after `node` in document order, or FDT_NONE at the end. *depth
 * counts levels: start with 0 at FDT_ROOT.
 */
fdt_node fdt_next(const struct fdt *fdt, fdt_node node, int *depth);

/* The node's name with its unit address ("cpu@0"), "" for the root. */
const char *fdt_name(const struct fdt *fdt, fdt_node node);

/* The node at an absolute path of full names, e.g. "/chosen". */
fdt_node fdt_path(const struct fdt *fdt, const char *path);

/* The next node after `node` with this string in its "compatible". */
fdt_node fdt_compatible(const struct fdt *fdt, fdt_node node,
			const char *compatible);

/* The next node after `node` whose device_type is `type` ("cpu", "memory"). */
fdt_node fdt_device_type(const struct fdt *fdt, fdt_node node,
			 const char *type);

/* A property's value and its length in bytes, or NULL. */
const void *fdt_prop(const struct fdt *fdt, fdt_node node, const char *name,
		     uint32_t *len);

/* A property that is a string; NULL if absent or not terminated. */
const char *fdt_string(const struct fdt *fdt, fdt_node node, const char *name);

/* Is `string` one of the strings of a string-list property? */
bool fdt_string_in(const struct fdt *fdt, fdt_node node, const char *name,
		   const char *string);

/* A number of one or two cells; `fallback` if absent or of another length. */
uint64_t fdt_u64(const struct fdt *fdt, fdt_node node, const char *name,
		 uint64_t fallback);

/*
 * Entry `index` of "reg", read with the cells that the node's parent declares.
 * False if it is not there.
 */
bool fdt_reg(const struct fdt *fdt, fdt_node node, unsigned index,
	     uint64_t *addr, uint64_t *size);
