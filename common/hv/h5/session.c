/*
 * session.c - from lab h5 on: what is settled before the first turn, and the
 * table after the last one.
 */
#include <stdio.h>
#include <stdlib.h>

#include "h5.h"
#include "page.h"
#include "riscv.h"
#include "sbi.h"

#define TICKS_PER_MS 10000UL /* QEMU virt: 10 MHz */
#define SLICE_MS 10UL

static size_t pages_at_start; /* free, before the VMs were built */

/* What a VM may come to hold: RAM, tables of 4 KiB leaves for it, the rest. */
static uint64_t pages_at_most(const struct vm *vm)
{
	uint64_t pages = vm->ram_size / PAGE_SIZE;

	return pages + pages / 512 + 32;
}

/*
 * RAM is given when it is touched. More of it than there is would let one VM
 * take what another was promised.
 */
static void check_memory(void)
{
	uint64_t pages = 0;

	for (unsigned i = 0; i < vm_count; i++)
		pages += pages_at_most(&vms[i]);
	if (vm_count == 1 || pages <= pages_at_start)
		return;
	printf("hv: the VMs need %lu MiB, and there are %lu MiB: give QEMU "
	       "more (-m)\n",
	       pages * PAGE_SIZE / MiB, pages_at_start * PAGE_SIZE / MiB);
	poweroff(EXIT_CODE_CONFIG);
}

/* `-append slice=N`: milliseconds. */
void hv_start(size_t pages)
{
	const char *slice = host_argument("slice=");
	uint64_t ms = slice ? strtoul(slice, NULL, 10) : 0;

	pages_at_start = pages;
	check_memory();
	vmids.count = vmid_probe();
	turns.count = vm_count;
	turns.last = vm_count - 1; /* so that VM 0 is the first */
	turns.slice = (ms ? ms : SLICE_MS) * TICKS_PER_MS;
	doorbell_init();
	terminal_start();
}

/*
 * A reboot ends the VM as a shutdown does. The call that asked for it is still
 * in the guest's registers.
 */
static bool rebooted(const struct vm *vm)
{
	const uint64_t *gpr = vm->vcpus[0].gpr;

	return vm->state == VM_SHUTDOWN && gpr[REG_A7] == SBI_EXT_SRST &&
	       (uint32_t)gpr[REG_A0] != SBI_SRST_TYPE_SHUTDOWN;
}

bool vm_wants_restart(const struct vm *vm)
{
	return (rebooted(vm) || vm->state == VM_STOPPED) &&
	       vm->restarts < fdt_u64(&vm->fdt, FDT_ROOT, "hv,restart", 0);
}

static uint64_t sum(const uint64_t *numbers, unsigned count)
{
	uint64_t total = 0;

	for (unsigned i = 0; i < count; i++)
		total += numbers[i];
	return total;
}

void hv_summary(void)
{
	printf("hv: vm                ran ms  slices     exits interrupts "
	       "  pages restarts\n");
	for (unsigned i = 0; i < vm_count; i++) {
		const struct vm *vm = &vms[i];
		const struct vcpu_counts *counts = &vm->vcpus[0].counts;
		printf("hv: %-16s %7lu %7lu %9lu %10lu %7lu %8lu\n", vm->name,
		       counts->ran / TICKS_PER_MS, counts->turns,
		       sum(counts->exits, 64), counts->interrupts,
		       vm->backed_4k + vm->backed_2m * 512, vm->restarts);
	}
	if (page_count_free() != pages_at_start)
		printf("hv: %ld pages were not given back\n",
		       (long)(pages_at_start - page_count_free()));
}
