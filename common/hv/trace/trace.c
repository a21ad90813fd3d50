/*
 * trace.c - for `make trace` only: notes what the hypervisor does, and when,
 * in a ring that is read out of this memory once QEMU has ended.
 *
 * An ordinary build does not have this file, and no other file knows of it.
 * A build for tracing has the same objects and one option more: with
 * -Wl,--wrap=plic_claim the linker leads every call of plic_claim in another
 * object to __wrap_plic_claim, and __real_plic_claim is what was meant. So the
 * run that is traced is the one without, but for the detours.
 */
#include <assert.h>
#include <stddef.h>

#include "h4.h"
#include "kernel.h"
#include "riscv.h"
#include "vm.h"

#define TRACE_RECORDS (1UL << 18)
#define NO_VM 0xff

/* What a record tells. grader/hvgrade/tracing/ring.py has the same list. */
enum trace_what {
	TRACE_NOTHING,
	TRACE_ENTER,	 /* vcpu_enter is called */
	TRACE_EXIT,	 /* it has returned; number: see cause_number */
	TRACE_TURN,	 /* vcpu_run begins */
	TRACE_TURN_OVER, /* it has returned; number: enum vm_state */
	TRACE_IDLE,	 /* hart_idle begins */
	TRACE_IDLE_OVER,
	TRACE_WAIT, /* vcpu_block begins */
	TRACE_WAIT_OVER,
	TRACE_RAISE, /* vcpu_irq_set(..., true); number: which one */
	TRACE_LOWER,
	TRACE_CLAIM,	 /* plic_claim has returned; number: the source */
	TRACE_COMPLETE,	 /* plic_complete is called */
	TRACE_LINE_HIGH, /* vplic_set_line(..., true) */
	TRACE_LINE_LOW,
	TRACE_VCLAIM,	 /* the guest claims; number: the source, or 0 */
	TRACE_VCOMPLETE, /* the guest completes */
};

struct trace_record {
	uint64_t when; /* instructions; tracing itself is left out */
	uint8_t what, vm;
	uint16_t number;
	uint32_t unused;
	uint64_t at;	 /* enter and exit: the guest's pc */
	uint64_t detail; /* of an exit: see exit_detail */
};

/* The grader finds these by their names. */
uint64_t trace_count; /* written so far: the ring may have wrapped */
uint64_t trace_own;   /* instructions that tracing itself has taken */
struct trace_record trace_ring[TRACE_RECORDS] NOINIT;

static_assert(sizeof(struct trace_record) == 32, "ring.py reads 32 bytes");

static struct vcpu *running; /* the vCPU that vcpu_enter was called with */

/* now: what instret was when the detour began. */
static void note(uint64_t now, enum trace_what what, const struct vm *vm,
		 uint64_t number, uint64_t at, uint64_t detail)
{
	trace_ring[trace_count++ % TRACE_RECORDS] = (struct trace_record){
		.when = now - trace_own,
		.what = (uint8_t)what,
		.vm = vm ? (uint8_t)(vm - vms) : NO_VM,
		.number = (uint16_t)number,
		.at = at,
		.detail = detail,
	};
}

/* ---- exits: enter.S wraps vcpu_enter around these two ---- */

void trace_enter(struct vcpu *vcpu, uint64_t now);
void trace_exit(struct vcpu *vcpu, uint64_t now);

void trace_enter(struct vcpu *vcpu, uint64_t now)
{
	running = vcpu;
	note(now, TRACE_ENTER, vcpu->vm, 0, vcpu->sepc, 0);
}

/* Interrupts have bit 63 set; here it is bit 15. */
static uint64_t cause_number(uint64_t scause)
{
	return (scause & 0x7fff) | (scause >> 63 << 15);
}

/* A call: extension and function. A guest-page fault: where. Else stval. */
static uint64_t exit_detail(uint64_t scause)
{
	switch (scause) {
	case CAUSE_VS_ECALL:
		return running->gpr[REG_A7] << 32 |
		       (uint32_t)running->gpr[REG_A6];
	case CAUSE_FETCH_GUEST_PAGE_FAULT:
	case CAUSE_LOAD_GUEST_PAGE_FAULT:
	case CAUSE_STORE_GUEST_PAGE_FAULT:
		return csr_read(htval) << 2 | (csr_read(stval) & 3);
	default:
		return csr_read(stval);
	}
}

/* Of what labs write, this needs only the guest's a6 and a7. */
void trace_exit(struct vcpu *vcpu, uint64_t now)
{
	uint64_t scause = csr_read(scause);

	(void)vcpu; /* what vcpu_exit says: it may be wrong */
	note(now, TRACE_EXIT, running->vm, cause_number(scause), csr_read(sepc),
	     exit_detail(scause));
}

/* ---- who has the hart ---- */

/* What a detour through C takes before and behind its looks at the counter. */
#define DETOUR 10

static void take_note(enum trace_what what, const struct vm *vm,
		      uint64_t number)
{
	uint64_t now = csr_read(instret);

	note(now, what, vm, number, 0, 0);
	trace_own += csr_read(instret) - now + DETOUR;
}

void __real_vcpu_run(struct vcpu *vcpu);
void __wrap_vcpu_run(struct vcpu *vcpu);
bool __real_vcpu_block(struct vcpu *vcpu);
bool __wrap_vcpu_block(struct vcpu *vcpu);
void __real_hart_idle(void);
void __wrap_hart_idle(void);

void __wrap_vcpu_run(struct vcpu *vcpu)
{
	take_note(TRACE_TURN, vcpu->vm, 0);
	__real_vcpu_run(vcpu);
	take_note(TRACE_TURN_OVER, vcpu->vm, vcpu->vm->state);
}

bool __wrap_vcpu_block(struct vcpu *vcpu)
{
	take_note(TRACE_WAIT, vcpu->vm, 0);
	bool goes_on = __real_vcpu_block(vcpu);
	take_note(TRACE_WAIT_OVER, vcpu->vm, goes_on);
	return goes_on;
}

void __wrap_hart_idle(void)
{
	take_note(TRACE_IDLE, NULL, 0);
	__real_hart_idle();
	take_note(TRACE_IDLE_OVER, NULL, 0);
}

/* ---- interrupts, from the wire to the guest ---- */

unsigned __real_plic_claim(void);
unsigned __wrap_plic_claim(void);
void __real_plic_complete(unsigned source);
void __wrap_plic_complete(unsigned source);
void __real_vcpu_irq_set(struct vcpu *vcpu, unsigned irq, bool level);
void __wrap_vcpu_irq_set(struct vcpu *vcpu, unsigned irq, bool level);

unsigned __wrap_plic_claim(void)
{
	unsigned source = __real_plic_claim();

	if (source)
		take_note(TRACE_CLAIM, NULL, source);
	return source;
}

void __wrap_plic_complete(unsigned source)
{
	take_note(TRACE_COMPLETE, NULL, source);
	__real_plic_complete(source);
}

void __wrap_vcpu_irq_set(struct vcpu *vcpu, unsigned irq, bool level)
{
	take_note(level ? TRACE_RAISE : TRACE_LOWER, vcpu->vm, irq);
	__real_vcpu_irq_set(vcpu, irq, level);
}

/*
 * The guest's own PLIC, from lab h4 on. Before, nothing is wrapped around
 * these, and what is weak need not be there.
 */
#define REAL __attribute__((weak))

REAL void __real_vplic_set_line(struct vplic *vplic, unsigned source,
				bool high);
void __wrap_vplic_set_line(struct vplic *vplic, unsigned source, bool high);
REAL uint64_t __real_vplic_mmio_read(void *vm, uint64_t offset, unsigned width);
uint64_t __wrap_vplic_mmio_read(void *vm, uint64_t offset, unsigned width);
REAL void __real_vplic_mmio_write(void *vm, uint64_t offset, unsigned width,
				  uint64_t value);
void __wrap_vplic_mmio_write(void *vm, uint64_t offset, unsigned width,
			     uint64_t value);

static bool is_claim(uint64_t offset)
{
	return offset >= PLIC_CONTEXT &&
	       offset % PLIC_CONTEXT_SIZE == PLIC_CLAIM;
}

void __wrap_vplic_set_line(struct vplic *vplic, unsigned source, bool high)
{
	const struct vm *vm =
		(const struct vm *)((char *)vplic - offsetof(struct vm, vplic));

	take_note(high ? TRACE_LINE_HIGH : TRACE_LINE_LOW, vm, source);
	__real_vplic_set_line(vplic, source, high);
}

uint64_t __wrap_vplic_mmio_read(void *vm, uint64_t offset, unsigned width)
{
	uint64_t value = __real_vplic_mmio_read(vm, offset, width);

	if (is_claim(offset))
		take_note(TRACE_VCLAIM, vm, value);
	return value;
}

void __wrap_vplic_mmio_write(void *vm, uint64_t offset, unsigned width,
			     uint64_t value)
{
	if (is_claim(offset))
		take_note(TRACE_VCOMPLETE, vm, value);
	__real_vplic_mmio_write(vm, offset, width, value);
}
