/*
 * sbi.c - what a payload that expects an SBI can rely on: each call, and the
 * errors for wrong arguments. The VM has one hart, 0x1234.
 */
#include "guest.h"

#define HART 0x1234UL
#define ALL (~0UL) /* as hart_mask_base: every hart */
#define NOT_RAM 0x40000000UL

static char buffer[64];

/* What the calls answer; `value` only where there is one. */
static const struct {
	uint64_t extension, function, a0, a1, a2;
	long error;
	uint64_t value;
} calls[] = {
	{SBI_EXT_BASE, SBI_BASE_PROBE_EXTENSION, SBI_EXT_TIME, 0, 0, 0, 1},
	{SBI_EXT_BASE, SBI_BASE_PROBE_EXTENSION, SBI_EXT_IPI, 0, 0, 0, 1},
	{SBI_EXT_BASE, SBI_BASE_PROBE_EXTENSION, SBI_EXT_RFENCE, 0, 0, 0, 1},
	{SBI_EXT_BASE, SBI_BASE_PROBE_EXTENSION, SBI_EXT_HSM, 0, 0, 0, 1},
	{SBI_EXT_BASE, SBI_BASE_PROBE_EXTENSION, SBI_EXT_SRST, 0, 0, 0, 1},
	{SBI_EXT_BASE, SBI_BASE_PROBE_EXTENSION, SBI_EXT_DBCN, 0, 0, 0, 1},
	{SBI_EXT_BASE, SBI_BASE_PROBE_EXTENSION, 0x4d505859, 0, 0, 0, 0},
	{SBI_EXT_BASE, 7, 0, 0, 0, SBI_ERR_NOT_SUPPORTED, 0},
	{SBI_EXT_TIME, 1, 0, 0, 0, SBI_ERR_NOT_SUPPORTED, 0},
	{SBI_EXT_RFENCE, SBI_RFENCE_REMOTE_FENCE_I, 1, HART, 0, 0, 0},
	{SBI_EXT_RFENCE, SBI_RFENCE_REMOTE_SFENCE_VMA, 0, ALL, 0, 0, 0},
	{SBI_EXT_RFENCE, SBI_RFENCE_REMOTE_SFENCE_VMA_ASID, 0, 0, 0, 0, 0},
	{SBI_EXT_RFENCE, SBI_RFENCE_REMOTE_SFENCE_VMA, 2, HART, 0,
	 SBI_ERR_INVALID_PARAM, 0},
	{SBI_EXT_RFENCE, 3, 1, HART, 0, SBI_ERR_NOT_SUPPORTED, 0},
	{SBI_EXT_IPI, SBI_IPI_SEND_IPI, 1, HART + 1, 0, SBI_ERR_INVALID_PARAM,
	 0},
	{SBI_EXT_IPI, 1, 1, HART, 0, SBI_ERR_NOT_SUPPORTED, 0},
	{SBI_EXT_HSM, SBI_HSM_HART_GET_STATUS, HART, 0, 0, 0, SBI_HSM_STARTED},
	{SBI_EXT_HSM, SBI_HSM_HART_GET_STATUS, 0, 0, 0, SBI_ERR_INVALID_PARAM,
	 0},
	{SBI_EXT_HSM, SBI_HSM_HART_START, HART, 0, 0, SBI_ERR_ALREADY_AVAILABLE,
	 0},
	{SBI_EXT_HSM, SBI_HSM_HART_START, 1, 0, 0, SBI_ERR_INVALID_PARAM, 0},
	{SBI_EXT_HSM, SBI_HSM_HART_SUSPEND, 1, 0, 0, SBI_ERR_INVALID_PARAM, 0},
	{SBI_EXT_HSM, SBI_HSM_HART_SUSPEND, SBI_HSM_SUSPEND_NON_RETENTIVE, 0, 0,
	 SBI_ERR_NOT_SUPPORTED, 0},
	{SBI_EXT_HSM, 4, 0, 0, 0, SBI_ERR_NOT_SUPPORTED, 0},
	{SBI_EXT_SRST, SBI_SRST_SYSTEM_RESET, 3, 0, 0, SBI_ERR_INVALID_PARAM,
	 0},
	{SBI_EXT_SRST, SBI_SRST_SYSTEM_RESET, 0, 2, 0, SBI_ERR_INVALID_PARAM,
	 0},
	{SBI_EXT_SRST, 1, 0, 0, 0, SBI_ERR_NOT_SUPPORTED, 0},
	{SBI_EXT_DBCN, SBI_DBCN_CONSOLE_WRITE, 0, NOT_RAM, 0,
	 SBI_ERR_INVALID_PARAM, 0},
	{SBI_EXT_DBCN, SBI_DBCN_CONSOLE_WRITE, 8, NOT_RAM, 0,
	 SBI_ERR_INVALID_PARAM, 0},
	{SBI_EXT_DBCN, SBI_DBCN_CONSOLE_WRITE, 8, (uint64_t)buffer, 1,
	 SBI_ERR_INVALID_PARAM, 0},
	{SBI_EXT_DBCN, SBI_DBCN_CONSOLE_READ, 64, (uint64_t)buffer, 0, 0, 0},
	{SBI_EXT_DBCN, SBI_DBCN_CONSOLE_READ, 64, NOT_RAM, 0,
	 SBI_ERR_INVALID_PARAM, 0},
	{SBI_EXT_DBCN, 3, 0, 0, 0, SBI_ERR_NOT_SUPPORTED, 0},
	{0x4d505859, 0, 0, 0, 0, SBI_ERR_NOT_SUPPORTED, 0},
};

static int software_pending(void)
{
	return csr_read(sip) >> IRQ_SSI & 1;
}

static void legacy(uint64_t extension, long want)
{
	struct sbiret ret =
		sbi_ecall((uint64_t)buffer, 0x5eed, 0, 0, 0, 0, 0, extension);

	CHECK(ret.error == want && ret.value == 0x5eed,
	      "legacy call %lu answers %ld, and a1 is 0x%lx", extension,
	      ret.error, ret.value);
}

void guest_program(void)
{
	for (unsigned i = 0; i < sizeof(calls) / sizeof(*calls); i++) {
		struct sbiret ret =
			sbi_ecall(calls[i].a0, calls[i].a1, calls[i].a2, 0, 0,
				  0, calls[i].function, calls[i].extension);
		CHECK(ret.error == calls[i].error &&
			      (ret.error || ret.value == calls[i].value),
		      "call %u, function %lu of 0x%lx, answers %ld and %lu", i,
		      calls[i].function, calls[i].extension, ret.error,
		      ret.value);
	}
	sbi_ecall(1, HART, 0, 0, 0, 0, SBI_IPI_SEND_IPI, SBI_EXT_IPI);
	CHECK(software_pending(), "an IPI to this hart is not pending");
	legacy(SBI_EXT_LEGACY_CLEAR_IPI, 0);
	CHECK(!software_pending(), "the legacy call does not clear the IPI");
	legacy(SBI_EXT_LEGACY_SEND_IPI, 0);
	CHECK(software_pending(), "a legacy IPI is not pending");
	legacy(SBI_EXT_LEGACY_REMOTE_FENCE_I, 0);
	legacy(SBI_EXT_LEGACY_REMOTE_SFENCE_VMA, 0);
	legacy(SBI_EXT_LEGACY_CONSOLE_GETCHAR, -1);
	printf("every call is answered as it should be\n");
	sbi_ecall(0, 0, 0, 0, 0, 0, SBI_HSM_HART_STOP, SBI_EXT_HSM);
	guest_failed("a hart that was stopped goes on");
}
