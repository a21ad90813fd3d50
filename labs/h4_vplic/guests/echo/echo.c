/*
 * echo.c - what is typed on the UART comes by interrupt, and is sent back
 * (h4.6). Between two characters the guest sleeps.
 *
 * Ten times a second of its own time the guest looks whether a character has
 * been waiting since the last look: then its interrupt is lost.
 */
#include "../devices.h"

#define SIE_TIMER (1UL << IRQ_STI)
#define TICKS_PER_LOOK 1000000UL /* 100 ms at 10 MHz */
#define TYPED 4096
#define RINGS 5

static volatile uint8_t typed[TYPED];
static volatile uint64_t count, interrupts;
static uint64_t seen; /* the interrupts that the last look knew of */
static bool waited;   /* a character was there at the last look */

static void look_later(void)
{
	sbi_ecall(csr_read(time) + TICKS_PER_LOOK, 0, 0, 0, 0, 0,
		  SBI_TIME_SET_TIMER, SBI_EXT_TIME);
}

static void look(void)
{
	bool waits = uart_read(UART_LSR) & UART_LSR_DR;

	CHECK(!(waits && waited && interrupts == seen),
	      "character %lu has waited for 100 ms, and no interrupt came",
	      count);
	waited = waits;
	seen = interrupts;
	look_later();
}

static void receive(void)
{
	unsigned source = claim();

	CHECK(source == SOURCE_UART, "an interrupt, and claim returns %u",
	      source);
	interrupts++;
	uart_write(UART_IER, UART_IER_RX); /* ends uart_ring */
	while (uart_read(UART_LSR) & UART_LSR_DR) {
		uint8_t c = uart_read(UART_RBR);
		if (count < TYPED)
			typed[count++] = c;
	}
	complete(source);
}

static void take(struct trap_frame *frame)
{
	switch (csr_read(scause)) {
	case CAUSE_INTERRUPT | IRQ_SEI:
		receive();
		return;
	case CAUSE_INTERRUPT | IRQ_STI:
		look();
		return;
	default:
		guest_failed("trap 0x%lx at 0x%lx", csr_read(scause),
			     frame->sepc);
	}
}

static void send(uint8_t c)
{
	while (!(uart_read(UART_LSR) & UART_LSR_THRE))
		;
	uart_write(UART_RBR, c);
}

/* Before anybody is asked to type: do interrupts come at all? */
static void ring(void)
{
	for (uint64_t i = 0; i < RINGS; i++) {
		uart_ring();
		interrupts_window();
		CHECK(interrupts == i + 1,
		      "the UART has rung %lu times: %lu "
		      "interrupts",
		      i + 1, interrupts);
	}
}

void guest_program(void)
{
	uint64_t n = arg_u64("n", 20), sum = 0;

	guest_trap_hook = take;
	uart_write(UART_FCR, UART_FCR_FIFO);
	uart_write(UART_IER, UART_IER_RX);
	plic_set_priority(SOURCE_UART, 1);
	plic_set_enabled(true, false);
	csr_write(sie, SIE_EXTERNAL | SIE_TIMER);
	ring();
	printf("type %lu characters:\n", n);
	look_later();
	for (uint64_t i = 0; i < n; i++) {
		/* With interrupts off, none slips in before the wfi. */
		while (i == count) {
			__asm__ volatile("wfi");
			interrupts_window();
		}
		sum = sum * 31 + typed[i];
		send(typed[i]);
	}
	send('\n');
	CHECK(count == n, "%lu characters came, not %lu", count, n);
	printf("%lu characters\n", n);
	guest_tell(sum);
	guest_tell(interrupts);
}
