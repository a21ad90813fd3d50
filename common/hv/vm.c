/*
 * vm.c - a VM from its directory: reads the guest's device tree, which is its
 * whole configuration, and reaches into its RAM.
 */
#include "vm.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "h1.h"
#include "kernel.h"

bool vm_error(const struct vm *vm, const char *fmt, ...)
{
	va_list args;

	printf("hv: vm %s: ", vm->name);
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	printf("\n");
	return false;
}

static struct blob vm_file(const struct vm *vm, struct blob archive,
			   const char *file)
{
	char path[VM_NAME_SIZE + 16];

	snprintf(path, sizeof(path), "%s/%s", vm->name, file);
	return cpio_find(archive, path);
}

/* /memory: one range of RAM, in whole pages. */
static bool read_memory(struct vm *vm)
{
	fdt_node node = fdt_device_type(&vm->fdt, FDT_ROOT, "memory");
	uint64_t second_base, second_size;

	if (node == FDT_NONE ||
	    !fdt_reg(&vm->fdt, node, 0, &vm->ram.a, &vm->ram_size))
		return vm_error(vm, "vm.dts: no memory node with a reg");
	if (fdt_reg(&vm->fdt, node, 1, &second_base, &second_size) ||
	    fdt_device_type(&vm->fdt, node, "memory") != FDT_NONE)
		return vm_error(vm, "vm.dts: more than one range of memory");
	if (vm->ram.a % PAGE_SIZE || vm->ram_size % PAGE_SIZE ||
	    vm->ram_size == 0 || vm->ram.a + vm->ram_size < vm->ram.a)
		return vm_error(vm, "vm.dts: memory must be whole 4 KiB pages");
	return true;
}

/* /cpus: one vCPU for each node; reg is its hart id. */
static bool read_cpus(struct vm *vm)
{
	fdt_node cpus = fdt_path(&vm->fdt, "/cpus");
	fdt_node node = FDT_ROOT;
	unsigned count = 0;
	uint64_t size;

	while ((node = fdt_device_type(&vm->fdt, node, "cpu")) != FDT_NONE) {
		if (count == VM_VCPUS)
			return vm_error(vm, "vm.dts: more than %d cpu node(s)",
					VM_VCPUS);
		struct vcpu *vcpu = &vm->vcpus[count++];
		vcpu->vm = vm;
		if (!fdt_reg(&vm->fdt, node, 0, &vcpu->hartid, &size))
			return vm_error(vm, "vm.dts: a cpu node without reg");
		const char *isa = fdt_string(&vm->fdt, node, "riscv,isa");
		vm->sstc = isa && strstr(isa, "_sstc");
	}
	if (count == 0 || cpus == FDT_NONE)
		return vm_error(vm, "vm.dts: no cpu node");
	uint64_t host_hz = fdt_u64(&host_fdt, fdt_path(&host_fdt, "/cpus"),
				   "timebase-frequency", 0);
	if (fdt_u64(&vm->fdt, cpus, "timebase-frequency", 0) != host_hz)
		return vm_error(vm,
				"vm.dts: timebase-frequency must be %lu, as on "
				"this machine",
				host_hz);
	return true;
}

static void read_magic(struct vm *vm)
{
	fdt_node node = fdt_compatible(&vm->fdt, FDT_ROOT, "hvlab,magic");
	uint64_t size;

	vm->has_magic = node != FDT_NONE &&
			fdt_reg(&vm->fdt, node, 0, &vm->magic.a, &size);
	if (vm->has_magic)
		vm->magic_value = fdt_u64(&vm->fdt, node, "hv,value", 0);
}

bool vm_next_device(const struct vm *vm, struct vm_device_node *at)
{
	const struct fdt *fdt = &vm->fdt;

	while ((at->node = fdt_next(fdt, at->node, &at->depth)) != FDT_NONE) {
		at->name = fdt_name(fdt, at->node);
		at->compatible = fdt_string(fdt, at->node, "compatible");
		if (at->compatible &&
		    !fdt_string(fdt, at->node, "device_type") &&
		    fdt_reg(fdt, at->node, 0, &at->base, &at->size))
			return true;
	}
	return false;
}

void vm_print_device(const struct vm *vm, const struct vm_device_node *node,
		     const char *what)
{
	printf("hv: vm %s: %s (%s): %s\n", vm->name, node->name,
	       node->compatible, what);
}

static void print_plan(const struct vm *vm)
{
	bool small = vm->ram_size < MiB;

	printf("hv: vm %s: ram 0x%lx+%lu %s, hart 0x%lx, entry 0x%lx, dtb "
	       "0x%lx",
	       vm->name, vm->ram.a, vm->ram_size / (small ? KiB : MiB),
	       small ? "KiB" : "MiB", vm->vcpus[0].hartid, vm->entry.a,
	       vm->dtb.a);
	if (vm->initrd.size)
		printf(", initrd 0x%lx+0x%lx", vm->initrd_at.a,
		       vm->initrd.size);
	printf("\n");
}

bool vm_create(struct vm *vm, struct blob archive, const char *name)
{
	*vm = (struct vm){.state = VM_RUNNING};
	strncpy(vm->name, name, VM_NAME_SIZE - 1);
	struct blob dtb = vm_file(vm, archive, "vm.dtb");
	vm->kernel = vm_file(vm, archive, "kernel");
	vm->initrd = vm_file(vm, archive, "initrd");
	vm->pflash = vm_file(vm, archive, "pflash");

	if (!fdt_open(&vm->fdt, dtb.data, dtb.size))
		return vm_error(vm, "vm.dtb is not a device tree");
	if (!vm->kernel.data)
		return vm_error(vm, "there is no kernel");
	if (!read_memory(vm) || !read_cpus(vm))
		return false;
	read_magic(vm);
	if (!vm_ram_init(vm) || !vm_devices_init(vm) || !vm_load(vm))
		return false;
	vcpu_init(&vm->vcpus[0], vm->entry, vm->dtb);
	print_plan(vm);
	return true;
}

/* Where the page of gpa ends, or size bytes on, whichever comes first. */
static uint64_t page_part(gpa_t gpa, uint64_t size)
{
	uint64_t room = PAGE_SIZE - gpa.a % PAGE_SIZE;

	return size < room ? size : room;
}

bool vm_copy_to(struct vm *vm, gpa_t to, const void *from, uint64_t size)
{
	const uint8_t *bytes = from;

	while (size) {
		uint64_t part = page_part(to, size);
		void *page = vm_ram_ptr(vm, to);
		if (!page)
			return false;
		memcpy(page, bytes, part);
		to.a += part;
		bytes += part;
		size -= part;
	}
	return true;
}

bool vm_copy_from(struct vm *vm, void *to, gpa_t from, uint64_t size)
{
	uint8_t *bytes = to;

	while (size) {
		uint64_t part = page_part(from, size);
		const void *page = vm_ram_ptr(vm, from);
		if (!page)
			return false;
		memcpy(bytes, page, part);
		from.a += part;
		bytes += part;
		size -= part;
	}
	return true;
}
