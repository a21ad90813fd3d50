/*
 * likely.c - the end of a post-mortem: the likely cause, with its task, and
 * the place in the handbook. It goes by what the hart and the vCPU show: the
 * reason that vm_stop was given is anybody's text.
 */
#include <stdio.h>

#include "later.h"
#include "riscv.h"
#include "vm.h"

struct death {
	const struct vcpu *vcpu;
	uint64_t scause, stval;
	bool no_handler; /* vstvec is 0 */
	uint64_t insn;	 /* at sepc, or 0 */
};

static bool is_one_of(uint64_t scause, uint64_t causes)
{
	return scause < 64 && causes >> scause & 1;
}

static bool is_guest_page_fault(const struct death *d)
{
	return is_one_of(d->scause,
			 1UL << CAUSE_FETCH_GUEST_PAGE_FAULT |
				 1UL << CAUSE_LOAD_GUEST_PAGE_FAULT |
				 1UL << CAUSE_STORE_GUEST_PAGE_FAULT);
}

static bool of_spv(const struct death *d)
{
	return d->scause == CAUSE_HS_ECALL;
}

/* The bits that hideleg has, and exits.c has no handler for. */
static bool of_hideleg(const struct death *d)
{
	return d->scause >> 63 &&
	       is_one_of(d->scause & ~CAUSE_INTERRUPT,
			 1 << IRQ_VSSI | 1 << IRQ_VSTI | 1 << IRQ_VSEI);
}

static bool of_hedeleg(const struct death *d)
{
	return is_one_of(d->scause, 1 << CAUSE_FETCH_MISALIGNED |
					    1 << CAUSE_BREAKPOINT |
					    1 << CAUSE_LOAD_MISALIGNED |
					    1 << CAUSE_STORE_MISALIGNED |
					    1 << CAUSE_U_ECALL |
					    1 << CAUSE_FETCH_PAGE_FAULT |
					    1 << CAUSE_LOAD_PAGE_FAULT |
					    1 << CAUSE_STORE_PAGE_FAULT);
}

/* A kernel installs its handler before it goes to VU-mode. */
static bool of_spp(const struct death *d)
{
	return d->no_handler && !(d->vcpu->sstatus & SSTATUS_SPP);
}

/* cycle, time and instret are CSRs 0xc00 to 0xc02. */
static bool of_hcounteren(const struct death *d)
{
	return d->scause == CAUSE_VIRTUAL_INSTRUCTION &&
	       (d->insn & 0x7f) == 0x73 && d->insn >> 20 >= 0xc00 &&
	       d->insn >> 20 <= 0xc02;
}

static bool of_hs_mode(const struct death *d)
{
	return d->scause == CAUSE_VIRTUAL_INSTRUCTION &&
	       !exit_virtual_instruction;
}

static bool of_bare(const struct death *d)
{
	return is_guest_page_fault(d) && !d->vcpu->vm->npt.root;
}

static bool of_ram(const struct death *d)
{
	gpa_t gpa = GPA(csr_read(htval) << 2);

	return is_guest_page_fault(d) && vm_in_ram(d->vcpu->vm, gpa, 1);
}

static bool of_mhartid(const struct death *d)
{
	return d->scause == CAUSE_ILLEGAL_INSTRUCTION &&
	       (d->insn & 0x7f) == 0x73 && d->insn >> 20 == 0xf14;
}

static bool of_magic(const struct death *d)
{
	const struct vm *vm = d->vcpu->vm;

	return d->scause == CAUSE_LOAD_ACCESS && vm->has_magic &&
	       d->stval == vm->magic.a;
}

static bool of_sepc(const struct death *d)
{
	return is_one_of(d->scause, 1 << CAUSE_FETCH_ACCESS |
					    1 << CAUSE_FETCH_GUEST_PAGE_FAULT);
}

static bool of_nothing(const struct death *d)
{
	return is_guest_page_fault(d) || d->scause == CAUSE_LOAD_ACCESS ||
	       d->scause == CAUSE_STORE_ACCESS;
}

static bool of_vstvec(const struct death *d)
{
	return d->no_handler && d->scause == CAUSE_ILLEGAL_INSTRUCTION;
}

/* The first that holds is told. */
static const struct kind {
	bool (*holds)(const struct death *d);
	const char *likely, *read;
} kinds[] = {
	{of_spv, "h1.2: hstatus.SPV is 0, so sret stayed in HS-mode",
	 "docs/debugging.md#the-guest-runs-in-hs-mode"},
	{of_hideleg,
	 "h1.2: hideleg lacks a virtual interrupt, so the guest's own one "
	 "exits",
	 "docs/debugging.md#an-interrupt-is-not-delegated"},
	{of_hedeleg,
	 "h1.2: hedeleg lacks this exception, which is the guest's own",
	 "docs/debugging.md#an-exception-is-not-delegated"},
	{of_spp,
	 "h1.2: sstatus.SPP is 0, so sret went to VU-mode instead of VS-mode",
	 "docs/debugging.md#a-kernel-in-vu-mode"},
	{of_hcounteren,
	 "h1.2: hcounteren does not let the guest read cycle, time, instret",
	 "docs/debugging.md#a-counter-is-closed"},
	{of_hs_mode,
	 "the guest did what only HS-mode may: nobody handles it before h3.5",
	 "docs/debugging.md#an-instruction-of-hs-mode"},
	{of_bare,
	 "h1.2: hgatp is not Bare, but there is no table before lab h2",
	 "docs/debugging.md#a-g-stage-before-lab-h2"},
	{of_ram,
	 "h2.5: no page was found to back its RAM; or MEM= is too small",
	 "docs/debugging.md#memory-runs-out"},
	{of_mhartid, "h1.6: csrr rd, mhartid has to be emulated",
	 "docs/debugging.md#nobody-emulates-it"},
	{of_magic, "h1.6: the load from hvlab,magic has to be emulated",
	 "docs/debugging.md#nobody-emulates-it"},
	{of_sepc,
	 "h1.2: sepc was never set; or h1.3: a register of the guest was lost",
	 "docs/debugging.md#the-pc-leads-nowhere"},
	{of_nothing, "the guest reached for an address where nothing is",
	 "docs/debugging.md#an-address-where-nothing-is"},
	{of_vstvec, "the guest is not prepared for this: it has no handler yet",
	 "docs/debugging.md#the-guest-has-no-handler"},
};

void postmortem_likely(const struct vcpu *vcpu, uint64_t scause, uint64_t stval,
		       uint32_t insn)
{
	struct death death = {vcpu, scause, stval, csr_read(vstvec) == 0, insn};
	const char *read = "docs/debugging.md#the-post-mortem";

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (!kinds[i].holds(&death))
			continue;
		printf("hv:   likely: %s\n", kinds[i].likely);
		read = kinds[i].read;
		break;
	}
	printf("hv:   read: %s\n", read);
}
