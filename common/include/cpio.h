/*
 * cpio.h - a reader for newc archives: the form in which VMs arrive.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A piece of memory that somebody else owns. */
struct blob {
	const uint8_t *data; /* NULL when there is none */
	uint64_t size;	     /* in bytes */
};

struct cpio_file {
	const char *name; /* with its folders, terminated */
	struct blob content;
};

/*
 * Read the file at *offset (0 at first) and move *offset to the next one.
 * False at the end, or where the archive is damaged.
 */
bool cpio_next(struct blob archive, uint64_t *offset, struct cpio_file *file);

/* The content of the file with this exact name; data is NULL if absent. */
struct blob cpio_find(struct blob archive, const char *name);
