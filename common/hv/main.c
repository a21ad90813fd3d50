/*
 * main.c - the hypervisor from the first line to the last: build every VM of
 * the archive, run them, say how each of them ended.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "elf.h"
#include "h1.h"
#include "kernel.h"
#include "later.h"
#include "page.h"
#include "plic.h"
#include "riscv.h"
#include "vm.h"

#define VM_DTB "/vm.dtb"

struct vm vms[VM_MAX];
unsigned vm_count;

/* "NAME/vm.dtb" is what makes a folder of the archive a VM. */
static bool vm_folder(const char *path, char name[VM_NAME_SIZE])
{
	size_t len = strlen(path), suffix = strlen(VM_DTB);

	if (len <= suffix || len - suffix >= VM_NAME_SIZE ||
	    strcmp(path + len - suffix, VM_DTB) != 0)
		return false;
	memcpy(name, path, len - suffix);
	name[len - suffix] = 0;
	return true;
}

static void create_all(struct blob archive)
{
	struct cpio_file file;
	uint64_t offset = 0;
	char name[VM_NAME_SIZE];

	while (cpio_next(archive, &offset, &file)) {
		if (!vm_folder(file.name, name))
			continue;
		if (vm_count == VM_MAX) {
			printf("hv: more than %d VMs\n", VM_MAX);
			poweroff(EXIT_CODE_CONFIG);
		}
		if (!vm_create(&vms[vm_count], archive, name))
			poweroff(EXIT_CODE_CONFIG);
		vm_count++;
	}
	if (vm_count == 0) {
		printf("hv: no VM to run: try `make qemu VM=dir`\n");
		poweroff(EXIT_CODE_CONFIG);
	}
}

const char *host_argument(const char *name)
{
	static const char *args;

	if (!args) {
		fdt_node chosen = fdt_path(&host_fdt, "/chosen");
		if (chosen != FDT_NONE)
			args = fdt_string(&host_fdt, chosen, "bootargs");
		if (!args)
			args = "";
	}
	const char *found = strstr(args, name);
	return found ? found + strlen(name) : NULL;
}

/* For `-append checksum`: what no guest must be able to change. */
static void print_checksum(void)
{
	extern const uint64_t _text[], _eextable[];
	uint64_t sum = 0;

	for (const uint64_t *word = _text; word < _eextable; word++)
		sum = sum * 31 + *word;
	printf("hv: code and constants: checksum 0x%lx\n", sum);
}

noreturn void hv_main(void)
{
	struct blob archive = host_initrd();
	struct vcpu *vcpu;
	int code = EXIT_CODE_OK;

	symbol_init(cpio_find(archive, "hv.elf"));
	printf("hv: hvlab on hart %lu, %lu MiB free\n", this_hart()->id,
	       page_count_free() * PAGE_SIZE / MiB);
	if (!hext_present(&host_fdt)) {
		printf("hv: this hart has no H extension: its ISA string lacks "
		       "the letter h\n"
		       "hv: run QEMU with -cpu rv64 or -cpu rv64,h=true\n");
		poweroff(EXIT_CODE_CONFIG);
	}
	csr_write(stimecmp, ~0UL); /* armed by nobody */
	plic_init();
	hart_init_guests();
	size_t pages = page_count_free();
	create_all(archive);
	if (host_argument("show"))
		poweroff(EXIT_CODE_OK);
	const char *limit = host_argument("limit=");
	if (limit)
		host_limit(strtoul(limit, NULL, 10));
	hv_start(pages);

	while ((vcpu = sched_next()) != NULL)
		vcpu_run(vcpu);
	for (unsigned i = 0; i < vm_count; i++) {
		vm_print_counts(&vms[i]);
		if (vms[i].state != VM_SHUTDOWN)
			code = EXIT_CODE_VM_STOPPED;
	}
	hv_summary();
	if (host_argument("checksum"))
		print_checksum();
	poweroff(code);
}
