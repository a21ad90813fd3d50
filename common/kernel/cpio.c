/*
 * cpio.c - reads newc archives ("070701", cpio(5)): a header of eight-digit
 * hexadecimal fields, the name and the content, each padded to four bytes.
 */
#include "cpio.h"

#include <string.h>

#include "addr.h"

#define HEADER_SIZE 110
#define FIELD_FILESIZE 54
#define FIELD_NAMESIZE 94

/* Eight hexadecimal digits, or false. */
static bool hex_field(const uint8_t *digits, uint64_t *value)
{
	*value = 0;
	for (int i = 0; i < 8; i++) {
		uint8_t c = digits[i] | 0x20; /* to lower case */
		bool decimal = c >= '0' && c <= '9';
		if (!decimal && (c < 'a' || c > 'f'))
			return false;
		*value = *value << 4 |
			 (uint64_t)(decimal ? c - '0' : c - 'a' + 10);
	}
	return true;
}

bool cpio_next(struct blob archive, uint64_t *offset, struct cpio_file *file)
{
	uint64_t name_size, content_size, room;

	if (!range_inside(*offset, HEADER_SIZE, 0, archive.size))
		return false;
	const uint8_t *header = archive.data + *offset;
	if (memcmp(header, "070701", 6) != 0 ||
	    !hex_field(header + FIELD_NAMESIZE, &name_size) ||
	    !hex_field(header + FIELD_FILESIZE, &content_size))
		return false;
	uint64_t content = align_up(*offset + HEADER_SIZE + name_size, 4);
	if (name_size == 0 || content > archive.size)
		return false;
	room = archive.size - content;
	if (content_size > room || header[HEADER_SIZE + name_size - 1] != 0)
		return false;
	*file = (struct cpio_file){
		.name = (const char *)header + HEADER_SIZE,
		.content = {archive.data + content, content_size},
	};
	*offset = align_up(content + content_size, 4);
	return strcmp(file->name, "TRAILER!!!") != 0;
}

struct blob cpio_find(struct blob archive, const char *name)
{
	struct cpio_file file;
	uint64_t offset = 0;

	while (cpio_next(archive, &offset, &file))
		if (strcmp(file.name, name) == 0)
			return file.content;
	return (struct blob){NULL, 0};
}
