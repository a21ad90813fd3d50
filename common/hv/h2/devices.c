/*
 * devices.c - from lab h2 on: the devices of vm.dts on the MMIO bus, emulated
 * here or passed through from the machine.
 */
#include <string.h>

#include "h2.h"
#include "riscv.h"

/* ---- hvlab,magic: a doubleword that reads as a constant ---- */

static uint64_t magic_read(void *context, uint64_t offset, unsigned width)
{
	const struct vm *vm = context;

	(void)offset;
	(void)width;
	return vm->magic_value;
}

/* ---- cfi-flash: read-only; its content is the VM's file "pflash" ---- */

/* Beyond its content, flash is erased: all ones. */
static uint64_t pflash_read(void *context, uint64_t offset, unsigned width)
{
	const struct vm *vm = context;
	uint64_t value = ~0UL;

	for (unsigned i = 0; i < width; i++)
		if (offset + i < vm->pflash.size)
			memcpy((uint8_t *)&value + i,
			       vm->pflash.data + offset + i, 1);
	return value;
}

/* ---- passed through ---- */

/* Only what the machine itself names at this address, with this size. */
static bool machine_has(const char *compatible, uint64_t base, uint64_t size)
{
	uint64_t host_base, host_size;
	fdt_node node = FDT_ROOT;

	while ((node = fdt_compatible(&host_fdt, node, compatible)) != FDT_NONE)
		for (unsigned i = 0;
		     fdt_reg(&host_fdt, node, i, &host_base, &host_size); i++)
			if (range_inside(base, size, host_base, host_size))
				return true;
	return false;
}

static bool pass_through(struct vm *vm, const struct vm_device_node *node)
{
	const struct mmio_device window = {
		.name = node->name,
		.base = GPA(node->base),
		.size = node->size,
	};

	if (!machine_has(node->compatible, node->base, node->size))
		return vm_error(vm, "vm.dts: %s: this machine has no %s there",
				node->name, node->compatible);
	if (!mmio_add(vm, &window) ||
	    npt_map(&vm->npt, GPA(node->base), HPA(node->base), node->size,
		    PTE_R | PTE_W) != NPT_OK)
		return vm_error(vm, "vm.dts: %s overlaps something else",
				node->name);
	vm_print_device(vm, node, "passed through");
	return true;
}

static bool emulate(struct vm *vm, const struct vm_device_node *node)
{
	struct mmio_device device = {
		.name = node->name,
		.base = GPA(node->base),
		.size = node->size,
		.context = vm,
	};

	if (strcmp(node->compatible, "hvlab,magic") == 0) {
		device.widths = 8;
		device.read = magic_read;
	} else if (strcmp(node->compatible, "cfi-flash") == 0) {
		device.widths = 1 + 2 + 4 + 8;
		device.read = pflash_read;
	} else {
		vm_print_device(vm, node, "absent: nothing emulates it");
		return true;
	}
	if (!mmio_add(vm, &device))
		return vm_error(vm, "vm.dts: %s overlaps something else",
				node->name);
	vm_print_device(vm, node, "emulated");
	return true;
}

bool vm_devices_init(struct vm *vm)
{
	struct vm_device_node node = {.node = FDT_ROOT};

	while (vm_next_device(vm, &node)) {
		uint32_t len;
		bool ok = fdt_prop(&vm->fdt, node.node, "hv,passthrough", &len)
				  ? pass_through(vm, &node)
				  : emulate(vm, &node);
		if (!ok)
			return false;
	}
	return true;
}
