/*
 * threads.c - two threads that never yield (h3.4): only the timer interrupt
 * takes the hart from the one that waits and gives it to the one that works.
 *
 * One thread puts random numbers into a short queue, the other takes them out.
 * On each tick the handler swaps the frame of the interrupted thread with the
 * frame of the other one.
 */
#include "guest_timer.h"
#include "kernel.h"

#define SLOTS 4

static struct trap_frame asleep; /* the thread whose turn it is not */
static char stack[HART_STACK_SIZE] __attribute__((aligned(16)));
static volatile uint64_t slots[SLOTS], put, taken, sum;
static uint64_t n, period, switches;

static void hook(struct trap_frame *frame)
{
	struct trap_frame other = asleep;

	CHECK(timer_interrupt(), "scause is 0x%lx", csr_read(scause));
	asleep = *frame;
	*frame = other;
	switches++;
	timer_set(csr_read(time) + period);
}

static noreturn void consumer(void)
{
	for (;;) {
		while (taken == put)
			;
		sum = sum * 31 + slots[taken % SLOTS];
		taken++;
	}
}

static void producer(void)
{
	for (uint64_t i = 0; i < n; i++) {
		while (put - taken == SLOTS)
			;
		slots[put % SLOTS] = guest_random();
		put++;
	}
	while (taken < n)
		;
}

void guest_program(void)
{
	n = arg_u64("n", 40);
	period = arg_u64("period", 1000);
	asleep.sepc = (uint64_t)consumer;
	asleep.gpr[2] = (uint64_t)(stack + sizeof(stack));
	__asm__("mv %0, tp" : "=r"(asleep.gpr[4]));

	timer_set(csr_read(time) + period);
	timer_start(hook);
	producer();
	csr_clear(sstatus, SSTATUS_SIE);
	CHECK(switches >= 2 * n / SLOTS - 1, "only %lu switches", switches);
	printf("%lu numbers, sum 0x%lx\n", taken, sum);
	printf("Multi-task(Preemptible) ok!\n");
	guest_tell(sum);
}
