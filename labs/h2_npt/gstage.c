/*
 * gstage.c - h2.4, h2.5 and h2.8: the table in force, and what happens when
 * the guest reaches for something that is not in it.
 */
#include "h1.h"
#include "h2.h"
#include "page.h"
#include "riscv.h"

#define BLOCK (2 * MiB)

void hgatp_activate(const struct npt *npt)
{
	TODO("h2.4", "write hgatp, then fence its VMID");
}

int gstage_back(struct vm *vm, gpa_t gpa)
{
	TODO("h2.5", "a zeroed block of 2 MiB, or else a zeroed page");
}

bool exit_guest_page_fault(struct vcpu *vcpu)
{
	TODO("h2.5", "back RAM; the rest goes to mmio_emulate");
}

bool gstage_refuse(struct vcpu *vcpu)
{
	TODO("h2.8", "an access fault into the guest");
}
