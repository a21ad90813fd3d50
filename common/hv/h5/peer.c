/*
 * peer.c - who is at the other end of a VM's doorbell, by its vm.dts:
 *
 *   doorbell {
 *           compatible = "hvlab,doorbell";
 *           hv,peer = "name of the other VM";
 *           interrupts = <9>;
 *   };
 *
 * Searching device trees takes long, so it is done once for the session.
 */
#include <string.h>

#include "h5.h"

static struct {
	const char *peer; /* by name; NULL: it has no doorbell */
	unsigned source;
	struct vm *vm;
} ends[VM_MAX];

void doorbell_init(void)
{
	for (unsigned i = 0; i < vm_count; i++) {
		const struct fdt *fdt = &vms[i].fdt;
		fdt_node node = fdt_compatible(fdt, FDT_ROOT, "hvlab,doorbell");
		if (node == FDT_NONE)
			continue;
		ends[i].peer = fdt_string(fdt, node, "hv,peer");
		ends[i].source = (unsigned)fdt_u64(fdt, node, "interrupts", 0);
	}
	for (unsigned i = 0; i < vm_count; i++)
		for (unsigned j = 0; j < vm_count; j++)
			if (i != j && ends[i].peer && ends[j].peer &&
			    strcmp(ends[i].peer, vms[j].name) == 0 &&
			    strcmp(ends[j].peer, vms[i].name) == 0)
				ends[i].vm = &vms[j];
}

struct vm *doorbell_peer(const struct vm *vm)
{
	return ends[vm - vms].vm;
}

unsigned doorbell_source(const struct vm *vm)
{
	return ends[vm - vms].source;
}
