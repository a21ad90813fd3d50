/*
 * keys.c - a guest that is typed to (h5.6). It sleeps until its UART has a key,
 * shows it, and after n of them tells the sum of all.
 */
#include "../../../h4_vplic/guests/devices.h"
#include "../lanes.h"

static uint8_t read_key(void)
{
	while (!(uart_read(UART_LSR) & UART_LSR_DR)) {
		__asm__ volatile("wfi");
		complete(claim());
	}
	return uart_read(UART_RBR);
}

void guest_program(void)
{
	uint64_t n = arg_u64("n", 10), sum = 0;

	plic_set_priority(SOURCE_UART, 1);
	plic_set_enabled(true, false);
	uart_write(UART_IER, UART_IER_RX);
	csr_write(sie, SIE_EXTERNAL);
	printf("type %lu keys\n", n);
	for (uint64_t i = 0; i < n; i++) {
		uint8_t key = read_key();
		printf("key %lu is %c\n", i + 1, key);
		sum = sum * 31 + key;
	}
	lane_tell(sum);
}
