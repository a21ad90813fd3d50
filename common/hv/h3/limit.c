/*
 * limit.c - from lab h3 on, `-append limit=N` ends the VMs that are running
 * after N milliseconds. The host counts them by a tick of its own: a deadline
 * beside those of the guests, which no guest may notice.
 */
#include "h3.h"
#include "riscv.h"

#define TICKS_PER_MS 10000UL /* QEMU virt: 10 MHz */

static struct timer tick;
static uint64_t left; /* milliseconds */

static void limit_tick(struct timer *timer)
{
	if (--left > 0)
		host_timer_add(timer, timer->deadline + TICKS_PER_MS);
	for (unsigned i = 0; i < vm_count && left == 0; i++)
		if (vms[i].state == VM_RUNNING)
			vm_stop(&vms[i], VM_SHUTDOWN,
				"its time is over (limit=)");
}

void host_limit(uint64_t milliseconds)
{
	left = milliseconds;
	tick.fire = limit_tick;
	host_timer_add(&tick, csr_read(time) + TICKS_PER_MS);
	csr_set(sie, 1 << IRQ_STI);
}
