/*
 * sbi.c - the rest of the SBI for whatever guest comes along. A VM has one
 * hart, so all of these are about the hart that calls (chapters 5, 7, 8, 9).
 */
#include "sbi.h"

#include "h1.h"
#include "h5.h"
#include "riscv.h"

#define CONSOLE_WRITE_MAX 1024UL /* bytes */

/* A set of harts, of which only the caller exists. */
static bool mask_ok(const struct vcpu *vcpu, uint64_t mask, uint64_t base)
{
	uint64_t bit = vcpu->hartid - base;

	return base == ~0UL || mask == 0 || (bit < 64 && mask == 1UL << bit);
}

static bool mask_has_any(uint64_t mask, uint64_t base)
{
	return base == ~0UL || mask != 0;
}

bool sbi_ipi(struct vcpu *vcpu)
{
	uint64_t mask = vcpu->gpr[REG_A0], base = vcpu->gpr[REG_A1];

	if (vcpu->gpr[REG_A6] != SBI_IPI_SEND_IPI)
		return sbi_return(vcpu, SBI_ERR_NOT_SUPPORTED, 0);
	if (!mask_ok(vcpu, mask, base))
		return sbi_return(vcpu, SBI_ERR_INVALID_PARAM, 0);
	if (mask_has_any(mask, base))
		vcpu_irq_set(vcpu, IRQ_VSSI, true);
	return sbi_return(vcpu, SBI_SUCCESS, 0);
}

void vmid_fence_all(void)
{
	__asm__ volatile(".option push\n"
			 ".option arch, +h\n"
			 "hfence.gvma zero, zero\n"
			 ".option pop" ::
				 : "memory");
}

void guest_fence(void)
{
	__asm__ volatile(".option push\n"
			 ".option arch, +h\n"
			 "fence.i\n"
			 "hfence.vvma zero, zero\n"
			 ".option pop" ::
				 : "memory");
}

bool sbi_rfence(struct vcpu *vcpu)
{
	if (vcpu->gpr[REG_A6] > SBI_RFENCE_REMOTE_SFENCE_VMA_ASID)
		return sbi_return(vcpu, SBI_ERR_NOT_SUPPORTED, 0);
	if (!mask_ok(vcpu, vcpu->gpr[REG_A0], vcpu->gpr[REG_A1]))
		return sbi_return(vcpu, SBI_ERR_INVALID_PARAM, 0);
	guest_fence(); /* More than was asked for, which is allowed. */
	return sbi_return(vcpu, SBI_SUCCESS, 0);
}

/* Suspended with all its state is what a WFI does, too. */
static bool hsm_suspend(struct vcpu *vcpu)
{
	uint32_t type = (uint32_t)vcpu->gpr[REG_A0];

	if (type == SBI_HSM_SUSPEND_NON_RETENTIVE)
		return sbi_return(vcpu, SBI_ERR_NOT_SUPPORTED, 0);
	if (type != SBI_HSM_SUSPEND_RETENTIVE)
		return sbi_return(vcpu, SBI_ERR_INVALID_PARAM, 0);
	sbi_return(vcpu, SBI_SUCCESS, 0);
	return vcpu_block(vcpu);
}

bool sbi_hsm(struct vcpu *vcpu)
{
	bool self = vcpu->gpr[REG_A0] == vcpu->hartid;

	switch (vcpu->gpr[REG_A6]) {
	case SBI_HSM_HART_START:
		return sbi_return(vcpu,
				  self ? SBI_ERR_ALREADY_AVAILABLE
				       : SBI_ERR_INVALID_PARAM,
				  0);
	case SBI_HSM_HART_STOP:
		return vm_stop(vcpu->vm, VM_SHUTDOWN, "it stopped its hart");
	case SBI_HSM_HART_GET_STATUS:
		return sbi_return(vcpu,
				  self ? SBI_SUCCESS : SBI_ERR_INVALID_PARAM,
				  SBI_HSM_STARTED);
	case SBI_HSM_HART_SUSPEND:
		return hsm_suspend(vcpu);
	default:
		return sbi_return(vcpu, SBI_ERR_NOT_SUPPORTED, 0);
	}
}

/* What was typed, as far as there is room for it. */
static bool console_read(struct vcpu *vcpu)
{
	struct vm *vm = vcpu->vm;
	gpa_t to = GPA(vcpu->gpr[REG_A1]);
	uint64_t size = vcpu->gpr[REG_A0], done = 0;
	int key;

	if (vcpu->gpr[REG_A2] != 0 || !vm_in_ram(vm, to, size))
		return sbi_return(vcpu, SBI_ERR_INVALID_PARAM, 0);
	for (; done < size && (key = vm_getc(vm)) >= 0; done++) {
		uint8_t byte = (uint8_t)key;
		vm_copy_to(vm, GPA(to.a + done), &byte, 1);
	}
	return sbi_return(vcpu, SBI_SUCCESS, done);
}

/*
 * One call may write less than it was told (12.1), or a guest with 100 MiB of
 * text would hold the hart for seconds.
 */
bool sbi_console(struct vcpu *vcpu)
{
	uint64_t *size = &vcpu->gpr[REG_A0];
	gpa_t from = GPA(vcpu->gpr[REG_A1]);

	if (vcpu->gpr[REG_A6] == SBI_DBCN_CONSOLE_READ)
		return console_read(vcpu);
	if (vcpu->gpr[REG_A6] == SBI_DBCN_CONSOLE_WRITE &&
	    *size > CONSOLE_WRITE_MAX && vm_in_ram(vcpu->vm, from, *size))
		*size = CONSOLE_WRITE_MAX;
	return sbi_dbcn(vcpu);
}

bool sbi_legacy_getchar(struct vcpu *vcpu)
{
	return sbi_return_legacy(vcpu, vm_getc(vcpu->vm));
}

/* a0 points to a set of harts, which has one member. */
bool sbi_legacy_ipi(struct vcpu *vcpu)
{
	vcpu_irq_set(vcpu, IRQ_VSSI,
		     vcpu->gpr[REG_A7] == SBI_EXT_LEGACY_SEND_IPI);
	return sbi_return_legacy(vcpu, SBI_SUCCESS);
}

bool sbi_legacy_fence(struct vcpu *vcpu)
{
	guest_fence();
	return sbi_return_legacy(vcpu, SBI_SUCCESS);
}
