/*
 * driver.c - the driver of lab h3's pure file: timerq.c, with some timers.
 */
#include <stddef.h>
#include <string.h>

#include "h3.h"
#include "host.h"

#define TIMERS 16UL

static struct timerq queue;
static struct timer timers[TIMERS];

static struct timer *timer_arg(void)
{
	return &timers[host_arg() % TIMERS];
}

/* What can be seen of the queue: the next deadline, and who is in. */
static void answer_state(void)
{
	uint64_t queued = 0;

	for (unsigned i = 0; i < TIMERS; i++)
		queued |= (uint64_t)timers[i].queued << i;
	host_answer(" %lx %lx", timerq_next(&queue), queued);
}

/* reset: an empty queue; a timer that is not in it may hold anything */
static void reset(void)
{
	queue = (struct timerq){NULL};
	memset(timers, 0xa5, sizeof(timers));
	for (unsigned i = 0; i < TIMERS; i++)
		timers[i].queued = false;
}

/* add TIMER DEADLINE */
static void add(void)
{
	struct timer *timer = timer_arg();

	timerq_add(&queue, timer, host_arg());
	answer_state();
}

/* remove TIMER */
static void take_out(void)
{
	timerq_remove(&queue, timer_arg());
	answer_state();
}

/* pop NOW: which one, and its deadline */
static void pop(void)
{
	struct timer *timer = timerq_pop(&queue, host_arg());

	if (!timer)
		host_answer(" - 0");
	else if (timer < timers || timer >= timers + TIMERS)
		host_answer(" ? 0");
	else
		host_answer(" %lx %lx", (uint64_t)(timer - timers),
			    timer->deadline);
	answer_state();
}

static const struct host_command timerq_commands[] = {
	{"reset", reset}, {"add", add}, {"remove", take_out}, {"pop", pop}, {0},
};

const struct host_command *const host_commands[] = {timerq_commands, NULL};
