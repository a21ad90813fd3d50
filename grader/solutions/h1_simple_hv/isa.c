/*
 * isa.c - h1.1: does this machine have the hypervisor extension?
 */
#include "h1.h"

/* HIDDEN */
/* "rv64imafdch_zicsr": the single letters follow "rv64", up to a '_'. */
static bool letter_in_isa(const char *isa, char letter)
{
	if (isa[0] != 'r' || isa[1] != 'v' || isa[2] != '6' || isa[3] != '4')
		return false;
	for (const char *c = isa + 4; *c && *c != '_'; c++)
		if (*c == letter)
			return true;
	return false;
}

/* END */
bool hext_present(const struct fdt *fdt)
{
	/* SOLUTION h1.1: look for the letter h in the first cpu's ISA string */
	fdt_node cpu = fdt_device_type(fdt, FDT_ROOT, "cpu");

	if (cpu == FDT_NONE)
		return false;
	if (fdt_string_in(fdt, cpu, "riscv,isa-extensions", "h"))
		return true;
	const char *isa = fdt_string(fdt, cpu, "riscv,isa");
	return isa && letter_in_isa(isa, 'h');
	/* END */
}
