/*
 * devices.h - what the guests of this lab drive: the PLIC, which is emulated,
 * and the UART and the clock (goldfish RTC), which are the machine's own.
 *
 * Both devices can be made to pull their wire by a single write, so a guest
 * decides itself when an interrupt comes.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "guest.h"
#include "plic.h"

#define SOURCES 128 /* what lab h4 gives a guest: ids 1 to 127 */
#define SOURCE_UART 10
#define SOURCE_RTC 11

/* ---- the PLIC, context 0 ---- */

#define PLIC_BASE 0xc000000UL

static inline volatile uint32_t *plic_reg(uint64_t offset)
{
	return (volatile uint32_t *)(PLIC_BASE + offset);
}

static inline void plic_set_priority(unsigned source, uint32_t priority)
{
	*plic_reg(PLIC_PRIORITY + 4 * source) = priority;
}

static inline void plic_set_threshold(uint32_t threshold)
{
	*plic_reg(PLIC_CONTEXT + PLIC_THRESHOLD) = threshold;
}

/* Both sources are in the first word, and no other is enabled. */
static inline void plic_set_enabled(bool uart, bool rtc)
{
	*plic_reg(PLIC_ENABLE) =
		(uint32_t)uart << SOURCE_UART | (uint32_t)rtc << SOURCE_RTC;
}

static inline bool plic_is_pending(unsigned source)
{
	return *plic_reg(PLIC_PENDING + source / 32 * 4) >> source % 32 & 1;
}

static inline unsigned claim(void)
{
	return *plic_reg(PLIC_CONTEXT + PLIC_CLAIM);
}

static inline void complete(unsigned source)
{
	*plic_reg(PLIC_CONTEXT + PLIC_CLAIM) = source;
}

/* A wire takes its time: so long, and an interrupt that may come has come. */
static inline void wire_settles(void)
{
	unsigned n = 10;

	__asm__ volatile("1: addi %0, %0, -1\n"
			 "bnez %0, 1b"
			 : "+r"(n));
}

/* ---- the clock: an alarm that was due long ago rings at once ---- */

#define RTC_BASE 0x101000UL
#define RTC_TIME_LOW 0x00 /* ns */
#define RTC_TIME_HIGH 0x04
#define RTC_ALARM_LOW 0x08
#define RTC_ALARM_HIGH 0x0c
#define RTC_IRQ_ENABLED 0x10
#define RTC_CLEAR_INTERRUPT 0x1c

static inline void rtc_write(uint64_t offset, uint32_t value)
{
	*(volatile uint32_t *)(RTC_BASE + offset) = value;
}

/* The wire goes high and stays high until rtc_clear. */
static inline void rtc_ring(void)
{
	rtc_write(RTC_IRQ_ENABLED, 1);
	rtc_write(RTC_ALARM_HIGH, 0);
	rtc_write(RTC_ALARM_LOW, 1);
	wire_settles();
}

/* The same, but some nanoseconds from now, whoever runs then: now is 0. */
static inline void rtc_ring_in(uint32_t ns)
{
	rtc_write(RTC_TIME_HIGH, 0);
	rtc_write(RTC_TIME_LOW, 0);
	rtc_write(RTC_IRQ_ENABLED, 1);
	rtc_write(RTC_ALARM_HIGH, 0);
	rtc_write(RTC_ALARM_LOW, ns);
}

/*
 * On hardware, a wire that is high is an interrupt again as soon as the last
 * one is completed. QEMU's PLIC looks at a wire only when its device sets it
 * anew: a write that changes nothing makes it do so.
 */
static inline void rtc_look_again(void)
{
	rtc_write(RTC_IRQ_ENABLED, 1);
	wire_settles();
}

static inline void rtc_clear(void)
{
	rtc_write(RTC_CLEAR_INTERRUPT, 1);
}

/* ---- the UART (ns16550a) ---- */

#define UART_BASE 0x10000000UL
#define UART_RBR 0 /* read: a character that was typed; write: send one */
#define UART_IER 1
#define UART_IER_RX (1 << 0)   /* interrupt when a character is there */
#define UART_IER_THRE (1 << 1) /* interrupt when another can be sent */
#define UART_FCR 2
#define UART_FCR_FIFO (1 << 0) /* 16 characters; interrupt with the first */
#define UART_LSR 5
#define UART_LSR_DR (1 << 0)   /* a character is there */
#define UART_LSR_THRE (1 << 5) /* another can be sent */

static inline uint8_t uart_read(uint64_t offset)
{
	return *(volatile uint8_t *)(UART_BASE + offset);
}

static inline void uart_write(uint64_t offset, uint8_t value)
{
	*(volatile uint8_t *)(UART_BASE + offset) = value;
}

/*
 * The UART has nothing to send, and says so: its wire goes high. Print nothing
 * until uart_clear, as the console is this same UART.
 */
static inline void uart_ring(void)
{
	uart_write(UART_IER, UART_IER_THRE);
	wire_settles();
}

static inline void uart_clear(void)
{
	uart_write(UART_IER, 0);
}

/* ---- the hart ---- */

#define SIE_EXTERNAL (1UL << IRQ_SEI) /* in sie, from the guest's own view */

static inline void interrupts_on(void)
{
	csr_set(sstatus, SSTATUS_SIE);
}

static inline void interrupts_off(void)
{
	csr_clear(sstatus, SSTATUS_SIE);
}

/* Let in what is pending, if anything is. */
static inline void interrupts_window(void)
{
	interrupts_on();
	__asm__ volatile("nop");
	interrupts_off();
}
