/*
 * calls.c - set_timer as a call (h3.2): what it answers, and what it leaves
 * alone. The deadlines are too far away to matter; what they do is in arm.c.
 */
#include "guest.h"

#define ECALL 0x00000073U

static uint64_t sum;

/* Call with random registers; only a0, and a1 unless legacy, may change. */
static void call(uint64_t extension, uint64_t function, long error)
{
	uint64_t in[32], out[32];
	int legacy = extension <= SBI_EXT_LEGACY_LAST;

	for (int n = 1; n < 32; n++)
		in[n] = guest_random();
	in[10] |= 1UL << 62;
	in[16] = function;
	in[17] = extension;
	probe(ECALL, in, out);
	CHECK((long)out[10] == error,
	      "extension 0x%lx, function 0x%lx: a0 is %ld instead of %ld",
	      extension, function, (long)out[10], error);
	CHECK(legacy || out[11] == 0, "extension 0x%lx: a1 is 0x%lx", extension,
	      out[11]);
	for (int n = 1; n < 32; n++)
		CHECK(n == 10 || (n == 11 && !legacy) || out[n] == in[n],
		      "extension 0x%lx: x%d was 0x%lx, is 0x%lx", extension, n,
		      in[n], out[n]);
	sum = sum * 31 + in[9];
}

static void probe_for(uint64_t extension)
{
	struct sbiret ret = sbi_ecall(extension, 0, 0, 0, 0, 0,
				      SBI_BASE_PROBE_EXTENSION, SBI_EXT_BASE);

	CHECK(ret.error == SBI_SUCCESS && ret.value == 1,
	      "probe_extension(0x%lx) answers %ld, %lu", extension, ret.error,
	      ret.value);
}

void guest_program(void)
{
	uint64_t n = arg_u64("n", 10);

	probe_for(SBI_EXT_TIME);
	probe_for(SBI_EXT_LEGACY_SET_TIMER);
	for (uint64_t i = 0; i < n; i++) {
		call(SBI_EXT_TIME, SBI_TIME_SET_TIMER, SBI_SUCCESS);
		call(SBI_EXT_LEGACY_SET_TIMER, guest_random(), SBI_SUCCESS);
		call(SBI_EXT_TIME, 1 + (guest_random() >> 1),
		     SBI_ERR_NOT_SUPPORTED);
	}
	printf("%lu calls of each kind\n", n);
	guest_tell(sum);
}
