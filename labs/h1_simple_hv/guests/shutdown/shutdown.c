/*
 * shutdown.c - the ways to end a VM (h1.5): how=srst, how=reboot or
 * how=legacy. SRST refuses nonsense before that, and that ends nothing.
 */
#include <string.h>

#include "guest.h"

static struct sbiret srst(uint64_t type, uint64_t reason)
{
	return sbi_ecall(type, reason, 0, 0, 0, 0, SBI_SRST_SYSTEM_RESET,
			 SBI_EXT_SRST);
}

static void refused(uint64_t type, uint64_t reason)
{
	struct sbiret ret = srst(type, reason);

	CHECK(ret.error == SBI_ERR_INVALID_PARAM,
	      "SRST type 0x%lx, reason 0x%lx answers %ld", type, reason,
	      ret.error);
}

static void refuse_nonsense(void)
{
	refused(3 + (guest_random() >> 36), SBI_SRST_REASON_NONE);
	refused(SBI_SRST_TYPE_SHUTDOWN, 2 + (guest_random() >> 36));
	refused(SBI_SRST_TYPE_WARM_REBOOT + 1, 0);
	refused(0, SBI_SRST_REASON_SYSTEM_FAILURE + 1);
}

void guest_program(void)
{
	const char *how = *arg_word("how") ? arg_word("how") : "srst";
	uint64_t number = guest_random();

	printf("the end: %s, 0x%lx\n", how, number);
	guest_tell(number);
	if (strcmp(how, "legacy") == 0) {
		/* It has no functions: a6 means nothing. */
		sbi_ecall(0, 0, 0, 0, 0, 0, guest_random(),
			  SBI_EXT_LEGACY_SHUTDOWN);
	} else if (strcmp(how, "reboot") == 0) {
		srst(SBI_SRST_TYPE_COLD_REBOOT, SBI_SRST_REASON_SYSTEM_FAILURE);
	} else {
		refuse_nonsense();
		srst(SBI_SRST_TYPE_SHUTDOWN, SBI_SRST_REASON_NONE);
	}
	guest_failed("still running after the end");
}
