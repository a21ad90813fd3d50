/*
 * cost.c - what the PLIC costs, in instructions of the whole machine (h4.3).
 * Run it with -icount shift=0, or instret counts the host's time instead.
 */
#include "../devices.h"

static volatile uint64_t rung, entered, count;

/* Instructions from begin to now, without those of the reading itself. */
static uint64_t since(uint64_t begin)
{
	return csr_read(instret) - begin - 1;
}

static void take(struct trap_frame *frame)
{
	entered += since(rung);
	CHECK(csr_read(scause) == (CAUSE_INTERRUPT | IRQ_SEI),
	      "trap 0x%lx at 0x%lx", csr_read(scause), frame->sepc);
	count++;
	unsigned source = claim();
	uart_clear();
	complete(source);
}

static uint64_t cost_of_read(uint64_t n, uint64_t offset)
{
	uint64_t sum = 0;

	for (uint64_t i = 0; i < n; i++) {
		uint64_t begin = csr_read(instret);
		(void)*plic_reg(offset);
		sum += since(begin);
	}
	return sum / n;
}

static void cost_of_service(uint64_t n, uint64_t *claiming,
			    uint64_t *completing)
{
	*claiming = *completing = 0;
	for (uint64_t i = 0; i < n; i++) {
		uart_ring();
		uint64_t begin = csr_read(instret);
		unsigned source = claim();
		*claiming += since(begin);
		uart_clear();
		begin = csr_read(instret);
		complete(source);
		*completing += since(begin);
	}
	*claiming /= n;
	*completing /= n;
}

static uint64_t cost_of_interrupt(uint64_t n)
{
	guest_trap_hook = take;
	csr_write(sie, SIE_EXTERNAL);
	interrupts_on();
	for (uint64_t i = 0; i < n; i++) {
		rung = csr_read(instret);
		uart_ring();
	}
	interrupts_off();
	CHECK(count == n, "%lu interrupts, not %lu", count, n);
	return entered / n;
}

void guest_program(void)
{
	uint64_t n = arg_u64("n", 1000);
	uint64_t claiming, completing;

	plic_set_priority(SOURCE_UART, 1);
	plic_set_enabled(true, false);
	uint64_t reading = cost_of_read(n, PLIC_PRIORITY + 4 * SOURCE_UART);
	uint64_t nothing = cost_of_read(n, PLIC_CONTEXT + PLIC_CLAIM);
	cost_of_service(n, &claiming, &completing);
	uint64_t interrupt = cost_of_interrupt(n);
	printf("read a priority             %4lu instructions\n", reading);
	printf("claim, nothing pending      %4lu\n", nothing);
	printf("claim, one pending          %4lu\n", claiming);
	printf("complete                    %4lu\n", completing);
	printf("UART interrupt to handler   %4lu\n", interrupt);
	guest_tell(reading);
	guest_tell(nothing);
}
