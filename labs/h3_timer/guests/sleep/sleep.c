/*
 * sleep.c - a guest that mostly sleeps (h3.5): n naps of random length, up to
 * `longest` ticks. Each is one wfi, and one timer interrupt ends it.
 */
#include "guest_timer.h"

static volatile uint64_t woken;

static void hook(struct trap_frame *frame)
{
	(void)frame;
	CHECK(timer_interrupt(), "scause is 0x%lx", csr_read(scause));
	woken++;
	timer_set(TIMER_OFF);
}

void guest_program(void)
{
	uint64_t n = arg_u64("n", 5);
	uint64_t longest = arg_u64("longest", SECOND / 10);
	uint64_t total = 0, late = 0;

	timer_start(hook);
	for (uint64_t i = 1; i <= n; i++) {
		uint64_t nap = longest / 2 + guest_random() % (longest / 2);
		uint64_t deadline = csr_read(time) + nap;
		timer_set(deadline);
		timer_sleep(&woken, i);
		uint64_t now = csr_read(time);
		CHECK(now >= deadline, "woken %lu ticks early", deadline - now);
		total += nap;
		late = now - deadline > late ? now - deadline : late;
	}
	printf("%lu naps, %lu ticks in all\n", n, total);
	printf("late by %lu at most\n", late);
	guest_tell(total);
	guest_tell(late);
}
