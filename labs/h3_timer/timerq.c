/*
 * timerq.c - h3.3: deadlines in order. Pure: it knows no clock.
 *
 * A sorted list: with one timer per vCPU there are few, and the only one that
 * is looked at often is the first.
 */
#include "h3.h"

void timerq_remove(struct timerq *queue, struct timer *timer)
{
	TODO("h3.3", "unlink the timer, if it is queued");
}

void timerq_add(struct timerq *queue, struct timer *timer, uint64_t deadline)
{
	TODO("h3.3", "link the timer behind all that are not later");
}

struct timer *timerq_pop(struct timerq *queue, uint64_t now)
{
	TODO("h3.3", "unlink the first timer if it is due");
}

uint64_t timerq_next(const struct timerq *queue)
{
	TODO("h3.3", "the first deadline, or TIMER_NEVER");
}
