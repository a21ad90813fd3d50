/*
 * switch.c - h5.1, h5.2 and h5.4: what moves when another vCPU takes the hart,
 * and interrupts for vCPUs that have it or not.
 *
 * The state of this_hart()->loaded is in the hart's CSRs, that of all others
 * in memory. It stays there while nobody else runs: a guest that waits and
 * goes on alone costs nothing.
 */
#include "h5.h"
#include "riscv.h"

struct vmid_space vmids = {.count = 1, .generation = 1};

uint64_t vmid_probe(void)
{
	/* SOLUTION h5.1: write ones to the VMID field, see which stay */
	uint64_t old = csr_read(hgatp);

	csr_write(hgatp, ATP_MODE_SV39 << ATP_MODE_SHIFT |
				 HGATP_VMID_MASK << HGATP_VMID_SHIFT);
	uint64_t kept = csr_read(hgatp) >> HGATP_VMID_SHIFT & HGATP_VMID_MASK;
	csr_write(hgatp, old);
	vmid_fence_all();
	return kept + 1;
	/* END */
}

/* HIDDEN */
/*
 * Nothing changes vsatp and hgatp together. With vsatp 0 in between, no walk
 * that the hart tries ahead of time can mix two VMs (18.2.18). An id that is
 * new to this VM may have been another's: what that one's own tables said is
 * perhaps still cached, as HFENCE.GVMA need not touch it (18.3.2).
 */
static void tables_load(struct vcpu *vcpu)
{
	struct npt *npt = &vcpu->vm->npt;
	bool new_id = npt->generation != vmids.generation;

	vmid_refresh(&vmids, npt);
	csr_write(vsatp, 0);
	csr_write(hgatp, ATP_MODE_SV39 << ATP_MODE_SHIFT |
				 npt->vmid << HGATP_VMID_SHIFT |
				 hpa_of(npt->root).a >> 12);
	if (new_id)
		guest_fence();
	csr_write(vsatp, vcpu->vsatp);
}

static void csrs_load(const struct vcpu *vcpu)
{
	csr_write(vsstatus, vcpu->vsstatus);
	csr_write(vsie, vcpu->vsie);
	csr_write(vstvec, vcpu->vstvec);
	csr_write(vsscratch, vcpu->vsscratch);
	csr_write(vsepc, vcpu->vsepc);
	csr_write(vscause, vcpu->vscause);
	csr_write(vstval, vcpu->vstval);
	csr_write(henvcfg, vcpu->henvcfg);
	csr_write(htimedelta, vcpu->htimedelta);
	csr_write(vstimecmp, vcpu->vstimecmp);
	/* After vstimecmp: on QEMU 7.2, writing that clears hvip.VSTIP. */
	csr_write(hvip, vcpu->hvip);
	/* VS-mode uses these two of HS-mode; there is no copy for guests. */
	csr_write(scounteren, vcpu->scounteren);
	csr_write(senvcfg, vcpu->senvcfg);
}

/* An sc to anywhere ends the reservation of an lr (Unprivileged, 14.2). */
static void reservation_break(void)
{
	static uint64_t anywhere;
	uint64_t failed;

	__asm__ volatile("sc.d %0, zero, (%1)"
			 : "=r"(failed)
			 : "r"(&anywhere)
			 : "memory");
}

/* END */
void vcpu_load(struct vcpu *vcpu)
{
	/* SOLUTION h5.2: vcpu_put the old one, then load all of the new one */
	struct hart *hart = this_hart();

	if (hart->loaded == vcpu)
		return;
	if (hart->loaded)
		vcpu_put(hart->loaded);
	hart->loaded = vcpu;
	tables_load(vcpu);
	csrs_load(vcpu);
	csr_set(sstatus, SSTATUS_FS);
	fp_restore(&vcpu->fp);
	reservation_break();
	if (!vcpu->started)
		vtimer_start(vcpu);
	vcpu->started = true;
	/* END */
}

void vcpu_put(struct vcpu *vcpu)
{
	/* SOLUTION h5.2: save what the guest can have changed */
	vcpu->vsstatus = csr_read(vsstatus);
	vcpu->vsie = csr_read(vsie);
	vcpu->vstvec = csr_read(vstvec);
	vcpu->vsscratch = csr_read(vsscratch);
	vcpu->vsepc = csr_read(vsepc);
	vcpu->vscause = csr_read(vscause);
	vcpu->vstval = csr_read(vstval);
	vcpu->vsatp = csr_read(vsatp);
	vcpu->vstimecmp = csr_read(vstimecmp);
	vcpu->scounteren = csr_read(scounteren);
	vcpu->senvcfg = csr_read(senvcfg);
	/* The guest cannot change this one, but vtimer_start has. */
	vcpu->henvcfg = csr_read(henvcfg);
	/* The guest clears and sets VSSIP by itself, in its own sip. */
	vcpu->hvip = csr_read(hvip);
	if ((vcpu->sstatus & SSTATUS_FS) == SSTATUS_FS_DIRTY) {
		csr_set(sstatus, SSTATUS_FS);
		fp_save(&vcpu->fp);
		vcpu->sstatus ^= SSTATUS_FS_DIRTY ^ SSTATUS_FS_CLEAN;
	}
	/* END */
}

void vcpu_irq_set(struct vcpu *vcpu, unsigned irq, bool level)
{
	/* SOLUTION h5.4: change the bit, where the vCPU's hvip is now */
	bool loaded = this_hart()->loaded == vcpu;
	uint64_t bit = 1UL << irq;

	if (!level) {
		if (loaded)
			csr_clear(hvip, bit);
		else
			vcpu->hvip &= ~bit;
		return;
	}
	uint64_t old = loaded ? csr_read(hvip) : vcpu->hvip;
	vcpu->counts.interrupts += !(old & bit);
	if (loaded)
		csr_write(hvip, old | bit);
	else
		vcpu->hvip |= bit;
	/* END */
}

bool vcpu_irq_pending(const struct vcpu *vcpu)
{
	/* SOLUTION h5.4: hvip and vsie, where they are now */
	/* Not vsip: on QEMU 7.2 it does not show what hvip.VSEIP raises. */
	if (this_hart()->loaded == vcpu)
		return csr_read(hip) & csr_read(hie);
	/* VSSIP is bit 2 of hvip and bit 1 of vsie; so are the others. */
	return vcpu->hvip >> 1 & vcpu->vsie;
	/* END */
}
