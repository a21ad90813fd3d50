/*
 * sched.c - h5.3: whose turn it is. Pure: it knows no clock and no hart.
 *
 * Who has used least comes next. VMs that never wait take turns by this, and
 * one that wakes now and then need not wait for all of the others' turns.
 */
#include "h5.h"

int sched_pick(struct sched *sched)
{
	TODO("h5.3", "the least used, first after `last`; or -1");
}

void sched_wake(struct sched *sched, unsigned i)
{
	TODO("h5.3", "runnable, and owed one slice at most");
}
