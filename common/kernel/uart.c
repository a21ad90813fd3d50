/*
 * uart.c - the host's ns16550a, polled, and the C library's stdout on it.
 */
#include "uart.h"

#include <stdio.h>

#include "addr.h"

#define UART_THR 0 /* transmit holding register */
#define UART_RBR 0 /* receiver buffer register */
#define UART_IER 1 /* interrupt enable register */
#define UART_IER_RDI (1 << 0)
#define UART_LSR 5 /* line status register */
#define UART_LSR_DR (1 << 0)
#define UART_LSR_THRE (1 << 5)

static volatile uint8_t *uart = (volatile uint8_t *)0x10000000UL;

void uart_init(uint64_t base)
{
	uart = hpa_ptr(HPA(base));
}

void uart_putc(char c)
{
	while (!(uart[UART_LSR] & UART_LSR_THRE))
		;
	uart[UART_THR] = (uint8_t)c;
}

int uart_getc(void)
{
	return uart[UART_LSR] & UART_LSR_DR ? uart[UART_RBR] : -1;
}

void uart_listen(void)
{
	uart[UART_IER] = UART_IER_RDI;
}

static int stdio_putc(char c, FILE *file)
{
	(void)file;
	uart_putc(c);
	return (unsigned char)c;
}

static FILE console =
	FDEV_SETUP_STREAM(stdio_putc, NULL, NULL, _FDEV_SETUP_WRITE);
FILE *const stdout = &console;
