/*
 * base.c - the SBI's BASE extension: what am I running on? (h1.5)
 */
#include "guest.h"

static struct sbiret base(uint64_t function, uint64_t a0)
{
	/* a1 comes in as garbage: an answer must overwrite it. */
	return sbi_ecall(a0, guest_random(), 0, 0, 0, 0, function,
			 SBI_EXT_BASE);
}

static void probe_extension(uint64_t id, uint64_t want)
{
	struct sbiret ret = base(SBI_BASE_PROBE_EXTENSION, id);

	CHECK(ret.error == SBI_SUCCESS && !ret.value == !want,
	      "probe_extension(0x%lx) answers %ld, %lu", id, ret.error,
	      ret.value);
}

void guest_program(void)
{
	struct sbiret version = base(SBI_BASE_GET_SPEC_VERSION, 0);
	struct sbiret hart = base(SBI_BASE_GET_MVENDORID, 0);

	CHECK(version.error == SBI_SUCCESS &&
		      version.value == SBI_SPEC_VERSION_2_0,
	      "get_spec_version answers %ld, 0x%lx", version.error,
	      version.value);
	for (uint64_t function = SBI_BASE_GET_IMPL_ID;
	     function <= SBI_BASE_GET_MIMPID; function++) {
		struct sbiret ret = base(function, SBI_EXT_BASE);
		CHECK(ret.error == SBI_SUCCESS, "function %lu answers %ld",
		      function, ret.error);
	}
	CHECK(hart.value == 0, "mvendorid is 0x%lx: nobody made this hart",
	      hart.value);
	probe_extension(SBI_EXT_BASE, 1);
	probe_extension(SBI_EXT_DBCN, 1);
	probe_extension(SBI_EXT_SRST, 1);
	probe_extension(SBI_EXT_LEGACY_CONSOLE_PUTCHAR, 1);
	probe_extension(SBI_EXT_LEGACY_SHUTDOWN, 1);
	for (uint64_t i = 0, n = arg_u64("n", 20); i < n; i++)
		probe_extension(0x09000000 | guest_random() >> 40, 0);
	printf("SBI %lu.%lu\n", version.value >> 24, version.value & 0xffffff);
	guest_tell(version.value);
}
