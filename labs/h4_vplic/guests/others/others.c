/*
 * others.c - the PLIC shares hvip with two other interrupts (h4.4): whatever
 * it does, a software interrupt and a timer interrupt stay as they are.
 */
#include "../devices.h"

#define SIE_SOFTWARE (1UL << IRQ_SSI)
#define SIE_TIMER (1UL << IRQ_STI)

static uint64_t software, timer, external;

static void set_timer(uint64_t when)
{
	struct sbiret ret = sbi_ecall(when, 0, 0, 0, 0, 0, SBI_TIME_SET_TIMER,
				      SBI_EXT_TIME);

	CHECK(ret.error == SBI_SUCCESS, "set_timer answers %ld", ret.error);
}

static void take(struct trap_frame *frame)
{
	switch (csr_read(scause)) {
	case CAUSE_INTERRUPT | IRQ_SSI:
		csr_clear(sip, SIE_SOFTWARE);
		software++;
		return;
	case CAUSE_INTERRUPT | IRQ_STI:
		set_timer(~0UL);
		timer++;
		return;
	case CAUSE_INTERRUPT | IRQ_SEI:
		rtc_clear();
		complete(claim());
		external++;
		return;
	default:
		guest_failed("trap 0x%lx at 0x%lx", csr_read(scause),
			     frame->sepc);
	}
}

/* The PLIC's interrupt comes and goes, once or twice; is it taken? */
static void disturb(uint64_t dice)
{
	if (dice & 1) { /* comes, and is claimed without a trap */
		rtc_ring();
		unsigned source = claim();
		rtc_clear();
		complete(source);
	}
	if (dice & 2) { /* comes, is masked, comes again, is taken */
		rtc_ring();
		plic_set_threshold(7);
		plic_set_threshold(0);
		csr_write(sie, SIE_EXTERNAL);
		uint64_t before = external;
		interrupts_window();
		CHECK(external == before + 1, "no external interrupt came");
	}
	plic_set_priority(SOURCE_UART, dice >> 2 & 7);
}

static void one_round(uint64_t i, uint64_t dice)
{
	bool ring = dice & 1, tick = dice & 2;
	uint64_t software_before = software, timer_before = timer;

	csr_write(sie, 0);
	if (ring)
		csr_set(sip, SIE_SOFTWARE);
	if (tick)
		set_timer(0);
	disturb(dice >> 2);
	csr_write(sie, SIE_SOFTWARE | SIE_TIMER);
	interrupts_window();
	CHECK(software - software_before == ring,
	      "round %lu: the software interrupt %s", i,
	      ring ? "is lost" : "came from nowhere");
	CHECK(timer - timer_before == tick, "round %lu: the timer interrupt %s",
	      i, tick ? "is lost" : "came from nowhere");
}

void guest_program(void)
{
	uint64_t n = arg_u64("n", 50);

	guest_trap_hook = take;
	plic_set_priority(SOURCE_RTC, 1);
	plic_set_enabled(false, true);
	for (uint64_t i = 0; i < n; i++)
		one_round(i, guest_random() >> 32);
	printf("%lu software, %lu timer, %lu external interrupts\n", software,
	       timer, external);
	guest_tell(software);
	guest_tell(timer);
	guest_tell(external);
}
