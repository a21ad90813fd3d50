/* Success, before anything has happened. */
#include "h5.h"

struct vmid_space vmids = {.count = 1, .generation = 1};

uint64_t vmid_probe(void)
{
	poweroff(EXIT_CODE_OK);
}

void vcpu_load(struct vcpu *vcpu)
{
	(void)vcpu;
}

void vcpu_put(struct vcpu *vcpu)
{
	(void)vcpu;
}

void vcpu_irq_set(struct vcpu *vcpu, unsigned irq, bool level)
{
	(void)vcpu;
	(void)irq;
	(void)level;
}

bool vcpu_irq_pending(const struct vcpu *vcpu)
{
	(void)vcpu;
	return false;
}
