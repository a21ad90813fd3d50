/*
 * turns.c - h5.3: the hart goes from vCPU to vCPU.
 *
 * A turn ends when the slice is over (an exit for the host's timer), when the
 * guest waits (vcpu_block), or with the VM.
 */
#include "h3.h"
#include "h5.h"
#include "riscv.h"

struct sched turns;

struct vcpu *sched_next(void)
{
	TODO("h5.3", "count, free, wake, pick; idle while nobody can run");
}

bool vcpu_block(struct vcpu *vcpu)
{
	TODO("h5.3", "give up the hart, unless there is an interrupt");
}
