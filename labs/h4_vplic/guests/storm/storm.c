/*
 * storm.c - a device that never stops (h4.5). It may interrupt as often as it
 * likes, but the guest has to get on, and so does the hypervisor.
 */
#include "../devices.h"

static volatile uint64_t served, left, work;
static volatile bool claimed;

static void check(const struct trap_frame *frame)
{
	CHECK(csr_read(scause) == (CAUSE_INTERRUPT | IRQ_SEI),
	      "trap 0x%lx at 0x%lx", csr_read(scause), frame->sepc);
	unsigned source = claim();
	CHECK(source == SOURCE_RTC, "claim returns %u", source);
	served++;
}

/* As soon as it is quiet it rings again. */
static void ring_at_once(struct trap_frame *frame)
{
	check(frame);
	rtc_clear();
	if (--left)
		rtc_ring();
	complete(SOURCE_RTC);
}

/* The wire stays high; completing is left to the program. */
static void claim_only(struct trap_frame *frame)
{
	CHECK(!claimed, "an interrupt of a source that is already claimed");
	check(frame);
	claimed = true;
}

/* While it is claimed, the source is quiet, however hard it rings. */
static void work_in_peace(uint64_t n)
{
	for (uint64_t i = 0; i < n; i++) {
		work++;
		if (i % 16 == 0)
			rtc_look_again();
	}
}

void guest_program(void)
{
	uint64_t n = arg_u64("n", 1000), rounds = arg_u64("rounds", 100);

	csr_write(sie, SIE_EXTERNAL);
	plic_set_priority(SOURCE_RTC, 1);
	plic_set_enabled(false, true);

	guest_trap_hook = ring_at_once;
	left = n;
	interrupts_on();
	rtc_ring();
	CHECK(served == n, "%lu of %lu interrupts in a row came", served, n);

	guest_trap_hook = claim_only;
	rtc_ring();
	for (uint64_t i = 0; i < rounds; i++) {
		CHECK(claimed, "round %lu: the wire is high, no interrupt", i);
		work_in_peace(n);
		claimed = false;
		complete(SOURCE_RTC);
	}
	interrupts_off();
	rtc_clear();
	CHECK(served == n + rounds + 1, "%lu interrupts, not %lu", served,
	      n + rounds + 1);
	printf("%lu interrupts, %lu units of work\n", served, work);
	guest_tell(served);
	guest_tell(work);
}
