/*
 * pflash.c - reads the flash memory at the node "cfi-flash" (h2.7).
 *
 * Its first four bytes are letters. From at= on it is read byte by byte, then in
 * each of the larger widths, as far as n= says; all must see the same. With
 * jump= the guest also jumps to that place in it, where it must not get.
 */
#include "guest.h"

#define READ(type, at) (*(volatile type *)(at))

/* The four letters at `at`. */
static void print_magic(uint64_t at)
{
	uint32_t magic = READ(uint32_t, at);

	printf("Got pflash magic: %c%c%c%c\n", (char)magic, (char)(magic >> 8),
	       (char)(magic >> 16), (char)(magic >> 24));
}

/* sum = sum * 31 + byte, for all bytes. */
static uint64_t fold(uint64_t sum, uint64_t value, unsigned width)
{
	for (unsigned i = 0; i < width; i++)
		sum = sum * 31 + (value >> 8 * i & 0xff);
	return sum;
}

static uint64_t fold_all(uint64_t at, uint64_t n, unsigned width)
{
	uint64_t sum = 0;

	for (uint64_t end = at + n; at < end; at += width) {
		uint64_t value = width == 1   ? READ(uint8_t, at)
				 : width == 2 ? READ(uint16_t, at)
				 : width == 4 ? READ(uint32_t, at)
					      : READ(uint64_t, at);
		sum = fold(sum, value, width);
	}
	return sum;
}

/* What flash holds is data. */
static void jump(uint64_t to)
{
	guest_trap_hook = guest_note_trap;
	__asm__ volatile("jalr %0" ::"r"(to) : "ra", "memory");
	CHECK(guest_noted.scause == CAUSE_FETCH_ACCESS &&
		      guest_noted.stval == to,
	      "a jump to 0x%lx: scause %lu, stval 0x%lx", to,
	      guest_noted.scause, guest_noted.stval);
}

void guest_program(void)
{
	fdt_node node = fdt_compatible(&guest_fdt, FDT_ROOT, "cfi-flash");
	uint64_t base, size, at, n = arg_u64("n", 64), sum;

	CHECK(fdt_reg(&guest_fdt, node, 0, &base, &size), "no flash node");
	print_magic(base);
	at = base + arg_u64("at", 0);
	sum = fold_all(at, n, 1);
	for (unsigned width = 2; width <= 8; width *= 2) {
		uint64_t other = fold_all(at, n, width);
		CHECK(other == sum,
		      "%lu bytes: sum 0x%lx, read %u at a time 0x%lx", n, sum,
		      width, other);
	}
	if (arg_u64("jump", 0))
		jump(base + arg_u64("jump", 0));
	printf("%lu bytes, sum 0x%lx\n", n, sum);
	guest_tell(sum);
}
