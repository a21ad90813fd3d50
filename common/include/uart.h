/*
 * uart.h - the host's ns16550a.
 */
#pragma once
#include <stdint.h>

void uart_init(uint64_t base);
void uart_putc(char c);

/* The next character that was received, or -1. */
int uart_getc(void);

/* From now on, what is received raises the UART's interrupt. */
void uart_listen(void);
