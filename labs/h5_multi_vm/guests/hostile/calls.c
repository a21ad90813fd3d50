/*
 * calls.c - hostile: the SBI, with arguments that nobody expects.
 */
#include "hostile.h"

/* Every call, but for those by which a VM ends itself. */
void sbi(void)
{
	static const uint64_t extensions[] = {
		0,
		2,
		3,
		4,
		5,
		6,
		7,
		9,
		15,
		SBI_EXT_BASE,
		SBI_EXT_TIME,
		SBI_EXT_SRST,
		SBI_EXT_DBCN,
		SBI_EXT_IPI,
		SBI_EXT_RFENCE,
		SBI_EXT_HSM,
		SBI_EXT_DOORBELL,
		0x504d55,
		0x53555350,
		-1UL,
	};
	uint64_t n = sizeof(extensions) / sizeof(*extensions);

	for (uint64_t i = 0; i < times; i++) {
		uint64_t extension = extensions[dice(n)];
		uint64_t function = dice(4) ? dice(8) : guest_random();
		uint64_t a0 = dice(3) ? dice(5) : anywhere();
		if ((extension == SBI_EXT_SRST && (uint32_t)a0 < 3) ||
		    (extension == SBI_EXT_HSM && function == 1) ||
		    (extension == SBI_EXT_HSM && function == 3))
			continue;
		sbi_ecall(a0, anywhere(), dice(2) * anywhere(), anywhere(),
			  anywhere(), anywhere(), function, extension);
	}
}

/* Text from, and keys to, memory that is not its own. */
void pointers(void)
{
	for (uint64_t i = 0; i < times; i++) {
		uint64_t at = anywhere(), size = 1 + dice(4) * guest_random();
		if (own(at) && size < 0x1000000)
			continue;
		struct sbiret ret =
			sbi_ecall(size, at, 0, 0, 0, 0, dice(2), SBI_EXT_DBCN);
		CHECK(ret.error == SBI_ERR_INVALID_PARAM,
		      "DBCN with 0x%lx+0x%lx answers %ld", at, size, ret.error);
	}
}

/* Deadlines, a few ticks ahead, as fast as it can. */
void deadlines(void)
{
	for (uint64_t i = 0; i < times; i++)
		sbi_ecall(csr_read(time) + dice(3), 0, 0, 0, 0, 0,
			  SBI_TIME_SET_TIMER, SBI_EXT_TIME);
}

void reboots(void)
{
	sbi_ecall(SBI_SRST_TYPE_WARM_REBOOT, 0, 0, 0, 0, 0,
		  SBI_SRST_SYSTEM_RESET, SBI_EXT_SRST);
}
