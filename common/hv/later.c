/*
 * later.c - stand-ins for what later labs bring. Each is weak: it vanishes as
 * soon as a lab defines the real function.
 */
#include "later.h"

#include <stdio.h>

#include "h1.h"
#include "kernel.h"
#include "page.h"
#include "riscv.h"
#include "uart.h"
#include "vm.h"

#define LATER __attribute__((weak))
#define TICKS_PER_MS 10000UL /* QEMU virt: 10 MHz */

/* ---- h2_npt ---- */

/* hgatp is Bare: the guest's RAM is the host's memory at the same address. */
LATER bool vm_ram_init(struct vm *vm)
{
	if (!page_claim(HPA(vm->ram.a), vm->ram_size))
		return vm_error(vm,
				"its RAM 0x%lx+0x%lx is not free memory of "
				"this machine; before lab h2 a guest can have "
				"no other address than the host's",
				vm->ram.a, vm->ram_size);
	return true;
}

LATER void *vm_ram_ptr(struct vm *vm, gpa_t gpa)
{
	return vm_in_ram(vm, gpa, 1) ? hpa_ptr(HPA(gpa.a)) : NULL;
}

/* hgatp stays Bare. */
LATER void vm_activate(struct vm *vm)
{
	(void)vm;
}

/* Loads from hvlab,magic trap by themselves: nothing is mapped there. */
LATER bool vm_devices_init(struct vm *vm)
{
	struct vm_device_node node = {.node = FDT_ROOT};

	while (vm_next_device(vm, &node))
		vm_print_device(vm, &node,
				vm->has_magic && node.base == vm->magic.a
					? "emulated"
					: "absent: there is no MMIO before h2");
	return true;
}

/*
 * An illegal instruction may come in stval (10.1.9). Otherwise the guest's pc
 * has to be a guest-physical address: its paging must be off.
 */
LATER uint64_t vcpu_fetch(struct vcpu *vcpu, uint32_t *insn)
{
	bool paging = csr_read(vsatp) >> ATP_MODE_SHIFT != ATP_MODE_BARE;
	uint16_t half[2] = {0, 0};

	if (csr_read(scause) == CAUSE_ILLEGAL_INSTRUCTION && csr_read(stval)) {
		*insn = (uint32_t)csr_read(stval);
		return 0;
	}
	if (paging || !vm_copy_from(vcpu->vm, &half[0], GPA(vcpu->sepc), 2))
		return CAUSE_FETCH_ACCESS;
	bool compressed = (half[0] & 3) != 3;
	if (!compressed &&
	    !vm_copy_from(vcpu->vm, &half[1], GPA(vcpu->sepc + 2), 2))
		return CAUSE_FETCH_ACCESS;
	*insn = (uint32_t)half[1] << 16 | half[0];
	return 0;
}

LATER bool exit_guest_page_fault(struct vcpu *vcpu)
{
	return vm_stop(vcpu->vm, VM_STOPPED,
		       "guest page fault: nothing handles it before lab h2");
}

/* ---- h3_timer ---- */

/* No guest has a timer yet; `limit=` uses the host's to end the run. */
LATER void host_limit(uint64_t milliseconds)
{
	csr_write(stimecmp, csr_read(time) + milliseconds * TICKS_PER_MS);
	csr_set(sie, 1 << IRQ_STI);
}

LATER void host_timer_interrupt(void)
{
	csr_clear(sie, 1 << IRQ_STI);
	vm_stop(this_hart()->vcpu->vm, VM_SHUTDOWN,
		"its time is over (limit=)");
}

LATER void vtimer_start(struct vcpu *vcpu)
{
	(void)vcpu;
}

LATER void vtimer_stop(struct vcpu *vcpu)
{
	(void)vcpu;
}

LATER void hart_idle(void)
{
	__asm__ volatile("wfi");
}

/* ---- h4_vplic ---- */

LATER void host_external_interrupt(void)
{
	panic("external interrupt: nothing handles it before lab h4");
}

/* A device that is passed through works without its interrupt, by polling. */
LATER bool irq_route(struct vm *vm, unsigned source)
{
	(void)vm;
	(void)source;
	return true;
}

LATER void irq_release(struct vm *vm)
{
	(void)vm;
}

/* ---- h5_multi_vm ---- */

/* One VM after the other. */
LATER struct vcpu *sched_next(void)
{
	for (unsigned i = 0; i < vm_count; i++)
		if (vms[i].state == VM_RUNNING)
			return &vms[i].vcpus[0];
	return NULL;
}

/* It keeps the hart to its end, so its VS CSRs only have to start at zero. */
LATER void vcpu_load(struct vcpu *vcpu)
{
	vm_activate(vcpu->vm);
	__asm__ volatile("fence.i"); /* Its code came by stores. */
	csr_write(vsstatus, 0);
	csr_write(vsie, 0);
	csr_write(vstvec, 0);
	csr_write(vsscratch, 0);
	csr_write(vsepc, 0);
	csr_write(vscause, 0);
	csr_write(vstval, 0);
	csr_write(vsatp, 0);
	csr_write(hvip, 0);
	vtimer_start(vcpu);
}

/* Before lab h4 only a timer can end a sleep: is none armed? Then say so. */
static bool tell_if_for_ever(const struct vcpu *vcpu)
{
	bool armed = csr_read(stimecmp) != ~0UL ||
		     (vcpu->vm->sstc && csr_read(vstimecmp) != ~0UL);

	if (armed || vplic_mmio_read)
		return false;
	printf("hv: vm %s: it sleeps for ever: no timer is armed\n"
	       "hv:   read: docs/debugging.md#nobody-wakes-up\n",
	       vcpu->vm->name);
	return true;
}

/* Nobody else wants the hart: idle until there is an interrupt for it. */
LATER bool vcpu_block(struct vcpu *vcpu)
{
	bool told = false;

	while (vcpu->vm->state == VM_RUNNING && !vcpu_irq_pending(vcpu)) {
		told = told || tell_if_for_ever(vcpu);
		hart_idle();
	}
	return vcpu->vm->state == VM_RUNNING;
}

LATER bool vcpu_irq_pending(const struct vcpu *vcpu)
{
	(void)vcpu;
	/* Not vsip: on QEMU 7.2 it does not show what hvip.VSEIP raises. */
	return csr_read(hip) & csr_read(hie);
}

LATER void vcpu_irq_set(struct vcpu *vcpu, unsigned irq, bool level)
{
	(void)vcpu;
	if (level)
		csr_set(hvip, 1UL << irq);
	else
		csr_clear(hvip, 1UL << irq);
}

LATER void vm_putc(struct vm *vm, char c)
{
	(void)vm;
	uart_putc(c);
}

/* Nobody listens to the keyboard. */
LATER int vm_getc(struct vm *vm)
{
	(void)vm;
	return -1;
}

LATER bool sbi_console(struct vcpu *vcpu)
{
	return sbi_dbcn(vcpu);
}

LATER void console_close(struct vm *vm)
{
	(void)vm;
}

LATER void host_device_interrupt(unsigned source)
{
	(void)source;
}

LATER void hv_start(size_t pages)
{
	(void)pages;
}

LATER void hv_summary(void)
{
}
