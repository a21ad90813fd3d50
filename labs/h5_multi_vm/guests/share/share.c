/*
 * share.c - a guest that never waits (h5.3). It works while the machine's count
 * of cycles is in [from, to), the same stretch for every VM, and tells how many
 * units of work it has got done. It listens to every interrupt of its PLIC, and
 * fails if one comes: none of them is its own (h5.4).
 */
#include "../../../h4_vplic/guests/devices.h"
#include "../lanes.h"

#define UNIT 1000 /* instructions */

static void listen(void)
{
	for (unsigned source = 1; source < 32; source++)
		plic_set_priority(source, 7);
	*plic_reg(PLIC_ENABLE) = ~0U;
	csr_write(sie, 1 << IRQ_SSI | 1 << IRQ_STI | 1 << IRQ_SEI);
	interrupts_on();
}

void guest_program(void)
{
	uint64_t from = arg_u64("from", 20000000);
	uint64_t to = arg_u64("to", 50000000), units = 0;

	listen();
	while (machine_cycle() < from)
		;
	for (; machine_cycle() < to; units++)
		burn(UNIT);
	printf("%lu units of work\n", units);
	lane_tell(units);
}
