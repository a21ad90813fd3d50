/*
 * switch.c - h5.1, h5.2 and h5.4: what moves when another vCPU takes the hart,
 * and interrupts for vCPUs that have it or not.
 *
 * The state of this_hart()->loaded is in the hart's CSRs, that of all others
 * in memory. It stays there while nobody else runs: a guest that waits and
 * goes on alone costs nothing.
 */
#include "h5.h"
#include "riscv.h"

struct vmid_space vmids = {.count = 1, .generation = 1};

uint64_t vmid_probe(void)
{
	TODO("h5.1", "write ones to the VMID field, see which stay");
}

void vcpu_load(struct vcpu *vcpu)
{
	TODO("h5.2", "vcpu_put the old one, then load all of the new one");
}

void vcpu_put(struct vcpu *vcpu)
{
	TODO("h5.2", "save what the guest can have changed");
}

void vcpu_irq_set(struct vcpu *vcpu, unsigned irq, bool level)
{
	TODO("h5.4", "change the bit, where the vCPU's hvip is now");
}

bool vcpu_irq_pending(const struct vcpu *vcpu)
{
	TODO("h5.4", "hvip and vsie, where they are now");
}
