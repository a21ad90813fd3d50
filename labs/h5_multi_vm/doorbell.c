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

bool sbi_doorbell(struct vcpu *vcpu)
{
	TODO("h5.7", "MAP and RING, for a VM that has a peer");
}

void doorbell_free(struct vm *vm)
{
	if (!vm->shared)
		return;
	TODO("h5.7", "free the page, unless the peer still has it");
}
