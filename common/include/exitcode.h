/*
 * exitcode.h - how the machine ends: the exit status of QEMU itself.
 *
 * 1 is missing because QEMU uses it for its own errors.
 */
#pragma once

#define EXIT_CODE_OK 0	       /* every VM shut itself down */
#define EXIT_CODE_VM_STOPPED 3 /* the hypervisor had to stop a VM */
#define EXIT_CODE_CONFIG 4 /* no H extension, or a VM that cannot be built */
#define EXIT_CODE_PANIC 5  /* the hypervisor itself is broken */
#define EXIT_CODE_TODO 6   /* a task that is not written yet was reached */
#define EXIT_CODE_BUDGET 7 /* the instruction budget is spent */
