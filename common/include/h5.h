/*
 * h5.h - the contracts of lab h5_multi_vm. Each function below is yours, but
 * for those that say "given".
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "kernel.h"
#include "later.h"
#include "vm.h"

/* ---- h5.1 (vmid.c, pure; switch.c): VMIDs ---- */

/*
 * The ids 0 to count - 1 are given out one after the other. When all are
 * given, a new generation begins: every id of an older one is void.
 */
struct vmid_space {
	uint64_t count;	     /* how many hgatp can tell apart, at least 1 */
	uint64_t next;	     /* the first that is not given yet */
	uint64_t generation; /* from 1 on */
};

/*
 * h5.1 (vmid.c): make npt->vmid one of the current generation. If it is that
 * already, nothing happens. If the ids have run out, begin a new generation
 * and vmid_fence_all, as their old translations may still be cached.
 */
void vmid_refresh(struct vmid_space *space, struct npt *npt);

/* This hart's. `count` is set before the first vCPU is loaded. */
extern struct vmid_space vmids;

/* Given (sbi.c): HFENCE.GVMA for all of every VMID. The unit tests count. */
void vmid_fence_all(void);

/* Given (sbi.c): FENCE.I, and HFENCE.VVMA for all of the VMID in hgatp. */
void guest_fence(void);

/*
 * h5.1 (switch.c): how many VMIDs hgatp can tell apart: write ones to its
 * VMID field, in mode Sv39x4, and see which stay (18.2.10). hgatp is as before
 * then, and nothing of the attempt is cached.
 */
uint64_t vmid_probe(void);

/* ---- h5.2 (switch.c, fp.S): another vCPU takes the hart ---- */

/*
 * h5.2: make the hart's state that of vcpu: hgatp with a current VMID, and
 * guest_fence if that is a new one; vsatp and the other VS CSRs; hvip, henvcfg,
 * htimedelta, vstimecmp; scounteren and senvcfg, which have no copy for guests;
 * the FP registers. Break the reservation that an lr may have left. What it
 * replaces is the state of this_hart()->loaded, which vcpu_put saves before. If
 * that is vcpu itself, nothing moves. The first time, vtimer_start starts its
 * clock.
 */
void vcpu_load(struct vcpu *vcpu);

/*
 * h5.2: save what the guest can have changed. The FP registers only if
 * vcpu->sstatus.FS is Dirty, which then becomes Clean (3.1.6.6).
 */
void vcpu_put(struct vcpu *vcpu);

/* h5.2 (fp.S): f0 to f31 and fcsr. sstatus.FS must not be Off. */
void fp_save(struct fp_state *fp);
void fp_restore(const struct fp_state *fp);

/* ---- h5.3 (sched.c, pure; turns.c): whose turn it is ---- */

struct sched {
	unsigned count; /* of VMs */
	unsigned last;	/* who had the last turn */
	uint64_t slice; /* ticks */
	uint64_t floor; /* the largest `used` that a turn has started with */
	struct {
		bool runnable;
		uint64_t used; /* ticks of the hart */
	} vm[VM_MAX];
};

/*
 * h5.3 (sched.c): of the runnable VMs, the one that has used least; among
 * equals the first after `last`, in a circle. So those that never wait take
 * turns. Updates last and floor; -1 if none is runnable.
 */
int sched_pick(struct sched *sched);

/*
 * h5.3 (sched.c): VM i becomes runnable. For the time that it has not used it
 * is owed one slice at most: `used` becomes floor - slice, if it is less.
 */
void sched_wake(struct sched *sched, unsigned i);

/* h5.3 (turns.c): this hart's. `count` and `slice` are set before it starts. */
extern struct sched turns;

/*
 * h5.3 (turns.c): whose turn comes now; NULL when no VM is left. Counts the
 * last turn (used; counts.turns, counts.ran), frees the VMs that have stopped
 * (vm_end), wakes those that have an interrupt, and picks. Nobody runnable:
 * hart_idle. With more than one VM, this_hart()->resched is set when the turn
 * has lasted for a slice.
 */
struct vcpu *sched_next(void);

/*
 * h5.3 (turns.c): the guest waits for an interrupt: unless there is one, it
 * gives up the hart (false) until vcpu_irq_pending. A guest with Sstc has its
 * deadline in vstimecmp, where nobody looks while it waits: vcpu->wake, on
 * the host's queue, does.
 */
bool vcpu_block(struct vcpu *vcpu);

/* ---- h5.4 (switch.c): interrupts for any vCPU ---- */

/*
 * h5.4: raise or lower IRQ_VSSI, IRQ_VSTI or IRQ_VSEI: in the CSR hvip if the
 * vCPU's state is in the hart, else in vcpu->hvip. counts.interrupts counts
 * those that were low before.
 */
void vcpu_irq_set(struct vcpu *vcpu, unsigned irq, bool level);

/* h5.4: is one of them high that the guest has enabled in vsie? */
bool vcpu_irq_pending(const struct vcpu *vcpu);

/* ---- h5.5 (contain.c): the end of a VM ---- */

/*
 * h5.5: give back what a stopped VM holds: its RAM, its G-stage table, its
 * side of the doorbell, its timers, its place in the hart (`loaded`; hgatp; and
 * vsie, or what it has left pending would end every wfi of ours).
 * vm_stop has released its interrupts. npt.root NULL: there is no table.
 */
void vm_free(struct vm *vm);

/*
 * h5.5: free a stopped VM; if vm_wants_restart, build it afresh with
 * vm_create, from its folder of host_initrd(). Only its counts and `restarts`,
 * one more now, go on. If it cannot be built it is stopped, and free.
 */
void vm_end(struct vm *vm);

/*
 * Given (session.c): did it reboot, or was it stopped by us, and is
 * `hv,restart` in the root node of vm.dts more than vm->restarts?
 */
bool vm_wants_restart(const struct vm *vm);

/* ---- h5.6 (console.c): one terminal ---- */

/*
 * h5.6: one character of a VM's output. With one VM it goes to uart_putc at
 * once. With more, it waits in console.line for the end of the line ('\n', or
 * CONSOLE_LINE characters).
 */
void vm_putc(struct vm *vm, char c);

/*
 * h5.6: show what waits in console.line, after console_prefix. If this VM's
 * unfinished line is where the cursor is, it goes on there without a prefix;
 * if another's is, a '\n' comes first.
 */
void console_flush(struct vm *vm);

/* h5.6: show it, and end the line on the terminal if one is unfinished. */
void console_close(struct vm *vm);

/*
 * h5.6: a key was pressed. It goes to the VM in focus (console_receive); the
 * key CONSOLE_SWITCH, with more than one VM, is for console_switch.
 */
void console_key(char c);
#define CONSOLE_SWITCH 0x14 /* Ctrl-T */

/*
 * h5.6: the focus, which VM 0 has at first, moves to the next VM that is
 * running, if there is another, and a line says so.
 */
void console_switch(void);

/* The VM that has the focus. */
extern struct vm *console_focus;

/*
 * Given (terminal.c): "[name] " in the VM's colour. For the end of a turn:
 * console_flush what has waited for a whole turn, or all if the VM waits.
 */
void console_prefix(const struct vm *vm);
void console_turn_over(struct vm *vm);

/* Given (vuart.c): a key for the VM: its UART, or the SBI, will read it. */
void console_receive(struct vm *vm, char c);

/* Given (terminal.c): listen to the machine's UART. */
void terminal_start(void);

/* ---- h5.7 (doorbell.c): two VMs that share a page ---- */

/*
 * h5.7: the extension SBI_EXT_DOORBELL, for a VM whose vm.dts names a peer
 * that names it back; without, SBI_ERR_NOT_SUPPORTED.
 * MAP: the page that both share appears at a0, R and W, zeroed when the first
 * of them comes. SBI_ERR_ALREADY_AVAILABLE if it is mapped; _INVALID_PARAM if
 * a0 is no whole page of 41 bits, or in the way of RAM or a device; _FAILED
 * without memory.
 * RING: a pulse on doorbell_source of the peer. _FAILED if that has ended. A
 * pulse between the peer's claim and completion is lost (its line is low by
 * then): it must complete first, and look at the page after that.
 */
bool sbi_doorbell(struct vcpu *vcpu);

/* h5.7: the VM lets go of the page; the second of the two frees it. */
void doorbell_free(struct vm *vm);

/* Given (peer.c): the VM at the other end, or NULL; the interrupt of ours. */
struct vm *doorbell_peer(const struct vm *vm);
unsigned doorbell_source(const struct vm *vm);
void doorbell_init(void);
