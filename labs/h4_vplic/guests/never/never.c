/*
 * never.c - a guest that claims and never completes (h4.5). That source stays
 * quiet for ever, which is what the guest asked for. All else goes on.
 */
#include "../devices.h"

static volatile uint64_t rtc, uart;

static void take(struct trap_frame *frame)
{
	CHECK(csr_read(scause) == (CAUSE_INTERRUPT | IRQ_SEI),
	      "trap 0x%lx at 0x%lx", csr_read(scause), frame->sepc);
	unsigned source = claim();
	CHECK(source == SOURCE_RTC || source == SOURCE_UART, "claim returns %u",
	      source);
	if (source == SOURCE_RTC) {
		rtc++;
		rtc_clear();
		return;
	}
	uart++;
	uart_clear();
	complete(source);
}

void guest_program(void)
{
	uint64_t n = arg_u64("n", 100);

	guest_trap_hook = take;
	csr_write(sie, SIE_EXTERNAL);
	plic_set_priority(SOURCE_UART, 1);
	plic_set_priority(SOURCE_RTC, 2);
	plic_set_enabled(true, true);
	interrupts_on();
	for (uint64_t i = 0; i < n; i++) {
		rtc_ring();
		rtc_clear();
		uart_ring();
	}
	interrupts_off();
	CHECK(rtc == 1, "%lu interrupts of a source that was never completed",
	      rtc);
	CHECK(uart == n, "%lu of %lu interrupts of the other source came", uart,
	      n);
	printf("%lu and %lu interrupts\n", rtc, uart);
	guest_tell(uart);
}
