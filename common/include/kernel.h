/*
 * kernel.h - what the minimal kernel offers to everything above it: the hart,
 * panic, power-off, and the notice for a task that is not written yet.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdnoreturn.h>

#include "cpio.h"
#include "exitcode.h"

struct fdt;
struct vcpu;

/* A variable that the start need not clear: it is written before it is read. */
#define NOINIT __attribute__((section(".noinit")))

#define HART_MAX 8
#define HART_STACK_SIZE 16384

/* What belongs to one hart. tp points here for as long as the host runs. */
struct hart {
	uint64_t libc_tls[2]; /* tp is also the C library's TLS: errno */
	uint64_t id;	      /* mhartid */
	struct vcpu *vcpu;    /* the vCPU that runs, or NULL */
	struct vcpu *loaded;  /* whose VS CSRs and FP it has (lab h5) */
	bool resched;	      /* the vCPU's turn is over (lab h5) */
};

static inline struct hart *this_hart(void)
{
	struct hart *hart;

	__asm__("mv %0, tp" : "=r"(hart));
	return hart;
}

/* The machine's own device tree, as QEMU passed it in a1. */
extern struct fdt host_fdt;

/* The archive of VMs, from -initrd; data is NULL when there is none. */
struct blob host_initrd(void);

/* Something that we violated ourselves: say what, show the host, power off. */
noreturn void panic(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* End the machine through the test finisher; code is one of exitcode.h. */
noreturn void poweroff(int code);

/* A stub was reached: name the task and where to write it, and power off. */
#define TODO(task, hint) todo(task, hint, __FILE__, __LINE__)
noreturn void todo(const char *task, const char *hint, const char *file,
		   int line);

/* The same notice from assembly is `TODO "h1.3", "hint"`: see asm.h. */

/*
 * Print the return addresses that lie on the stack from sp upwards, newest
 * first. It reads every word that follows a call: stale ones may be among them.
 */
void backtrace(uint64_t sp);

/* A scause value in the specification's words. */
const char *cause_name(uint64_t scause);

/* Called once by start.S on the boot hart, in HS-mode. */
noreturn void kernel_main(uint64_t hartid, const void *dtb);

/* The hypervisor proper (hv/main.c). */
noreturn void hv_main(void);
