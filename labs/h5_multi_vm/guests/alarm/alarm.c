/*
 * alarm.c - a guest with a device of its own, the machine's clock, that rings
 * while others have the hart (h5.4). It sleeps until then, or it works. All the
 * while its own SSIP is set, and no business of the alarm's.
 */
#include "../../../h4_vplic/guests/devices.h"
#include "../lanes.h"

#define RTC_TIME_LOW 0x00
#define RTC_TIME_HIGH 0x04

static volatile uint64_t rung;

static uint32_t rtc_read(uint64_t offset)
{
	return *(volatile uint32_t *)(RTC_BASE + offset);
}

/* In so many nanoseconds, which is instructions here. */
static void ring_in(uint64_t delay)
{
	uint64_t now = rtc_read(RTC_TIME_LOW);

	now |= (uint64_t)rtc_read(RTC_TIME_HIGH) << 32;
	rtc_write(RTC_IRQ_ENABLED, 1);
	rtc_write(RTC_ALARM_HIGH, (uint32_t)((now + delay) >> 32));
	rtc_write(RTC_ALARM_LOW, (uint32_t)(now + delay));
}

static void on_interrupt(struct trap_frame *frame)
{
	CHECK(csr_read(scause) == (CAUSE_INTERRUPT | IRQ_SEI),
	      "trap 0x%lx at 0x%lx", csr_read(scause), frame->sepc);
	unsigned source = claim();
	CHECK(source == SOURCE_RTC, "claim returns %u", source);
	rung++;
	rtc_clear();
	complete(source);
	CHECK(csr_read(sip) & 1 << IRQ_SSI, "SSIP is gone at alarm %lu", rung);
}

static void wait_for(uint64_t n, bool asleep)
{
	uint64_t start = csr_read(time);

	while (rung < n) {
		if (asleep)
			__asm__ volatile("wfi");
		else
			burn_beside(10000);
		interrupts_window();
		CHECK(csr_read(time) - start < 10000000,
		      "alarm %lu does not come", n);
	}
}

void guest_program(void)
{
	uint64_t n = arg_u64("n", 10);

	csr_write(sie, SIE_EXTERNAL);
	csr_set(sip, 1 << IRQ_SSI);
	plic_set_priority(SOURCE_RTC, 1);
	plic_set_enabled(false, true);
	guest_trap_hook = on_interrupt;
	for (uint64_t i = 1; i <= n; i++) {
		uint64_t dice = guest_random() >> 32;
		ring_in(100000 + dice % 3000000);
		wait_for(i, dice >> 31 & 1);
	}
	check_beside(1);
	printf("%lu alarms\n", n);
	lane_tell(n);
}
