/*
 * sbi.c - h1.5: to its guest, the hypervisor is the SBI.
 */
#include "sbi.h"

#include "h1.h"

#define LEGACY_LAST 8UL

/* HIDDEN */
static struct sbiret not_supported(struct vcpu *vcpu)
{
	(void)vcpu;
	return (struct sbiret){SBI_ERR_NOT_SUPPORTED, 0};
}

/* Who answers to this extension id: not_supported, if nobody else does. */
static sbi_handler sbi_find(uint64_t id)
{
	for (unsigned i = 0; i < SBI_EXTENSIONS; i++)
		if (sbi_extensions[i].id == id && sbi_extensions[i].call)
			return sbi_extensions[i].call;
	return not_supported;
}

/* END */
bool sbi_call(struct vcpu *vcpu)
{
	/* SOLUTION h1.5: call the extension of a7, answer in a0 and a1 */
	struct sbiret ret = sbi_find(vcpu->gpr[REG_A7])(vcpu);

	if (vcpu->vm->state != VM_RUNNING)
		return false;
	vcpu->gpr[REG_A0] = (uint64_t)ret.error;
	if (vcpu->gpr[REG_A7] > LEGACY_LAST)
		vcpu->gpr[REG_A1] = ret.value;
	/*
	 * sepc still points at the ecall: step over it, or the guest would
	 * call again for ever. An ecall has no compressed form.
	 */
	vcpu->sepc += 4;
	return true;
	/* END */
}

struct sbiret sbi_base(struct vcpu *vcpu)
{
	/* SOLUTION h1.5: BASE: version, implementation, probe, machine ids */
	switch (vcpu->gpr[REG_A6]) {
	case SBI_BASE_GET_SPEC_VERSION:
		return (struct sbiret){SBI_SUCCESS, SBI_SPEC_VERSION_2_0};
	case SBI_BASE_GET_IMPL_ID:
		return (struct sbiret){SBI_SUCCESS, SBI_IMPL_ID_HVLAB};
	case SBI_BASE_PROBE_EXTENSION:
		return (struct sbiret){SBI_SUCCESS,
				       sbi_find(vcpu->gpr[REG_A0]) !=
					       not_supported};
	case SBI_BASE_GET_IMPL_VERSION:
	case SBI_BASE_GET_MVENDORID:
	case SBI_BASE_GET_MARCHID:
	case SBI_BASE_GET_MIMPID:
		return (struct sbiret){SBI_SUCCESS, 0};
	default:
		return not_supported(vcpu);
	}
	/* END */
}

/* HIDDEN */
static struct sbiret dbcn_write(struct vcpu *vcpu)
{
	uint64_t size = vcpu->gpr[REG_A0];
	gpa_t from = GPA(vcpu->gpr[REG_A1]);
	uint64_t from_high = vcpu->gpr[REG_A2];

	/* Look before touching: nothing outside the RAM is ever read. */
	if (from_high != 0 || !vm_in_ram(vcpu->vm, from, size))
		return (struct sbiret){SBI_ERR_INVALID_PARAM, 0};
	for (uint64_t i = 0; i < size; i++) {
		char c;
		vm_copy_from(vcpu->vm, &c, GPA(from.a + i), 1);
		vm_putc(vcpu->vm, c);
	}
	return (struct sbiret){SBI_SUCCESS, size};
}

/* END */
struct sbiret sbi_dbcn(struct vcpu *vcpu)
{
	/* SOLUTION h1.5: DBCN: write, read (nothing to read), write byte */
	switch (vcpu->gpr[REG_A6]) {
	case SBI_DBCN_CONSOLE_WRITE:
		return dbcn_write(vcpu);
	case SBI_DBCN_CONSOLE_READ:
		return (struct sbiret){SBI_SUCCESS, 0};
	case SBI_DBCN_CONSOLE_WRITE_BYTE:
		vm_putc(vcpu->vm, (char)vcpu->gpr[REG_A0]);
		return (struct sbiret){SBI_SUCCESS, 0};
	default:
		return not_supported(vcpu);
	}
	/* END */
}

struct sbiret sbi_srst(struct vcpu *vcpu)
{
	/* SOLUTION h1.5: SRST: shutdown and reboot end the VM */
	uint32_t type = (uint32_t)vcpu->gpr[REG_A0];
	uint32_t reason = (uint32_t)vcpu->gpr[REG_A1];

	if (vcpu->gpr[REG_A6] != SBI_SRST_SYSTEM_RESET)
		return not_supported(vcpu);
	if (type > SBI_SRST_TYPE_WARM_REBOOT ||
	    reason > SBI_SRST_REASON_SYSTEM_FAILURE)
		return (struct sbiret){SBI_ERR_INVALID_PARAM, 0};
	vm_stop(vcpu->vm, VM_SHUTDOWN, "%s%s",
		type == SBI_SRST_TYPE_SHUTDOWN ? "shutdown" : "reboot",
		reason == SBI_SRST_REASON_NONE ? "" : " after a failure");
	return (struct sbiret){SBI_SUCCESS, 0};
	/* END */
}

struct sbiret sbi_legacy_putchar(struct vcpu *vcpu)
{
	/* SOLUTION h1.5: legacy putchar: one character from a0 */
	vm_putc(vcpu->vm, (char)vcpu->gpr[REG_A0]);
	return (struct sbiret){SBI_SUCCESS, 0};
	/* END */
}

struct sbiret sbi_legacy_shutdown(struct vcpu *vcpu)
{
	/* SOLUTION h1.5: legacy shutdown */
	vm_stop(vcpu->vm, VM_SHUTDOWN, "shutdown");
	return (struct sbiret){SBI_SUCCESS, 0};
	/* END */
}
