/*
 * clock.c - the guest's clock (h3.1): it shows 0 when the guest starts, runs on
 * for as long as the argument wait= says, and rings for nobody who has not
 * asked for it, whatever the VM before this one left behind. With put_off=1 it
 * does ask, for soon, and puts that off until much later.
 */
#include "guest_timer.h"

/* Loading a page of the guest may cost a little before its first look. */
#define SOON 2000UL /* ticks */

static uint64_t put_off;

static void arm_and_put_off(void)
{
	uint64_t now = csr_read(time);

	timer_set(now + 200);
	timer_set(now + 100 * SECOND);
}

static void hook(struct trap_frame *frame)
{
	(void)frame;
	if (put_off) { /* whether it may ring here is not the question */
		arm_and_put_off();
		return;
	}
	CHECK(!timer_interrupt(), "a timer interrupt, but no timer was armed");
	guest_failed("scause is 0x%lx", csr_read(scause));
}

void guest_program(void)
{
	uint64_t start = csr_read(time), before = start, now = start;
	uint64_t wait = arg_u64("wait", 100000);

	CHECK(start < SOON, "the clock shows %lu at the start", start);
	timer_start(hook);
	put_off = arg_u64("put_off", 0);
	if (put_off)
		arm_and_put_off();
	while (now - start < wait) {
		now = csr_read(time);
		CHECK(now >= before, "the clock ran back, from %lu to %lu",
		      before, now);
		before = now;
	}
	printf("%lu ticks since 0\n", wait);
	guest_tell(wait);
}
