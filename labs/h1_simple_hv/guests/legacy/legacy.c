/*
 * legacy.c - the SBI's old calls (h1.5): they return in a0 only, and every
 * other register, a1 too, is as it was.
 */
#include "guest.h"

#define ECALL 0x00000073U

static long call(uint64_t extension, uint64_t a0)
{
	uint64_t in[32], out[32];

	for (int n = 1; n < 32; n++)
		in[n] = guest_random();
	in[10] = a0;
	in[17] = extension;
	probe(ECALL, in, out);
	for (int n = 1; n < 32; n++)
		CHECK(n == 10 || out[n] == in[n],
		      "legacy call %lu: x%d was 0x%lx, is 0x%lx", extension, n,
		      in[n], out[n]);
	return (long)out[10];
}

static void put(char c)
{
	long ret = call(SBI_EXT_LEGACY_CONSOLE_PUTCHAR, (uint8_t)c);

	CHECK(ret == 0, "putchar returns %ld", ret);
}

void guest_program(void)
{
	for (uint64_t i = 0, n = arg_u64("n", 10); i < n; i++)
		put((char)('a' + guest_random() % 26));
	put('\n');
	/* The rest of the old calls do not exist. */
	for (uint64_t id = 2; id < 8; id++) {
		long ret = call(id, 0);
		CHECK(ret == SBI_ERR_NOT_SUPPORTED, "legacy call %lu is %ld",
		      id, ret);
	}
}
