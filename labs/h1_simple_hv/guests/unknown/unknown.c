/*
 * unknown.c - SBI calls that do not exist: extensions that nobody has, and
 * functions that an extension does not have (h1.5).
 */
#include "guest.h"

static void unknown(uint64_t extension, uint64_t function)
{
	struct sbiret ret = sbi_ecall(0, 0, 0, 0, 0, 0, function, extension);

	CHECK(ret.error == SBI_ERR_NOT_SUPPORTED,
	      "extension 0x%lx, function 0x%lx answers %ld", extension,
	      function, ret.error);
}

void guest_program(void)
{
	uint64_t n = arg_u64("n", 50);

	for (uint64_t i = 0; i < n; i++) {
		uint64_t id = 0x09000000 | guest_random() >> 40;
		unknown(id, guest_random() & 7);
	}
	unknown(SBI_EXT_BASE - 1, 0);
	unknown(SBI_EXT_BASE + 1, 0);
	unknown(SBI_EXT_DBCN + 1, 0);
	unknown(SBI_EXT_BASE, SBI_BASE_GET_MIMPID + 1);
	unknown(SBI_EXT_DBCN, SBI_DBCN_CONSOLE_WRITE_BYTE + 1);
	unknown(SBI_EXT_SRST, SBI_SRST_SYSTEM_RESET + 1);
	unknown(SBI_EXT_BASE, 7 + (guest_random() >> 40));
	unknown(SBI_EXT_DBCN, 3 + (guest_random() >> 40));
	unknown(SBI_EXT_SRST, 1 + (guest_random() >> 40));
	printf("%lu unknown extensions, all refused\n", n);
	guest_tell(guest_random());
}
