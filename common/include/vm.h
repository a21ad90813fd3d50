/*
 * vm.h - the words of the hypervisor: VMs, vCPUs, exits.
 *
 * The core's own interface is small: create a VM, run a vCPU, read and write
 * its registers, reach its memory, inject an exception, stop it.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "addr.h"
#include "cpio.h"
#include "fdt.h"

#define VM_MAX 16
#define VM_VCPUS 1
#define VM_NAME_SIZE 32
#define VM_DEVICES 8
#define VM_SCRATCH 64 /* bytes */
#define CONSOLE_LINE 128
#define CONSOLE_INPUT 256

/* Indices into vcpu->gpr, by the calling convention's names. */
enum reg {
	REG_RA = 1,
	REG_SP = 2,
	REG_A0 = 10,
	REG_A1 = 11,
	REG_A2 = 12,
	REG_A6 = 16,
	REG_A7 = 17,
};

struct vm;

/* What vcpu_enter keeps of the host; the run loop keeps the rest. */
struct host_regs {
	uint64_t ra, sp, tp;
};

/* A deadline on the host's clock (lab h3). */
struct timer {
	uint64_t deadline; /* host time, in ticks of the timebase */
	void (*fire)(struct timer *timer);
	struct timer *next;
	bool queued;
};

/* The floating-point registers (lab h5). */
struct fp_state {
	uint64_t f[32];
	uint64_t fcsr;
};

/* What is counted. It goes on counting when the VM starts afresh. */
struct vcpu_counts {
	uint64_t exits[64];  /* by cause number; interrupts from 32 on */
	uint64_t interrupts; /* raised for the guest */
	uint64_t turns;	     /* how often it was given the hart (lab h5) */
	uint64_t ran;	     /* for so many ticks */
};

struct vcpu {
	/* Moved on every exit by vcpu_enter and vcpu_exit (lab h1). */
	uint64_t gpr[32]; /* by register number; [0] stays 0 */
	uint64_t sepc;	  /* where the guest goes on */
	uint64_t sstatus; /* SPP: VS-mode or VU-mode; FS: may it use FP */
	uint64_t hstatus; /* ours: SPV, and what traps; not read back */
	struct host_regs host;

	struct vm *vm;
	uint64_t hartid;     /* what the guest calls mhartid */
	uint64_t htimedelta; /* guest time = host time + htimedelta */
	struct timer timer;  /* the guest's deadline */
	struct vcpu_counts counts;

	/* The scheduler's (lab h5). */
	bool blocked;	   /* waits for an interrupt */
	struct timer wake; /* ends that: vstimecmp, while it waits */

	/* Moved when another vCPU takes the hart (lab h5). */
	bool started; /* its clock runs */
	uint64_t vsstatus, vsie, vstvec, vsscratch, vsepc, vscause, vstval;
	uint64_t vsatp, vstimecmp, hvip, henvcfg, scounteren, senvcfg;
	struct fp_state fp;
};

enum vm_state {
	VM_RUNNING,  /* may run */
	VM_SHUTDOWN, /* ended as it wished */
	VM_STOPPED,  /* ended by the hypervisor */
};

/* The G-stage table of a VM (lab h2). */
struct npt {
	uint64_t *root; /* 2048 entries, aligned to 16 KiB; NULL: hgatp Bare */
	uint64_t vmid;
	uint64_t generation; /* in which vmid was given; 0: none (lab h5) */
};

/*
 * A range of guest-physical addresses that is not RAM. An access calls read
 * or write with the offset into the range; the value is in the low `width`
 * bytes. A device that is passed through has neither: it is mapped.
 */
struct mmio_device {
	const char *name;
	gpa_t base;
	uint64_t size;	 /* bytes */
	unsigned source; /* its interrupt in the VM's PLIC, or 0 */
	unsigned widths; /* the widths it takes, added up: 1, 2, 4, 8 */
	uint64_t (*read)(void *context, uint64_t offset, unsigned width);
	void (*write)(void *context, uint64_t offset, unsigned width,
		      uint64_t value);
	void *context;
};

/* A PLIC in software (lab h4); bit n of a bitmap is source n. */
#define VPLIC_SOURCES 128
#define VPLIC_WORDS (VPLIC_SOURCES / 64)
#define VPLIC_CONTEXTS VM_VCPUS
#define VPLIC_PRIORITY_MAX 7U

struct vplic {
	uint32_t priority[VPLIC_SOURCES];
	uint32_t threshold[VPLIC_CONTEXTS];
	uint64_t enable[VPLIC_CONTEXTS][VPLIC_WORDS];
	uint64_t line[VPLIC_WORDS];    /* the wire is high */
	uint64_t pending[VPLIC_WORDS]; /* waits to be claimed */
	uint64_t claimed[VPLIC_WORDS]; /* claimed, not completed yet */
};

/* A VM's side of the terminal (lab h5). */
struct console {
	char line[CONSOLE_LINE]; /* what it has written, not yet shown */
	unsigned length;
	bool stale;		   /* nothing came for a whole turn */
	char input[CONSOLE_INPUT]; /* what was typed, not yet read */
	unsigned head, tail;	   /* read here, written there; they wrap */
};

/* An ns16550a in software (lab h5). */
struct vuart {
	uint8_t reg[8]; /* as written */
	uint8_t divisor[2];
	bool line;	     /* its interrupt line is high */
	bool thr_empty;	     /* not known to the guest yet */
	unsigned idle_polls; /* since it sent something */
};

struct vm {
	char name[VM_NAME_SIZE];
	enum vm_state state;

	/* What its directory holds; valid as long as the archive. */
	struct fdt fdt;
	struct blob kernel, initrd;

	/* Where things are, guest-physical. */
	gpa_t ram;
	uint64_t ram_size; /* bytes */
	gpa_t entry, dtb;
	gpa_t initrd_at;

	/* G-stage: the table, and how much RAM was backed on demand. */
	struct npt npt;
	uint64_t backed_4k, backed_2m; /* pages of 4 KiB, blocks of 2 MiB */

	/* The MMIO bus. */
	struct mmio_device devices[VM_DEVICES];
	uint64_t device_count;
	struct blob pflash; /* the file "pflash" of the directory */
	/* Of the device hvlab,scratch; what crosses its end has room, too. */
	uint8_t scratch[VM_SCRATCH + 8] __attribute__((aligned(8)));

	struct vplic vplic;
	bool sstc; /* vm.dts grants Sstc: the guest has a timer of its own */

	/* The device "hvlab,magic": a doubleword that reads as a constant. */
	bool has_magic;
	gpa_t magic;
	uint64_t magic_value;

	/* Lab h5. */
	void *shared; /* the doorbell's page; NULL: not mapped */
	uint64_t restarts;
	struct vuart vuart;
	struct console console;

	/* Large, so at the end: a load reaches no more than 2 KiB. */
	struct vcpu vcpus[VM_VCPUS];
};

extern struct vm vms[VM_MAX];
extern unsigned vm_count;

/* The text behind `name` in QEMU's -append, or NULL. */
const char *host_argument(const char *name);

/* ---- building (vm.c, load.c) ---- */

/*
 * Build the VM in the archive's folder `name`: read its device tree, give it
 * RAM, load kernel, initrd and device tree into that. False after one line
 * that says what is wrong.
 */
bool vm_create(struct vm *vm, struct blob archive, const char *name);

/* A node of vm.dts with "compatible" and "reg" that is neither CPU nor RAM. */
struct vm_device_node {
	fdt_node node;
	int depth;
	const char *name, *compatible;
	uint64_t base, size;
};

/* Move on to the next such node; start with FDT_ROOT. False at the end. */
bool vm_next_device(const struct vm *vm, struct vm_device_node *node);

/* Say what became of it. */
void vm_print_device(const struct vm *vm, const struct vm_device_node *node,
		     const char *what);

/* Give the VM the devices that vm.dts names. False after vm_error. */
bool vm_devices_init(struct vm *vm);

/* Place and load kernel, initrd and device tree; part of vm_create. */
bool vm_load(struct vm *vm);

/* One line on the console: what is wrong with this VM's directory. */
bool vm_error(const struct vm *vm, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* ---- memory ---- */

/* Is [gpa, gpa + size) inside the VM's RAM? */
static inline bool vm_in_ram(const struct vm *vm, gpa_t gpa, uint64_t size)
{
	return range_inside(gpa.a, size, vm->ram.a, vm->ram_size);
}

/*
 * The host's pointer to guest RAM at gpa, good up to the end of its 4 KiB
 * page; NULL if there is no RAM (or none to give).
 */
void *vm_ram_ptr(struct vm *vm, gpa_t gpa);

/* Make the VM's G-stage the one in force (hgatp). */
void vm_activate(struct vm *vm);

/* Copy into or out of guest RAM. False if a part of it is not RAM. */
bool vm_copy_to(struct vm *vm, gpa_t to, const void *from, uint64_t size);
bool vm_copy_from(struct vm *vm, void *to, gpa_t from, uint64_t size);

/*
 * Give the VM its RAM, before anything is loaded into it. False after
 * vm_error. Without lab h2: the guest's own addresses, on the host.
 */
bool vm_ram_init(struct vm *vm);

/*
 * Read the instruction that trapped, 2 or 4 bytes, at vcpu->sepc. 0, or the
 * cause of the fault that the guest itself meets there; the trap CSRs may then
 * have changed. Before lab h2 it is only sure to work while the guest's paging
 * is off.
 */
uint64_t vcpu_fetch(struct vcpu *vcpu, uint32_t *insn);

/* ---- running (run.c) ---- */

/* The next vCPU to run, or NULL when no VM is left. */
struct vcpu *sched_next(void);

/* Run it until it stops or has to give up the hart. */
void vcpu_run(struct vcpu *vcpu);

/* Into the hart with what only another vCPU's turn moves: the VS CSRs. */
void vcpu_load(struct vcpu *vcpu);

/* The guest waits for an interrupt: do what has to be done until it has one. */
bool vcpu_block(struct vcpu *vcpu);

/* Is there an interrupt that the guest has enabled in vsie? */
bool vcpu_irq_pending(const struct vcpu *vcpu);

/* Raise or lower IRQ_VSSI, IRQ_VSTI or IRQ_VSEI for the vCPU, in hvip. */
void vcpu_irq_set(struct vcpu *vcpu, unsigned irq, bool level);

/*
 * End the VM: with a reason, and a post-mortem when it did not ask for it.
 * Always false, so that a handler can say `return vm_stop(...)`.
 */
bool vm_stop(struct vm *vm, enum vm_state state, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Everything known about a stopped guest, and what was counted. */
void postmortem(struct vcpu *vcpu);
void postmortem_likely(const struct vcpu *vcpu, uint64_t scause, uint64_t stval,
		       uint32_t insn);
void vm_print_counts(const struct vm *vm);

/*
 * Exit handlers, by scause (exits.c). true: the guest goes on. false: it gave
 * up the hart; vm->state says whether for good.
 */
typedef bool (*exit_handler)(struct vcpu *vcpu);
#define EXIT_INTERRUPTS 16
extern const exit_handler exception_handlers[];
extern const exit_handler interrupt_handlers[];
bool exit_host_timer(struct vcpu *vcpu);
bool exit_host_external(struct vcpu *vcpu);

/* One character of the guest's console; the next one typed for it, or -1. */
void vm_putc(struct vm *vm, char c);
int vm_getc(struct vm *vm);
