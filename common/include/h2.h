/*
 * h2.h - the contracts of lab h2_npt. Each function below is yours.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "addr.h"
#include "kernel.h"
#include "vm.h"

/* ---- h2.1 to h2.3 (npt.c): pure table work, which the host tests too ---- */

typedef uint64_t pte_t;

#define NPT_LEVELS 3		 /* Sv39x4 (18.5.1) */
#define NPT_ROOT_PAGES 4	 /* 2048 entries, 16 KiB, aligned to 16 KiB */
#define NPT_GPA_SIZE (1UL << 41) /* GPAs have 41 bits */

/* What the functions return: NPT_OK or one of these. */
enum npt_error {
	NPT_OK = 0,
	NPT_ERR_RANGE = -1,    /* beyond 41 bits, or not whole 4 KiB pages */
	NPT_ERR_MAPPED = -2,   /* a part of the range is mapped already */
	NPT_ERR_UNMAPPED = -3, /* no leaf there */
	NPT_ERR_NOMEM = -4,    /* no page left for a table */
	NPT_ERR_PERM = -5,     /* not R, RW, X, RX or RWX (10.3.1) */
};

/* Where a walk ended. */
struct npt_leaf {
	pte_t *entry; /* the leaf, or the invalid entry that ended the walk */
	int level;    /* 0: maps 4 KiB, 1: 2 MiB, 2: 1 GiB */
};

/* h2.1: give npt an empty root from page_alloc. NPT_OK or NPT_ERR_NOMEM. */
int npt_init(struct npt *npt, uint64_t vmid);

/*
 * h2.1: walk to the leaf that maps gpa. NPT_OK; NPT_ERR_UNMAPPED, with leaf
 * set too; NPT_ERR_RANGE if gpa has more than 41 bits.
 */
int npt_walk(const struct npt *npt, gpa_t gpa, struct npt_leaf *leaf);

/*
 * h2.2: map [gpa, gpa + size) to hpa with perm, an allowed combination of
 * PTE_R, PTE_W and PTE_X. Takes the largest leaves that alignment and size
 * allow: 1 GiB, 2 MiB, 4 KiB. U is set, as the G-stage treats all accesses as
 * user ones (18.5.1); A and D are preset. All or nothing: on an error the
 * table translates as before, and has no more pages than before.
 */
int npt_map(struct npt *npt, gpa_t gpa, hpa_t hpa, uint64_t size,
	    uint64_t perm);

/*
 * h2.3: unmap whatever is mapped in the range; splits large leaves at its
 * ends, frees tables that become empty. Holes are fine. NPT_ERR_RANGE, or
 * NPT_ERR_NOMEM (for a split), and then nothing is unmapped.
 */
int npt_unmap(struct npt *npt, gpa_t gpa, uint64_t size);

/*
 * h2.3: give every leaf in the range the permissions perm; splits as above.
 * NPT_ERR_RANGE, NPT_ERR_PERM or NPT_ERR_NOMEM, and then nothing has changed.
 */
int npt_protect(struct npt *npt, gpa_t gpa, uint64_t size, uint64_t perm);

/*
 * Given: the fences that h2.3 needs (18.3.2; when, is in 10.2.1). After a
 * leaf became less than it was: npt_fence for its gpa. After a pointer to a
 * table came or went: npt_fence_all. An entry that was invalid before needs
 * neither at once (see h2.5). On the host, the unit tests count them.
 */
void npt_fence(const struct npt *npt, gpa_t gpa);
void npt_fence_all(const struct npt *npt);

/* ---- h2.4, h2.5, h2.8 (gstage.c) ---- */

/*
 * h2.4: make npt the table in force: hgatp = Sv39x4, its VMID, its root. Then
 * order it before the guest's accesses: the VMID may have been in use with
 * another table or mode (18.2.10, 18.3.2).
 */
void hgatp_activate(const struct npt *npt);

/*
 * h2.5: back gpa, which is in the VM's RAM, with zeroed memory: 2 MiB at once
 * if that block lies in the RAM, nothing of it is mapped and page_alloc has
 * one; otherwise 4 KiB. Counts in vm->backed_2m and vm->backed_4k. NPT_OK;
 * NPT_ERR_MAPPED if it is backed already; NPT_ERR_NOMEM.
 */
int gstage_back(struct vm *vm, gpa_t gpa);

/*
 * h2.5: exceptions 20, 21 and 23. The GPA is htval << 2, its low two bits are
 * those of stval. RAM: back it, and run the instruction again. If it is backed
 * already, the hart may have used an old entry: npt_fence, and again. Anything
 * else is for mmio_emulate.
 */
bool exit_guest_page_fault(struct vcpu *vcpu);

/*
 * h2.8: nothing is there: exception 20, 21 or 23, as scause has it, becomes
 * the guest's own access fault 1, 5 or 7, with the same stval.
 */
bool gstage_refuse(struct vcpu *vcpu);

/* ---- h2.6 (insn.h, pure; fetch.c) ---- */

/* A load or store, taken apart. */
struct insn {
	bool store;
	bool sign_extend; /* of a load; a load of 8 bytes has it clear */
	unsigned width;	  /* bytes: 1, 2, 4 or 8 */
	unsigned reg;	  /* rd of a load, rs2 of a store */
	unsigned length;  /* bytes of the instruction: 2 or 4 */
};

/* The functions that decode it are in your insn.h, with their contracts. */

/*
 * h2.6: read the instruction at vcpu->sepc as the guest fetches it: with
 * HLVX.HU, 16 bits at a time (hlvx.h). 0, or the cause of the guest's fault:
 * CAUSE_FETCH_ACCESS if HLVX ended in a load guest-page fault, otherwise
 * CAUSE_FETCH_PAGE_FAULT.
 */
uint64_t vcpu_fetch(struct vcpu *vcpu, uint32_t *insn);

/*
 * h2.6: carry out the guest's access to a device at gpa: take the instruction
 * from htinst or fetch it, decode it, let mmio_access do it, write rd, step
 * over it. gstage_refuse what is no load or store: a fetch, FP, an AMO; what
 * mmio_access does not do; and an implicit access, where the
 * walk of the guest's own tables led here. Its htinst is a pseudoinstruction
 * (bit 0 clear), and where htinst is 0, stval and gpa differ in their low 12
 * bits.
 */
bool mmio_emulate(struct vcpu *vcpu, gpa_t gpa);

/* ---- h2.7 (mmio.c and mmio.h, pure) ---- */

/*
 * h2.7: put a device on the bus. False if its range is empty, wraps, overlaps
 * the RAM or another device, or the bus is full (VM_DEVICES).
 */
bool mmio_add(struct vm *vm, const struct mmio_device *device);

/* How an access finds its device is in your mmio.h. */
