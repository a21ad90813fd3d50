/*
 * after.c - runs when `leaves` is gone, and must not notice it: each interrupt
 * that comes is its own.
 */
#include "../devices.h"

static volatile uint64_t count;

static void take(struct trap_frame *frame)
{
	CHECK(csr_read(scause) == (CAUSE_INTERRUPT | IRQ_SEI),
	      "trap 0x%lx at 0x%lx", csr_read(scause), frame->sepc);
	unsigned source = claim();
	CHECK(source == SOURCE_UART, "an interrupt, and claim returns %u",
	      source);
	uart_clear();
	complete(source);
	count++;
}

void guest_program(void)
{
	uint64_t n = arg_u64("n", 20);

	guest_trap_hook = take;
	csr_write(sie, SIE_EXTERNAL);
	interrupts_on();
	CHECK(count == 0, "an interrupt before any source was enabled");
	plic_set_priority(SOURCE_UART, 1);
	plic_set_enabled(true, true);
	for (uint64_t i = 0; i < n; i++) {
		uart_ring();
		CHECK(count == i + 1, "%lu interrupts, not %lu", count, i + 1);
	}
	interrupts_off();
	printf("%lu interrupts, all of them mine\n", count);
	guest_tell(count);
}
