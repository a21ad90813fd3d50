/*
 * isa.c - h1.1: does this machine have the hypervisor extension?
 */
#include "h1.h"

bool hext_present(const struct fdt *fdt)
{
	TODO("h1.1", "look for the letter h in the first cpu's ISA string");
}
