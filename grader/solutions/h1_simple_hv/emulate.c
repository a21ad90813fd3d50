/*
 * emulate.c - h1.6: two instructions that trap and are carried out by us.
 */
#include "h1.h"
#include "riscv.h"

/* HIDDEN */
#define CSR_MHARTID 0xf14U

/* Unprivileged, 2.2: where an instruction of 32 bits keeps its fields. */
static unsigned field_opcode(uint32_t insn)
{
	return insn & 0x7f;
}

static unsigned field_rd(uint32_t insn)
{
	return insn >> 7 & 31;
}

static unsigned field_funct3(uint32_t insn)
{
	return insn >> 12 & 7;
}

/* csrrs rd, mhartid, x0: opcode SYSTEM, funct3 2, rs1 0 */
static bool is_csrr_mhartid(uint32_t insn)
{
	return field_opcode(insn) == 0x73 && field_funct3(insn) == 2 &&
	       (insn >> 15 & 31) == 0 && insn >> 20 == CSR_MHARTID;
}

/* ld rd, offset(rs1): opcode LOAD, funct3 3 */
static bool is_ld(uint32_t insn)
{
	return field_opcode(insn) == 0x03 && field_funct3(insn) == 3;
}

/* c.ld rd', offset(rs1'): quadrant 0, funct3 3; rd' is x8 to x15 */
static bool is_c_ld(uint32_t insn)
{
	return (insn & 0xe003) == 0x6000;
}

/* END */
bool exit_illegal_instruction(struct vcpu *vcpu)
{
	/* SOLUTION h1.6: emulate csrr rd, mhartid; inject everything else */
	uint32_t insn;

	uint64_t fault = vcpu_fetch(vcpu, &insn);

	if (fault)
		return vcpu_inject(vcpu, fault, vcpu->sepc);
	if (!is_csrr_mhartid(insn))
		return exit_reflect(vcpu);
	vcpu_set_gpr(vcpu, field_rd(insn), vcpu->hartid);
	vcpu->sepc += 4;
	return true;
	/* END */
}

bool exit_load_access_fault(struct vcpu *vcpu)
{
	/* SOLUTION h1.6: emulate ld and c.ld from the magic address */
	const struct vm *vm = vcpu->vm;
	uint32_t insn;

	if (!vm->has_magic || csr_read(stval) != vm->magic.a)
		return exit_reflect(vcpu);
	uint64_t fault = vcpu_fetch(vcpu, &insn);
	if (fault)
		return vcpu_inject(vcpu, fault, vcpu->sepc);
	if (is_ld(insn)) {
		vcpu_set_gpr(vcpu, field_rd(insn), vm->magic_value);
		vcpu->sepc += 4;
	} else if (is_c_ld(insn)) {
		vcpu_set_gpr(vcpu, 8 + (insn >> 2 & 7), vm->magic_value);
		vcpu->sepc += 2;
	} else {
		return exit_reflect(vcpu);
	}
	return true;
	/* END */
}
