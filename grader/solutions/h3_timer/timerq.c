/*
 * timerq.c - h3.3: deadlines in order. Pure: it knows no clock.
 *
 * A sorted list: with one timer per vCPU there are few, and the only one that
 * is looked at often is the first.
 */
#include "h3.h"

void timerq_remove(struct timerq *queue, struct timer *timer)
{
	/* SOLUTION h3.3: unlink the timer, if it is queued */
	if (!timer->queued)
		return;
	struct timer **link = &queue->first;
	while (*link != timer)
		link = &(*link)->next;
	*link = timer->next;
	timer->queued = false;
	/* END */
}

void timerq_add(struct timerq *queue, struct timer *timer, uint64_t deadline)
{
	/* SOLUTION h3.3: link the timer behind all that are not later */
	timerq_remove(queue, timer);
	struct timer **link = &queue->first;
	while (*link && (*link)->deadline <= deadline)
		link = &(*link)->next;
	timer->deadline = deadline;
	timer->next = *link;
	timer->queued = true;
	*link = timer;
	/* END */
}

struct timer *timerq_pop(struct timerq *queue, uint64_t now)
{
	/* SOLUTION h3.3: unlink the first timer if it is due */
	struct timer *timer = queue->first;

	if (!timer || timer->deadline > now)
		return NULL;
	queue->first = timer->next;
	timer->queued = false;
	return timer;
	/* END */
}

uint64_t timerq_next(const struct timerq *queue)
{
	/* SOLUTION h3.3: the first deadline, or TIMER_NEVER */
	return queue->first ? queue->first->deadline : TIMER_NEVER;
	/* END */
}
