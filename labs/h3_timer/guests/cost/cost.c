/*
 * cost.c - what the timer costs, in instructions of guest and hypervisor
 * together: one set_timer, and the way from a deadline to the guest's handler.
 * Only -icount shift=0 makes instret count just these.
 */
#include "guest_timer.h"

#define FAR (1UL << 60)

/* n times set_timer, or the same loop without the ecall. */
#define LOOP(n, instruction) \
	({ \
		uint64_t start_ = csr_read(instret); \
		for (uint64_t i_ = 0; i_ < (n); i_++) { \
			register uint64_t a0 __asm__("a0") = FAR; \
			register uint64_t a1 __asm__("a1") = 0; \
			register uint64_t a6 __asm__("a6") = 0; \
			register uint64_t a7 __asm__("a7") = SBI_EXT_TIME; \
			__asm__ volatile(instruction \
					 : "+r"(a0), "+r"(a1) \
					 : "r"(a6), "r"(a7) \
					 : "memory"); \
		} \
		csr_read(instret) - start_; \
	})

/*
 * uint64_t until_interrupt(void): let interrupts in and be busy until one
 * comes; instret at the first instruction of the handler, which is here.
 */
uint64_t until_interrupt(void);
__asm__("until_interrupt:\n"
	"	la	t0, 2f\n"
	"	csrrw	t1, stvec, t0\n"
	"	csrsi	sstatus, 2\n"
	"1:	j	1b\n"
	"	.balign	4\n"
	"2:	csrr	a0, instret\n"
	"	csrw	stvec, t1\n"
	"	ret\n");

/* Wait for `time` to advance: what it is now, and instret at that moment. */
static uint64_t edge(uint64_t *instret)
{
	uint64_t old = csr_read(time), now;

	__asm__ volatile("1:	csrr	%0, time\n"
			 "	csrr	%1, instret\n"
			 "	beq	%0, %2, 1b"
			 : "=&r"(now), "=&r"(*instret)
			 : "r"(old));
	return now;
}

static void deadline_to_handler(uint64_t n)
{
	uint64_t least = ~0UL, total = 0;

	csr_set(sie, 1 << IRQ_STI);
	for (uint64_t i = 0; i < n; i++) {
		uint64_t at, ahead = 20 + guest_random() % 50;
		uint64_t deadline = edge(&at) + ahead;
		for (uint64_t j = guest_random() % 100; j > 0; j--)
			__asm__ volatile("");
		timer_set(deadline);
		uint64_t cost = until_interrupt() - (at + ahead * 100);
		least = cost < least ? cost : least;
		total += cost;
	}
	timer_set(TIMER_OFF);
	printf("deadline to handler: %lu at least, %lu on average\n", least,
	       total / n);
}

void guest_program(void)
{
	uint64_t n = arg_u64("n", 20000);

	if (timer_way() != TIMER_SSTC)
		printf("set_timer: %lu\n",
		       (LOOP(n, "ecall") - LOOP(n, "")) / n);
	deadline_to_handler(n / 20);
}
