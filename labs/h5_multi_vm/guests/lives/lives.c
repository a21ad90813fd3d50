/*
 * lives.c - a guest that ends badly and starts afresh (h5.5). In each of its
 * lives it looks whether everything is new, leaves its mark everywhere, and
 * ends: how=crash, or how=reboot.
 */
#include "../../../h4_vplic/guests/devices.h"
#include "../lanes.h"

#define SOON 10000 /* ticks: a millisecond */

static uint64_t initialised = 0x5eed;

static void look_at_everything(const uint64_t *start, const uint64_t *end)
{
	uint64_t now = csr_read(time), step = arg_u64("stride", 4096) / 8;

	CHECK(now < SOON, "the clock shows %lu ticks at the start", now);
	CHECK(initialised == 0x5eed, "data is 0x%lx at the start", initialised);
	CHECK(csr_read(sie) == 0 && csr_read(satp) == 0 && csr_read(sip) == 0,
	      "sie 0x%lx, satp 0x%lx, sip 0x%lx at the start", csr_read(sie),
	      csr_read(satp), csr_read(sip));
	CHECK(*plic_reg(PLIC_ENABLE) == 0, "its PLIC has 0x%x enabled",
	      *plic_reg(PLIC_ENABLE));
	for (const uint64_t *word = start; word < end; word += step)
		CHECK(*word == 0, "%p holds 0x%lx at the start",
		      (const void *)word, *word);
}

static void leave_marks(uint64_t *start, const uint64_t *end)
{
	uint64_t step = arg_u64("stride", 4096) / 8;

	initialised = guest_random();
	plic_set_priority(9, 1);
	*plic_reg(PLIC_ENABLE) = 1 << 9;
	sbi_ecall(csr_read(time) + SOON, 0, 0, 0, 0, 0, SBI_TIME_SET_TIMER,
		  SBI_EXT_TIME);
	for (uint64_t *word = start; word < end; word += step)
		*word = guest_random();
}

void guest_program(void)
{
	uint64_t *end, *start = free_ram(&end);

	look_at_everything(start, end);
	lane_tell(guest_random());
	leave_marks(start, end);
	burn(arg_u64("work", 100000));
	csr_write(sie, 1 << IRQ_STI);
	csr_set(sip, 1 << IRQ_SSI);
	if (arg_word("how")[0] == 'r')
		sbi_ecall(SBI_SRST_TYPE_COLD_REBOOT, 0, 0, 0, 0, 0,
			  SBI_SRST_SYSTEM_RESET, SBI_EXT_SRST);
	csr_write(stvec, 0);
	__asm__ volatile("unimp");
}
