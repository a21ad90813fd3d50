/*
 * load.c - puts kernel, initrd and device tree into a VM's RAM: the kernel
 * where its own header wants it, the other two behind it.
 */
#include <string.h>

#include "elf.h"
#include "vm.h"

/* The header of a Linux Image (Documentation/arch/riscv/boot-image-header). */
struct image_header {
	uint32_t code[2];
	uint64_t
		text_offset; /* from the start of RAM, which is 2 MiB-aligned */
	uint64_t image_size; /* in memory */
	uint64_t flags;
	uint32_t version, reserved1;
	uint64_t reserved2, magic;
	uint32_t magic2, reserved3;
};

#define IMAGE_MAGIC2 0x05435352U /* "RSC\x05" */

/* Each of these sets vm->entry and *end, the end of the kernel in memory. */
static bool load_elf(struct vm *vm, uint64_t *end)
{
	struct elf_segment segment;
	unsigned index = 0, count = 0;

	for (; elf_segment(vm->kernel, &index, &segment); count++) {
		if (!vm_in_ram(vm, GPA(segment.addr), segment.size))
			return vm_error(vm,
					"kernel: its segment 0x%lx+0x%lx is "
					"outside of the RAM",
					segment.addr, segment.size);
		/* RAM is zeroed already: .bss needs nothing. */
		if (!vm_copy_to(vm, GPA(segment.addr), segment.content.data,
				segment.content.size))
			return vm_error(vm, "out of memory for the kernel");
		if (segment.addr + segment.size > *end)
			*end = segment.addr + segment.size;
	}
	vm->entry = GPA(elf_entry(vm->kernel));
	if (count == 0 || !vm_in_ram(vm, vm->entry, 2))
		return vm_error(vm, "kernel: an ELF with nothing to run");
	return true;
}

static bool load_image(struct vm *vm, const struct image_header *header,
		       uint64_t *end)
{
	uint64_t size = header->image_size > vm->kernel.size
				? header->image_size
				: vm->kernel.size;

	vm->entry = GPA(vm->ram.a + header->text_offset);
	if (vm->ram.a % (2 * MiB))
		return vm_error(vm, "kernel: an Image needs RAM that starts at "
				    "a multiple of 2 MiB");
	if (header->text_offset > vm->ram_size ||
	    !vm_in_ram(vm, vm->entry, size))
		return vm_error(vm, "kernel: needs 0x%lx bytes of RAM",
				header->text_offset + size);
	if (!vm_copy_to(vm, vm->entry, vm->kernel.data, vm->kernel.size))
		return vm_error(vm, "out of memory for the kernel");
	*end = vm->entry.a + size;
	return true;
}

/* Code without any header runs where firmware puts the next stage: at 2 MiB. */
static bool load_flat(struct vm *vm, uint64_t *end)
{
	vm->entry = GPA(vm->ram.a + 2 * MiB);
	if (!vm_in_ram(vm, vm->entry, vm->kernel.size))
		return vm_error(vm, "kernel: needs 0x%lx bytes of RAM",
				2 * MiB + vm->kernel.size);
	if (!vm_copy_to(vm, vm->entry, vm->kernel.data, vm->kernel.size))
		return vm_error(vm, "out of memory for the kernel");
	*end = vm->entry.a + vm->kernel.size;
	return true;
}

static bool load_kernel(struct vm *vm, uint64_t *end)
{
	struct image_header header = {0};
	uint32_t len;

	if (elf_check(vm->kernel))
		return load_elf(vm, end);
	if (vm->kernel.size >= sizeof(header))
		memcpy(&header, vm->kernel.data, sizeof(header));
	if (header.magic2 == IMAGE_MAGIC2)
		return load_image(vm, &header, end);
	if (fdt_prop(&vm->fdt, FDT_ROOT, "hv,flat-kernel", &len))
		return load_flat(vm, end);
	return vm_error(vm, "kernel: neither a RISC-V ELF nor an Image; if it "
			    "is flat code, vm.dts needs hv,flat-kernel");
}

/* A property of /chosen in the guest's copy: eight bytes, filled in place. */
static bool fill_in(struct vm *vm, const char *name, uint64_t value)
{
	fdt_node chosen = fdt_path(&vm->fdt, "/chosen");
	uint32_t len = 0;
	const uint8_t *prop = NULL;

	if (chosen != FDT_NONE)
		prop = fdt_prop(&vm->fdt, chosen, name, &len);
	if (!prop || len != sizeof(value))
		return vm_error(vm, "vm.dtb: no room for %s", name);
	uint64_t offset = (uint64_t)(prop - (const uint8_t *)vm->fdt.blob);
	value = __builtin_bswap64(value);
	return vm_copy_to(vm, GPA(vm->dtb.a + offset), &value, sizeof(value));
}

/*
 * Device tree and initrd end at the top of the RAM. An ELF says how much memory
 * it needs, so there the next multiple of 2 MiB that leaves them room will do:
 * a small guest has one block of RAM backed then, and not two.
 */
static uint64_t load_top(const struct vm *vm, uint64_t end, uint64_t need)
{
	uint64_t limit = vm->ram.a + vm->ram_size;
	uint64_t top = align_up(end + need, 2 * MiB);

	return elf_check(vm->kernel) && top < limit ? top : limit;
}

bool vm_load(struct vm *vm)
{
	uint64_t end = 0;
	uint64_t need = vm->fdt.size + vm->initrd.size + 2 * PAGE_SIZE;

	if (!load_kernel(vm, &end))
		return false;
	uint64_t top = load_top(vm, end, need);
	if (need > top - end)
		return vm_error(vm,
				"%lu KiB of RAM are too few for kernel, "
				"initrd and device tree",
				vm->ram_size / KiB);
	vm->dtb = GPA(align_down(top - vm->fdt.size, PAGE_SIZE));
	vm->initrd_at = GPA(align_down(vm->dtb.a - vm->initrd.size, PAGE_SIZE));
	if (!vm_copy_to(vm, vm->dtb, vm->fdt.blob, vm->fdt.size) ||
	    !vm_copy_to(vm, vm->initrd_at, vm->initrd.data, vm->initrd.size))
		return vm_error(vm, "out of memory for the initrd");
	if (!vm->initrd.size)
		return true;
	return fill_in(vm, "linux,initrd-start", vm->initrd_at.a) &&
	       fill_in(vm, "linux,initrd-end",
		       vm->initrd_at.a + vm->initrd.size);
}
