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
	uint64_t pc = vcpu->sepc;
	uint32_t low, high = 0;

	if (hlvx_hu(GVA(pc), &low) &&
	    ((low & 3) != 3 || hlvx_hu(GVA(pc + 2), &high))) {
		*insn = high << 16 | low;
		return 0;
	}
	/* HLVX faults as a load; the guest's own fetch would not. */
	return csr_read(scause) == CAUSE_LOAD_GUEST_PAGE_FAULT
		       ? CAUSE_FETCH_ACCESS
		       : CAUSE_FETCH_PAGE_FAULT;
	/* END */
}

/* HIDDEN */
/*
 * With htinst 0: was it the instruction's own load or store? Pages are
 * translated whole, so the low 12 bits of both addresses are then the same.
 */
static bool is_explicit_access(gpa_t gpa)
{
	return (gpa.a ^ csr_read(stval)) % PAGE_SIZE == 0 &&
	       csr_read(scause) != CAUSE_FETCH_GUEST_PAGE_FAULT;
}

/* END */
/* Flat: vcpu_fetch is compiled in, too. */
__attribute__((flatten)) bool mmio_emulate(struct vcpu *vcpu, gpa_t gpa)
{
	/* SOLUTION h2.6: decode the access and let the device carry it out */
	uint64_t htinst = csr_read(htinst);
	struct insn insn;
	uint32_t bits;

	if (htinst) {
		/* Of a fetch it is at most a pseudoinstruction (18.6.3). */
		if (!insn_decode_htinst(htinst, &insn))
			return gstage_refuse(vcpu);
	} else {
		if (!is_explicit_access(gpa))
			return gstage_refuse(vcpu);
		uint64_t fault = vcpu_fetch(vcpu, &bits);
		if (fault)
			return vcpu_inject(vcpu, fault, vcpu->sepc);
		if (!insn_decode(bits, &insn))
			return gstage_refuse(vcpu);
	}
	uint64_t value = insn.store ? vcpu->gpr[insn.reg] : 0;
	if (!mmio_access(vcpu->vm, gpa, &insn, &value))
		return gstage_refuse(vcpu);
	if (!insn.store)
		vcpu_set_gpr(vcpu, insn.reg, insn_extend(&insn, value));
	vcpu->sepc += insn.length;
	return true;
	/* END */
}
