/*
 * regs.c - every register survives every exit (h1.3).
 *
 * Again and again: all of x1 to x31 are random, sp, gp and tp too; one ecall
 * leaves the guest; then all of them must be what they were, but for the
 * call's answer in a0 and a1.
 */
#include "guest.h"

#define ECALL 0x00000073U

void guest_program(void)
{
	uint64_t in[32], out[32], sum = 0;
	uint64_t count = arg_u64("count", 1000);

	for (uint64_t i = 0; i < count; i++) {
		uint64_t known = guest_random() & 1;
		for (int n = 1; n < 32; n++)
			in[n] = guest_random();
		in[10] = known ? SBI_EXT_DBCN : 0x0badcafe;
		in[16] = SBI_BASE_PROBE_EXTENSION;
		in[17] = SBI_EXT_BASE;
		probe(ECALL, in, out);
		CHECK(out[10] == SBI_SUCCESS && out[11] == known,
		      "exit %lu: probe_extension(0x%lx) answers a0 = %ld, "
		      "a1 = %lu",
		      i, in[10], (long)out[10], out[11]);
		for (int n = 1; n < 32; n++) {
			CHECK(n == 10 || n == 11 || out[n] == in[n],
			      "exit %lu: x%d was 0x%lx, is 0x%lx", i, n, in[n],
			      out[n]);
			sum = sum * 31 + out[n];
		}
	}
	printf("%lu exits, sum 0x%lx\n", count, sum);
	guest_tell(sum);
}
