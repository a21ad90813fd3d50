/*
 * uart.h - the host's ns16550a.
 */
#pragma once
#include <stdint.h>

void uart_init(uint64_t base);
void uart_putc(char c);
