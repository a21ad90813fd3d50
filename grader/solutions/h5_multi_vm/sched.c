/*
 * sched.c - h5.3: whose turn it is. Pure: it knows no clock and no hart.
 *
 * Who has used least comes next. VMs that never wait take turns by this, and
 * one that wakes now and then need not wait for all of the others' turns.
 */
#include "h5.h"

int sched_pick(struct sched *sched)
{
	/* SOLUTION h5.3: the least used, first after `last`; or -1 */
	int best = -1;

	for (unsigned n = 1; n <= sched->count; n++) {
		unsigned i = (sched->last + n) % sched->count;
		if (sched->vm[i].runnable &&
		    (best < 0 || sched->vm[i].used < sched->vm[best].used))
			best = (int)i;
	}
	if (best < 0)
		return best;
	sched->last = (unsigned)best;
	if (sched->vm[best].used > sched->floor)
		sched->floor = sched->vm[best].used;
	return best;
	/* END */
}

void sched_wake(struct sched *sched, unsigned i)
{
	/* SOLUTION h5.3: runnable, and owed one slice at most */
	sched->vm[i].runnable = true;
	if (sched->vm[i].used + sched->slice < sched->floor)
		sched->vm[i].used = sched->floor - sched->slice;
	/* END */
}
