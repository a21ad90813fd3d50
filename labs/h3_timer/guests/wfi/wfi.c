/*
 * wfi.c - what ends a wfi, and when (h3.5; Privileged, 3.3.3). An interrupt
 * that is pending and enabled in sie ends it at once, even if sstatus.SIE keeps
 * it from being taken; it goes on behind the wfi, with every register as it was.
 */
#include "guest_timer.h"

#define WFI 0x10500073U
#define ADDI_0 0x00000013U
#define AT_ONCE 50UL /* ticks: far more than an exit needs */

static volatile uint64_t taken;

static void hook(struct trap_frame *frame)
{
	(void)frame;
	taken++;
	if (timer_interrupt())
		timer_set(TIMER_OFF);
	else
		csr_clear(sip, 1 << IRQ_SSI);
}

/* One wfi with random registers; how many ticks did it take? */
static uint64_t wait(const char *what)
{
	uint64_t in[32], out[32];

	for (int n = 1; n < 32; n++)
		in[n] = guest_random();
	uint64_t start = csr_read(time);
	probe(WFI, in, out);
	uint64_t ticks = csr_read(time) - start;
	for (int n = 1; n < 32; n++)
		CHECK(out[n] == in[n], "%s: x%d was 0x%lx, is 0x%lx", what, n,
		      in[n], out[n]);
	return ticks;
}

static void at_once(const char *what)
{
	uint64_t ticks = wait(what);

	CHECK(ticks < AT_ONCE, "%s: the wfi took %lu ticks", what, ticks);
}

static void until(const char *what, uint64_t deadline)
{
	wait(what);
	uint64_t now = csr_read(time);
	CHECK(now >= deadline, "%s: over %lu ticks too early", what,
	      deadline - now);
	CHECK(now < deadline + AT_ONCE, "%s: over %lu ticks too late", what,
	      now - deadline);
}

static uint64_t armed(void)
{
	uint64_t deadline = csr_read(time) + 500 + guest_random() % 5000;

	timer_set(deadline);
	return deadline;
}

static void one_round(void)
{
	uint64_t before = taken;

	timer_set(0);
	at_once("pending");
	at_once("still pending");
	until("a deadline", armed());
	CHECK(taken == before, "taken although sstatus.SIE is 0");

	timer_set(csr_read(time) + 20000);
	csr_set(sip, 1 << IRQ_SSI);
	at_once("its own software interrupt, long before a deadline");
	csr_clear(sip, 1 << IRQ_SSI);

	uint64_t deadline = armed();
	csr_set(sstatus, SSTATUS_SIE);
	until("a deadline, taken", deadline);
	csr_clear(sstatus, SSTATUS_SIE);
	CHECK(taken == before + 1, "%lu interrupts instead of 1",
	      taken - before);

	/* Not enabled in sie, it ends nothing: the one behind it does. */
	timer_set(0);
	csr_clear(sie, 1 << IRQ_STI);
	csr_set(sip, 1 << IRQ_SSI);
	at_once("the timer is not enabled, but another one is pending");
	csr_clear(sip, 1 << IRQ_SSI);
	csr_set(sie, 1 << IRQ_STI);
	timer_set(TIMER_OFF);
}

void guest_program(void)
{
	uint64_t rounds = arg_u64("n", 10);

	timer_start(hook);
	csr_clear(sstatus, SSTATUS_SIE);
	csr_set(sie, 1 << IRQ_SSI);
	for (uint64_t i = 0; i < rounds; i++)
		one_round();
	printf("%lu rounds of wfi\n", rounds);
	guest_tell(taken);
}
