/*
 * fetch.c - h2.6: the instruction that trapped, and what it wanted.
 */
#include "h1.h"
#include "h2.h"
#include "hlvx.h"
#include "insn.h"
#include "mmio.h"
#include "riscv.h"

uint64_t vcpu_fetch(struct vcpu *vcpu, uint32_t *insn)
{
	/* SOLUTION h2.6: read 16 or 32 bits at sepc with hlvx_hu */
	uint32_t low, high = 0;

	if (hlvx_hu(GVA(vcpu->sepc), &low) &&
	    ((low & 3) != 3 || hlvx_hu(GVA(vcpu->sepc + 2), &high))) {
		*insn = high << 16 | low;
		return 0;
	}
	/* HLVX faults as a load; the guest's own fetch would not. */
	return csr_read(scause) == CAUSE_LOAD_GUEST_PAGE_FAULT
		       ? CAUSE_FETCH_ACCESS
		       : CAUSE_FETCH_PAGE_FAULT;
	/* END */
}

/* Flat: vcpu_fetch is compiled in, too. */
__attribute__((flatten)) bool mmio_emulate(struct vcpu *vcpu, gpa_t gpa)
{
	/* SOLUTION h2.6: decode the access and let the device carry it out */
	uint64_t htinst = csr_read(htinst), value = 0;
	bool implicit = (gpa.a ^ csr_read(stval)) % PAGE_SIZE;
	struct insn insn;
	uint32_t bits;

	if (implicit || csr_read(scause) == CAUSE_FETCH_GUEST_PAGE_FAULT)
		return gstage_refuse(vcpu);
	if (htinst) {
		if (!insn_decode_htinst(htinst, &insn))
			return gstage_refuse(vcpu);
	} else {
		uint64_t fault = vcpu_fetch(vcpu, &bits);
		if (fault)
			return vcpu_inject(vcpu, fault, vcpu->sepc);
		if (!insn_decode(bits, &insn))
			return gstage_refuse(vcpu);
	}
	if (insn.store)
		value = vcpu->gpr[insn.reg];
	if (!mmio_access(vcpu->vm, gpa, &insn, &value))
		return gstage_refuse(vcpu);
	if (!insn.store)
		vcpu_set_gpr(vcpu, insn.reg, insn_extend(&insn, value));
	vcpu->sepc += insn.length;
	return true;
	/* END */
}
