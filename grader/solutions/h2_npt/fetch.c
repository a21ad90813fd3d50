/*
 * fetch.c - h2.6: the instruction that trapped, and what it wanted.
 */
#include "h1.h"
#include "h2.h"
#include "riscv.h"

/* HIDDEN */
/* The cause by which HLVX failed, as the guest's own fetch would have. */
static uint64_t fetch_fault(void)
{
	return csr_read(scause) == CAUSE_LOAD_PAGE_FAULT
		       ? CAUSE_FETCH_PAGE_FAULT
		       : CAUSE_FETCH_ACCESS;
}

/* END */
uint64_t vcpu_fetch(struct vcpu *vcpu, uint32_t *insn)
{
	/* SOLUTION h2.6: read 16 or 32 bits at sepc with hlvx_hu */
	uint64_t scause = csr_read(scause), stval = csr_read(stval);
	uint64_t htval = csr_read(htval), htinst = csr_read(htinst);
	uint16_t low = 0, high = 0;

	if (hlvx_hu(GVA(vcpu->sepc), &low) &&
	    ((low & 3) != 3 || hlvx_hu(GVA(vcpu->sepc + 2), &high))) {
		*insn = (uint32_t)high << 16 | low;
		return 0;
	}
	uint64_t fault = fetch_fault();
	csr_write(scause, scause);
	csr_write(stval, stval);
	csr_write(htval, htval);
	csr_write(htinst, htinst);
	return fault;
	/* END */
}

bool mmio_emulate(struct vcpu *vcpu, gpa_t gpa)
{
	/* SOLUTION h2.6: decode the access and let the device carry it out */
	const struct mmio_device *device = mmio_find(vcpu->vm, gpa);
	uint64_t scause = csr_read(scause), stval = csr_read(stval);
	uint64_t htinst = csr_read(htinst);
	uint32_t bits;
	struct insn insn;
	bool known;

	/*
	 * The page offset tells the guest's own access from an implicit one:
	 * a walk of its page tables that led here.
	 */
	if (!device || scause == CAUSE_FETCH_GUEST_PAGE_FAULT ||
	    (gpa.a ^ stval) % PAGE_SIZE)
		return gstage_refuse(vcpu, scause, stval);
	if (htinst) {
		known = insn_decode_htinst(htinst, &insn);
	} else {
		uint64_t fault = vcpu_fetch(vcpu, &bits);
		if (fault)
			return vcpu_inject(vcpu, fault, vcpu->sepc);
		known = insn_decode(bits, &insn);
	}
	if (!known || insn.store != (scause == CAUSE_STORE_GUEST_PAGE_FAULT))
		return gstage_refuse(vcpu, scause, stval);

	uint64_t value = insn.store ? vcpu->gpr[insn.reg] : 0;
	if (!mmio_access(device, gpa, &insn, &value))
		return gstage_refuse(vcpu, scause, stval);
	if (!insn.store)
		vcpu_set_gpr(vcpu, insn.reg, insn_extend(&insn, value));
	vcpu->sepc += insn.length;
	return true;
	/* END */
}
