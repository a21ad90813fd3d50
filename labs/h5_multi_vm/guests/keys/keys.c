/*
 * keys.c - a guest that is typed to (h5.6). It reads n keys through the SBI,
 * shows each one, and tells the sum of all.
 */
#include "../lanes.h"

static uint8_t key;

static int read_key(void)
{
	struct sbiret ret = sbi_ecall(1, (uint64_t)&key, 0, 0, 0, 0,
				      SBI_DBCN_CONSOLE_READ, SBI_EXT_DBCN);

	CHECK(ret.error == SBI_SUCCESS && ret.value <= 1,
	      "DBCN read answers %ld, %lu", ret.error, ret.value);
	return ret.value == 1;
}

void guest_program(void)
{
	uint64_t n = arg_u64("n", 10), sum = 0;

	printf("type %lu keys\n", n);
	for (uint64_t i = 0; i < n; i++) {
		while (!read_key())
			burn(10000);
		printf("key %lu is %c\n", i + 1, key);
		sum = sum * 31 + key;
	}
	lane_tell(sum);
}
