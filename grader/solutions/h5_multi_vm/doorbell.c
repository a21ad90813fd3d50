/*
 * doorbell.c - h5.7: two VMs that name each other share a page, and each can
 * raise an interrupt of the other. Everything else stays apart.
 */
#include "h1.h"
#include "h2.h"
#include "h4.h"
#include "h5.h"
#include "page.h"
#include "riscv.h"

/* HIDDEN */
static bool doorbell_map(struct vcpu *vcpu, const struct vm *peer)
{
	struct vm *vm = vcpu->vm;
	gpa_t gpa = GPA(vcpu->gpr[REG_A0]);
	const struct mmio_device window = {
		.name = "doorbell", .base = gpa, .size = PAGE_SIZE};

	if (vm->shared)
		return sbi_return(vcpu, SBI_ERR_ALREADY_AVAILABLE, 0);
	/* On the bus as well, where it is in nobody's way. */
	if (gpa.a % PAGE_SIZE ||
	    !range_inside(gpa.a, PAGE_SIZE, 0, NPT_GPA_SIZE) ||
	    !mmio_add(vm, &window))
		return sbi_return(vcpu, SBI_ERR_INVALID_PARAM, 0);
	vm->shared = peer->shared ? peer->shared : page_alloc(1);
	if (!vm->shared || npt_map(&vm->npt, gpa, hpa_of(vm->shared), PAGE_SIZE,
				   PTE_R | PTE_W) != NPT_OK) {
		doorbell_free(vm);
		vm->device_count--;
		return sbi_return(vcpu, SBI_ERR_FAILED, 0);
	}
	return sbi_return(vcpu, SBI_SUCCESS, 0);
}

static bool doorbell_ring(struct vcpu *vcpu, struct vm *peer)
{
	if (peer->state != VM_RUNNING)
		return sbi_return(vcpu, SBI_ERR_FAILED, 0);
	vplic_set_line(&peer->vplic, doorbell_source(peer), true);
	vplic_set_line(&peer->vplic, doorbell_source(peer), false);
	vplic_update(peer);
	return sbi_return(vcpu, SBI_SUCCESS, 0);
}

/* END */
bool sbi_doorbell(struct vcpu *vcpu)
{
	/* SOLUTION h5.7: MAP and RING, for a VM that has a peer */
	struct vm *peer = doorbell_peer(vcpu->vm);

	if (peer && vcpu->gpr[REG_A6] == SBI_DOORBELL_MAP)
		return doorbell_map(vcpu, peer);
	if (peer && vcpu->gpr[REG_A6] == SBI_DOORBELL_RING)
		return doorbell_ring(vcpu, peer);
	return sbi_return(vcpu, SBI_ERR_NOT_SUPPORTED, 0);
	/* END */
}

void doorbell_free(struct vm *vm)
{
	if (!vm->shared)
		return;
	/* SOLUTION h5.7: free the page, unless the peer still has it */
	const struct vm *peer = doorbell_peer(vm);

	if (!peer || peer->shared != vm->shared)
		page_free(vm->shared, 1);
	vm->shared = NULL;
	/* END */
}
