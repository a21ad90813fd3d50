/*
 * driver.h - the commands of this lab's driver, a table per pure file.
 */
#pragma once
#include "host.h"

extern const struct host_command npt_commands[];  /* drive_npt.c */
extern const struct host_command insn_commands[]; /* drive_insn.c */
extern const struct host_command mmio_commands[]; /* drive_mmio.c */
