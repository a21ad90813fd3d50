/*
 * devices.c - from lab h2 on: the devices of vm.dts on the MMIO bus, emulated
 * here or passed through from the machine.
 */
#include <string.h>

#include "h2.h"
#include "later.h"
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

/* ---- hvlab,scratch: a few bytes to read and to write ---- */

/* Where the bytes are; for an aligned doubleword that is one load or store. */
static uint8_t *scratch_at(struct vm *vm, uint64_t offset)
{
	return &vm->scratch[offset % VM_SCRATCH];
}

static bool is_doubleword(const uint8_t *at, unsigned width)
{
	return width == 8 && (uintptr_t)at % 8 == 0;
}

/* Beyond its width a value is not specified: here it is all ones. */
static uint64_t scratch_read(void *vm, uint64_t offset, unsigned width)
{
	const uint8_t *from = scratch_at(vm, offset);
	uint64_t value = ~0UL;

	if (width == 1)
		return ~0xffUL | *from;
	if (is_doubleword(from, width))
		return *(const uint64_t *)(const void *)from;
	while (width > 0)
		value = value << 8 | from[--width];
	return value;
}

static void scratch_write(void *vm, uint64_t offset, unsigned width,
			  uint64_t value)
{
	uint8_t *to = scratch_at(vm, offset);

	if (is_doubleword(to, width))
		*(uint64_t *)(void *)to = value;
	else
		for (; width > 0; width--, value >>= 8)
			*to++ = (uint8_t)value;
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

/* The interrupt that the node names, if any, goes with the device. */
static bool route(struct vm *vm, const struct vm_device_node *node)
{
	uint64_t source = fdt_u64(&vm->fdt, node->node, "interrupts", 0);

	return source == 0 || irq_route(vm, (unsigned)source);
}

/* Whole pages are mapped: a device's page holds nothing else. */
static bool pass_through(struct vm *vm, const struct vm_device_node *node)
{
	const struct mmio_device window = {
		.name = node->name,
		.base = GPA(node->base),
		.size = align_up(node->size, PAGE_SIZE),
	};

	if (!machine_has(node->compatible, node->base, node->size))
		return vm_error(vm, "vm.dts: %s: this machine has no %s there",
				node->name, node->compatible);
	if (!mmio_add(vm, &window) ||
	    npt_map(&vm->npt, window.base, HPA(node->base), window.size,
		    PTE_R | PTE_W) != NPT_OK)
		return vm_error(vm, "vm.dts: %s overlaps something else",
				node->name);
	if (!route(vm, node))
		return vm_error(vm, "vm.dts: %s: its interrupt is taken",
				node->name);
	vm_print_device(vm, node, "passed through");
	return true;
}

/* What is emulated, by "compatible". Rows without functions wait for a lab. */
static const struct emulation {
	const char *compatible;
	struct mmio_device device;
} emulations[] = {
	{"hvlab,magic", {.widths = 8, .read = magic_read}},
	{"cfi-flash", {.widths = 1 + 2 + 4 + 8, .read = pflash_read}},
	{"hvlab,scratch",
	 {.widths = 1 + 2 + 4 + 8,
	  .read = scratch_read,
	  .write = scratch_write}},
	{"riscv,plic0",
	 {.widths = 4, .read = vplic_mmio_read, .write = vplic_mmio_write}},
	{"ns16550a", {.widths = 1, .read = vuart_read, .write = vuart_write}},
};

static const struct emulation *find_emulation(const struct vm *vm,
					      const struct vm_device_node *node)
{
	for (size_t i = 0; i < sizeof(emulations) / sizeof(*emulations); i++)
		if (fdt_string_in(&vm->fdt, node->node, "compatible",
				  emulations[i].compatible))
			return &emulations[i];
	return NULL;
}

static bool emulate(struct vm *vm, const struct vm_device_node *node)
{
	const struct emulation *row = find_emulation(vm, node);

	if (!row || !(row->device.read || row->device.write)) {
		vm_print_device(vm, node, "absent: nothing emulates it");
		return true;
	}
	struct mmio_device device = row->device;
	device.name = node->name;
	device.base = GPA(node->base);
	device.size = node->size;
	device.widths = (unsigned)fdt_u64(&vm->fdt, node->node, "hv,widths",
					  row->device.widths);
	device.source =
		(unsigned)fdt_u64(&vm->fdt, node->node, "interrupts", 0);
	device.context = vm;
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
