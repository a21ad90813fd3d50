/*
 * main.c - brings up the boot hart: the machine's device tree, the console,
 * the free memory; then the hypervisor takes over.
 */
#include <stdio.h>

#include "addr.h"
#include "cpio.h"
#include "fdt.h"
#include "kernel.h"
#include "page.h"
#include "uart.h"

#define DTB_MAX (2 * MiB)

struct fdt host_fdt;
struct hart harts[HART_MAX];
char boot_stack[HART_STACK_SIZE] NOINIT __attribute__((aligned(16)));
char trap_stack[HART_STACK_SIZE] NOINIT __attribute__((aligned(16)));

extern const char _end[];

static void uart_find(void)
{
	uint64_t base, size;
	fdt_node node = fdt_compatible(&host_fdt, FDT_ROOT, "ns16550a");

	if (node != FDT_NONE && fdt_reg(&host_fdt, node, 0, &base, &size))
		uart_init(base);
}

struct blob host_initrd(void)
{
	fdt_node chosen = fdt_path(&host_fdt, "/chosen");

	if (chosen == FDT_NONE)
		return (struct blob){NULL, 0};
	uint64_t start = fdt_u64(&host_fdt, chosen, "linux,initrd-start", 0);
	uint64_t end = fdt_u64(&host_fdt, chosen, "linux,initrd-end", 0);
	return (struct blob){hpa_ptr(HPA(start)), end - start};
}

/* All memory behind the kernel is free, but for what QEMU left there. */
static void memory_find(void)
{
	uint64_t base, size;
	fdt_node node = fdt_device_type(&host_fdt, FDT_ROOT, "memory");
	struct blob initrd = host_initrd();

	if (node == FDT_NONE || !fdt_reg(&host_fdt, node, 0, &base, &size))
		panic("the machine's device tree names no memory");
	uint64_t end = base + size, kernel_end = (uint64_t)_end;
	page_init(HPA(kernel_end), end - kernel_end);
	page_claim(hpa_of(host_fdt.blob), host_fdt.size);
	if (initrd.size && !page_claim(hpa_of(initrd.data), initrd.size))
		panic("-initrd does not fit into memory: give QEMU more (-m)");
}

noreturn void kernel_main(uint64_t hartid, const void *dtb)
{
	this_hart()->id = hartid;
	if (!fdt_open(&host_fdt, dtb, DTB_MAX))
		panic("a1 = %p is not a device tree", dtb);
	uart_find();
	memory_find();
	hv_main();
}
