/*
 * interrupts.c - hostile: interrupts without end, and their controller.
 */
#include "../../../h4_vplic/guests/devices.h"
#include "hostile.h"

static void ignore(struct trap_frame *frame)
{
	(void)frame;
	for (volatile int i = 0; i < 200; i++)
		;
}

/* One timer interrupt after the other, and none of them handled. */
void timers(void)
{
	guest_trap_hook = ignore;
	sbi_ecall(0, 0, 0, 0, 0, 0, SBI_TIME_SET_TIMER, SBI_EXT_TIME);
	csr_set(sie, 1 << IRQ_STI);
	interrupts_on();
}

void ipis(void)
{
	guest_trap_hook = ignore;
	csr_set(sie, 1 << IRQ_SSI);
	interrupts_on();
	sbi_ecall(1, guest_hartid, 0, 0, 0, 0, SBI_IPI_SEND_IPI, SBI_EXT_IPI);
}

/* Any register of the PLIC, at any width. */
void plic(void)
{
	for (uint64_t i = 0; i < times; i++) {
		uint64_t at = PLIC_BASE + dice(0x600) * 0x1000 + dice(64);
		if (dice(2))
			*(volatile uint32_t *)at = (uint32_t)guest_random();
		else if (dice(2))
			(void)*(volatile uint64_t *)at;
		else
			*(volatile uint8_t *)at = (uint8_t)guest_random();
	}
}

/* An interrupt that comes again as soon as it is completed. */
static void on_uart(struct trap_frame *frame)
{
	(void)frame;
	uart_write(UART_IER, 0);
	uart_write(UART_IER, UART_IER_THRE);
	complete(claim());
}

void uart(void)
{
	for (uint64_t i = 0; i < times; i++)
		if (dice(2))
			(void)uart_read(dice(256));
		else
			uart_write(1 + dice(255), (uint8_t)guest_random());
	guest_trap_hook = on_uart;
	plic_set_priority(SOURCE_UART, 7);
	plic_set_enabled(true, false);
	csr_set(sie, SIE_EXTERNAL);
	uart_write(3, 0);
	uart_write(UART_IER, UART_IER_THRE);
	interrupts_on();
}
