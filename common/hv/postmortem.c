/*
 * postmortem.c - everything known about a guest that had to be stopped: the
 * exit in words, where it was, its registers, its trap CSRs; likely.c has the
 * end. Also the counts of exits, which every VM gets.
 */
#include <stdio.h>

#include "elf.h"
#include "kernel.h"
#include "later.h"
#include "riscv.h"
#include "vm.h"

static const char *const reg_names[32] = {
	"zero", "ra", "sp", "gp", "tp",	 "t0",	"t1", "t2", "s0", "s1", "a0",
	"a1",	"a2", "a3", "a4", "a5",	 "a6",	"a7", "s2", "s3", "s4", "s5",
	"s6",	"s7", "s8", "s9", "s10", "s11", "t3", "t4", "t5", "t6",
};

static const char *guest_mode(const struct vcpu *vcpu)
{
	return vcpu->sstatus & SSTATUS_SPP ? "VS-mode" : "VU-mode";
}

void postmortem(struct vcpu *vcpu)
{
	const struct vm *vm = vcpu->vm;
	uint64_t scause = csr_read(scause), stval = csr_read(stval);
	uint32_t insn = 0;

	printf("hv:   last exit: %s (scause 0x%lx)\n", cause_name(scause),
	       scause);
	printf("hv:   stval 0x%lx, htval 0x%lx, htinst 0x%lx\n", stval,
	       csr_read(htval), csr_read(htinst));
	printf("hv:   guest in %s at sepc 0x%lx %s\n", guest_mode(vcpu),
	       vcpu->sepc, symbol_of(vm->kernel, vcpu->sepc));
	if (vcpu_fetch(vcpu, &insn))
		printf("hv:   no instruction can be read there\n");
	else if ((insn & 3) == 3)
		printf("hv:   instruction there: 0x%08x\n", insn);
	else
		printf("hv:   instruction there: 0x%04x\n", insn & 0xffff);
	if (postmortem_walk)
		postmortem_walk(vcpu, scause, stval);
	printf("hv:   called from 0x%lx %s\n", vcpu->gpr[REG_RA],
	       symbol_of(vm->kernel, vcpu->gpr[REG_RA]));
	for (unsigned i = 1; i < 32; i++)
		printf("%s%4s %016lx%s", i % 3 == 1 ? "hv: " : " ",
		       reg_names[i], vcpu->gpr[i],
		       i % 3 == 0 || i == 31 ? "\n" : "");
	printf("hv:   vsstatus 0x%lx, vstvec 0x%lx, vsatp 0x%lx\n",
	       csr_read(vsstatus), csr_read(vstvec), csr_read(vsatp));
	printf("hv:   vscause 0x%lx, vsepc 0x%lx, vstval 0x%lx\n",
	       csr_read(vscause), csr_read(vsepc), csr_read(vstval));
	postmortem_likely(vcpu, scause, stval, insn);
}

static void print_exits(const struct vm *vm)
{
	const uint64_t *exits = vm->vcpus[0].counts.exits;
	const char *separator = " ";

	printf("hv: vm %s: exits:", vm->name);
	for (uint64_t i = 0; i < 64; i++) {
		uint64_t cause = i < 32 ? i : CAUSE_INTERRUPT | (i - 32);
		if (!exits[i])
			continue;
		printf("%s%s %lu", separator, cause_name(cause), exits[i]);
		separator = ", ";
	}
	printf("\n");
}

void vm_print_counts(const struct vm *vm)
{
	uint64_t touched = vm->backed_4k * PAGE_SIZE + vm->backed_2m * 2 * MiB;

	print_exits(vm);
	if (touched)
		printf("hv: vm %s: memory: %lu of %lu KiB touched (%lu blocks "
		       "of 2 MiB, %lu pages of 4 KiB)\n",
		       vm->name, touched / KiB, vm->ram_size / KiB,
		       vm->backed_2m, vm->backed_4k);
}
