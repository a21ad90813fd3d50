/*
 * driver.c - the driver of lab h2's pure files: npt.c, insn.h, mmio.c, mmio.h.
 */
#include "driver.h"

#include <stddef.h>

const struct host_command *const host_commands[] = {
	npt_commands,
	insn_commands,
	mmio_commands,
	NULL,
};
