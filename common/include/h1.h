/*
 * h1.h - the contracts of lab h1_simple_hv. Each function below is yours.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "addr.h"
#include "fdt.h"
#include "kernel.h"
#include "sbi.h"
#include "vm.h"

/*
 * h1.1 (isa.c): does this machine have the hypervisor extension?
 *
 * misa can be read in M-mode only, so ask the device tree: the first node with
 * device_type "cpu" has "riscv,isa", a string such as
 * "rv64imafdch_zicsr_zihintpause", or on newer machines "riscv,isa-extensions",
 * a list of strings such as "i", "m", "h". The letter h counts only among the
 * single letters, which end at the first '_' ("zihintpause" is not it).
 */
bool hext_present(const struct fdt *fdt);

/*
 * h1.2 (vcpu.c): what every guest on this hart shares. Sets
 *   hedeleg     the exceptions that a guest handles without us: misaligned
 *               addresses, breakpoint, ecall from VU-mode, its own page faults
 *   hideleg     the three virtual interrupts: VSSI, VSTI, VSEI
 *   hcounteren  the guest may read cycle, time and instret
 *   henvcfg     0: no extra permission yet
 *   hgatp       0: Bare, guest-physical is host-physical
 * (Privileged, 18.2.2, 18.2.5, 18.2.6, 18.2.10)
 */
void hart_init_guests(void);

/*
 * h1.2 (vcpu.c): the state in which a vCPU starts, as the SBI specification
 * hands it to a supervisor: VS-mode, paging off, pc = entry, a0 = hartid,
 * a1 = the device tree, every other register 0. sstatus.FS is Initial, so
 * that the guest may use floating point once it turns on its own.
 * (Privileged, 18.2.1; SBI, 9.1)
 */
void vcpu_init(struct vcpu *vcpu, gpa_t entry, gpa_t dtb);

/*
 * h1.3 (switch.S): run the guest until it traps. Returns, with a0 = vcpu, when
 * entry.S hands over at vcpu_exit with a0 = vcpu and sscratch = the guest's
 * a0. While the guest runs, sscratch holds the vCPU; while the host runs, 0.
 * Only sp and tp survive a call: world_switch in run.c, the only caller, tells
 * the compiler that every other register is lost.
 */
void vcpu_enter(struct vcpu *vcpu);

/*
 * h1.4 (exit.c): hand an exit to its handler by scause: interrupts (bit 63)
 * to interrupt_handlers[], EXIT_INTERRUPTS rows, exceptions to
 * exception_handlers[], CAUSE_COUNT rows. A cause without a row, or with an
 * empty one, stops the VM (VM_STOPPED) with a reason that names it; the
 * hypervisor itself goes on.
 */
bool exit_dispatch(struct vcpu *vcpu, uint64_t scause);

/*
 * h1.5 (sbi.c): the guest's ecall. a7 is the extension, a6 the function. Find
 * the row of sbi_extensions[] and let its handler do the rest. Without a row,
 * or with an empty one: SBI_ERR_NOT_SUPPORTED.
 */
bool sbi_call(struct vcpu *vcpu);

/*
 * h1.5: how a call returns to the guest: error to a0, value to a1, no other
 * register changes, and the guest goes on after its ecall. A legacy call
 * returns in a0 only and leaves a1 alone. Both are true, "the guest goes on".
 */
bool sbi_return(struct vcpu *vcpu, long error, uint64_t value);
bool sbi_return_legacy(struct vcpu *vcpu, long a0);

/* h1.5: BASE. Version 2.0; probe answers 1 for each row that has a call. */
bool sbi_base(struct vcpu *vcpu);

/*
 * h1.5: DBCN. Write a0 bytes from guest-physical a1 (a2 is the high half and
 * must be 0); value = bytes written. A range that is not wholly inside the
 * VM's RAM is SBI_ERR_INVALID_PARAM and is not touched. Read: 0 bytes. Write
 * byte: the low byte of a0.
 */
bool sbi_dbcn(struct vcpu *vcpu);

/*
 * h1.5: SRST. Types 0 to 2 with reasons 0 and 1 end the VM (VM_SHUTDOWN);
 * others are SBI_ERR_INVALID_PARAM. Both are 32-bit numbers.
 */
bool sbi_srst(struct vcpu *vcpu);

/* h1.5: legacy console_putchar and shutdown. */
bool sbi_legacy_putchar(struct vcpu *vcpu);
bool sbi_legacy_shutdown(struct vcpu *vcpu);

/*
 * h1.6 (emulate.c): an illegal instruction. `csrr rd, mhartid` (in full:
 * csrrs rd, mhartid, x0) yields vcpu->hartid for any rd; x0 stays 0. Every
 * other one is the guest's own and goes to vcpu_inject. vcpu_fetch reads the
 * instruction; the fault that it may report is the guest's own, too.
 */
bool exit_illegal_instruction(struct vcpu *vcpu);

/*
 * h1.6 (emulate.c): a load access fault. `ld` and `c.ld` from exactly
 * vm->magic yield vm->magic_value; everything else goes to vcpu_inject. The
 * address is in stval.
 */
bool exit_load_access_fault(struct vcpu *vcpu);

/* Give register rd a value; x0 is never written. */
static inline void vcpu_set_gpr(struct vcpu *vcpu, unsigned rd, uint64_t value)
{
	if (rd != 0)
		vcpu->gpr[rd] = value;
}

/*
 * h1.7 (exit.c): let the guest take exception `cause` with `tval`, as if its
 * own hart had raised it at sepc: vsepc, vscause, vstval; vsstatus.SPP from
 * the mode it was in, SPIE from SIE, SIE cleared; then on at vstvec in
 * VS-mode. A guest whose vstvec is still 0 has no handler: VM_STOPPED.
 * (Privileged, 18.6.2 and 10.1.1)
 */
bool vcpu_inject(struct vcpu *vcpu, uint64_t cause, uint64_t tval);

/* An exception that is always the guest's own: inject it with stval. */
bool exit_reflect(struct vcpu *vcpu);
