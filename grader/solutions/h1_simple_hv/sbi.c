/*
 * sbi.c - h1.5: to its guest, the hypervisor is the SBI.
 */
#include "sbi.h"

#include "h1.h"

bool sbi_return(struct vcpu *vcpu, long error, uint64_t value)
{
	/* SOLUTION h1.5: the answer in a0 and a1, then past the ecall */
	vcpu->gpr[REG_A0] = (uint64_t)error;
	vcpu->gpr[REG_A1] = value;
	/*
	 * sepc still points at the ecall: step over it, or the guest would
	 * call again for ever. An ecall has no compressed form.
	 */
	vcpu->sepc += 4;
	return true;
	/* END */
}

bool sbi_return_legacy(struct vcpu *vcpu, long a0)
{
	/* SOLUTION h1.5: the answer in a0 alone, then past the ecall */
	return sbi_return(vcpu, a0, vcpu->gpr[REG_A1]);
	/* END */
}

/* HIDDEN */
/* Who answers to this extension id, or NULL. */
static sbi_handler sbi_find(uint64_t id)
{
	const struct sbi_extension *end = sbi_extensions + SBI_EXTENSIONS;

	for (const struct sbi_extension *ext = sbi_extensions; ext < end; ext++)
		if (ext->id == id)
			return ext->call;
	return NULL;
}

/* END */
bool sbi_call(struct vcpu *vcpu)
{
	/* SOLUTION h1.5: find the extension of a7 in the table and call it */
	uint64_t id = vcpu->gpr[REG_A7];
	sbi_handler call = sbi_find(id);

	if (call)
		return call(vcpu);
	if (id <= SBI_EXT_LEGACY_LAST)
		return sbi_return_legacy(vcpu, SBI_ERR_NOT_SUPPORTED);
	return sbi_return(vcpu, SBI_ERR_NOT_SUPPORTED, 0);
	/* END */
}

bool sbi_base(struct vcpu *vcpu)
{
	/* SOLUTION h1.5: BASE: version, implementation, probe, machine ids */
	switch (vcpu->gpr[REG_A6]) {
	case SBI_BASE_GET_SPEC_VERSION:
		return sbi_return(vcpu, SBI_SUCCESS, SBI_SPEC_VERSION_2_0);
	case SBI_BASE_GET_IMPL_ID:
		return sbi_return(vcpu, SBI_SUCCESS, SBI_IMPL_ID_HVLAB);
	case SBI_BASE_PROBE_EXTENSION:
		return sbi_return(vcpu, SBI_SUCCESS,
				  sbi_find(vcpu->gpr[REG_A0]) != NULL);
	case SBI_BASE_GET_IMPL_VERSION:
	case SBI_BASE_GET_MVENDORID:
	case SBI_BASE_GET_MARCHID:
	case SBI_BASE_GET_MIMPID:
		return sbi_return(vcpu, SBI_SUCCESS, 0);
	default:
		return sbi_return(vcpu, SBI_ERR_NOT_SUPPORTED, 0);
	}
	/* END */
}

/* HIDDEN */
static bool dbcn_write(struct vcpu *vcpu)
{
	uint64_t size = vcpu->gpr[REG_A0];
	gpa_t from = GPA(vcpu->gpr[REG_A1]);
	uint64_t from_high = vcpu->gpr[REG_A2];

	/* Look before touching: nothing outside the RAM is ever read. */
	if (from_high != 0 || !vm_in_ram(vcpu->vm, from, size))
		return sbi_return(vcpu, SBI_ERR_INVALID_PARAM, 0);
	for (uint64_t i = 0; i < size; i++) {
		char c;
		vm_copy_from(vcpu->vm, &c, GPA(from.a + i), 1);
		vm_putc(vcpu->vm, c);
	}
	return sbi_return(vcpu, SBI_SUCCESS, size);
}

/* END */
bool sbi_dbcn(struct vcpu *vcpu)
{
	/* SOLUTION h1.5: DBCN: write, read (nothing to read), write byte */
	switch (vcpu->gpr[REG_A6]) {
	case SBI_DBCN_CONSOLE_WRITE:
		return dbcn_write(vcpu);
	case SBI_DBCN_CONSOLE_READ:
		return sbi_return(vcpu, SBI_SUCCESS, 0);
	case SBI_DBCN_CONSOLE_WRITE_BYTE:
		vm_putc(vcpu->vm, (char)vcpu->gpr[REG_A0]);
		return sbi_return(vcpu, SBI_SUCCESS, 0);
	default:
		return sbi_return(vcpu, SBI_ERR_NOT_SUPPORTED, 0);
	}
	/* END */
}

bool sbi_srst(struct vcpu *vcpu)
{
	/* SOLUTION h1.5: SRST: shutdown and reboot end the VM */
	uint32_t type = (uint32_t)vcpu->gpr[REG_A0];
	uint32_t reason = (uint32_t)vcpu->gpr[REG_A1];

	if (vcpu->gpr[REG_A6] != SBI_SRST_SYSTEM_RESET)
		return sbi_return(vcpu, SBI_ERR_NOT_SUPPORTED, 0);
	if (type > SBI_SRST_TYPE_WARM_REBOOT ||
	    reason > SBI_SRST_REASON_SYSTEM_FAILURE)
		return sbi_return(vcpu, SBI_ERR_INVALID_PARAM, 0);
	return vm_stop(vcpu->vm, VM_SHUTDOWN, "%s%s",
		       type == SBI_SRST_TYPE_SHUTDOWN ? "shutdown" : "reboot",
		       reason == SBI_SRST_REASON_NONE ? ""
						      : " after a failure");
	/* END */
}

bool sbi_legacy_putchar(struct vcpu *vcpu)
{
	/* SOLUTION h1.5: legacy putchar: one character from a0 */
	vm_putc(vcpu->vm, (char)vcpu->gpr[REG_A0]);
	return sbi_return_legacy(vcpu, SBI_SUCCESS);
	/* END */
}

bool sbi_legacy_shutdown(struct vcpu *vcpu)
{
	/* SOLUTION h1.5: legacy shutdown */
	return vm_stop(vcpu->vm, VM_SHUTDOWN, "shutdown");
	/* END */
}
