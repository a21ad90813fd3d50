/*
 * both.c - two sources at once (h4.4): when one is completed, the other is
 * still pending, and must still interrupt.
 */
#include "../devices.h"

static unsigned served[2], count;
static bool both_in_one_trap, first_claimed_first;

static void quench(unsigned source)
{
	CHECK(source == SOURCE_UART || source == SOURCE_RTC, "claim returns %u",
	      source);
	if (source == SOURCE_UART)
		uart_clear();
	else
		rtc_clear();
	CHECK(count < 2, "a third interrupt, of source %u", source);
	served[count++] = source;
}

static void take(struct trap_frame *frame)
{
	CHECK(csr_read(scause) == (CAUSE_INTERRUPT | IRQ_SEI),
	      "trap 0x%lx at 0x%lx", csr_read(scause), frame->sepc);
	unsigned first = claim();
	quench(first);
	if (!both_in_one_trap) {
		complete(first);
		return;
	}
	unsigned second = claim();
	quench(second);
	complete(first_claimed_first ? first : second);
	complete(first_claimed_first ? second : first);
}

void guest_program(void)
{
	uint64_t n = arg_u64("n", 50), sum = 0;

	guest_trap_hook = take;
	csr_write(sie, SIE_EXTERNAL);
	plic_set_enabled(true, true);
	for (uint64_t i = 0; i < n; i++) {
		uint32_t dice = (uint32_t)(guest_random() >> 32);
		uint32_t uart = dice % 7 + 1, rtc = dice / 7 % 7 + 1;
		both_in_one_trap = dice >> 10 & 1;
		first_claimed_first = dice >> 11 & 1;
		plic_set_priority(SOURCE_UART, uart);
		plic_set_priority(SOURCE_RTC, rtc);

		count = 0;
		if (dice >> 12 & 1) {
			uart_ring();
			rtc_ring();
		} else {
			rtc_ring();
			uart_ring();
		}
		interrupts_on();
		__asm__ volatile("nop");
		interrupts_off();

		CHECK(count == 2, "round %lu: %u of 2 interrupts came%s", i,
		      count, both_in_one_trap ? "" : ", the other one is lost");
		unsigned want = rtc > uart ? SOURCE_RTC : SOURCE_UART;
		CHECK(served[0] == want,
		      "priorities %u and %u: source %u came first", uart, rtc,
		      served[0]);
		sum = sum * 31 + served[0];
	}
	printf("%lu times two interrupts\n", n);
	guest_tell(sum);
}
