/*
 * mhartid.c - `csrr rd, mhartid` for every rd (h1.6).
 *
 * A guest has no M-mode, so the instruction is illegal and exits. It must end
 * in rd as the VM's device tree says, and change nothing else.
 */
#include "guest.h"

#define CSRR_MHARTID(rd) (0xf1402073U | (rd) << 7)

static uint64_t hartid, sum;

static void try(uint32_t rd)
{
	uint64_t in[32], out[32];

	for (int n = 1; n < 32; n++)
		in[n] = guest_random();
	probe(CSRR_MHARTID(rd), in, out);
	if (rd != 0)
		CHECK(out[rd] == hartid,
		      "csrr x%u, mhartid yields 0x%lx instead of 0x%lx", rd,
		      out[rd], hartid);
	for (uint32_t n = 1; n < 32; n++)
		CHECK(n == rd || out[n] == in[n],
		      "csrr x%u, mhartid: x%u was 0x%lx, is 0x%lx", rd, n,
		      in[n], out[n]);
	sum = sum * 31 + (rd != 0 ? out[rd] : 0);
}

void guest_program(void)
{
	fdt_node cpu = fdt_device_type(&guest_fdt, FDT_ROOT, "cpu");
	uint64_t size;

	CHECK(fdt_reg(&guest_fdt, cpu, 0, &hartid, &size), "no cpu node");
	for (uint32_t rd = 0; rd < 32; rd++)
		try(rd);
	for (int i = 0; i < 32; i++)
		try((uint32_t)(guest_random() >> 59));
	printf("mhartid is 0x%lx\n", hartid);
	guest_tell(sum);
}
