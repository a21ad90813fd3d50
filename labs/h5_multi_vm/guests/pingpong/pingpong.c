/*
 * pingpong.c - two VMs hand numbers to and fro in the page that they share
 * (h5.7). Each sleeps until the other one rings. me= is 0 for the one that
 * begins, and 1 for the other.
 */
#include "../../../h4_vplic/guests/devices.h"
#include "../lanes.h"

#define SOURCE 9
#define SHARED 0x90000000UL

static volatile uint64_t *const page = (uint64_t *)SHARED;
static volatile uint64_t rings;

static long doorbell(uint64_t function, uint64_t a0)
{
	return sbi_ecall(a0, 0, 0, 0, 0, 0, function, SBI_EXT_DOORBELL).error;
}

/* Complete first: a ring between claim and completion is lost. */
static void on_ring(struct trap_frame *frame)
{
	CHECK(csr_read(scause) == (CAUSE_INTERRUPT | IRQ_SEI),
	      "trap 0x%lx at 0x%lx", csr_read(scause), frame->sepc);
	unsigned source = claim();
	CHECK(source == SOURCE, "claim returns %u", source);
	complete(source);
	rings++;
}

static uint64_t wait_for_ring(uint64_t n)
{
	while (rings < n) {
		__asm__ volatile("wfi");
		interrupts_window();
	}
	return *page;
}

void guest_program(void)
{
	uint64_t me = arg_u64("me", 0), rounds = arg_u64("rounds", 50), sum = 0;
	long error = doorbell(SBI_DOORBELL_MAP, SHARED);

	CHECK(error == SBI_SUCCESS, "MAP answers %ld", error);
	plic_set_priority(SOURCE, 1);
	*plic_reg(PLIC_ENABLE) = 1 << SOURCE;
	csr_write(sie, SIE_EXTERNAL);
	guest_trap_hook = on_ring;
	if (me)
		wait_for_ring(1);
	for (uint64_t i = 0; i < rounds; i++) {
		*page = *page * 31 + guest_random();
		error = doorbell(SBI_DOORBELL_RING, 0);
		CHECK(error == SBI_SUCCESS, "RING answers %ld", error);
		if (!me || i + 1 < rounds)
			sum = sum * 31 + wait_for_ring(i + 1 + me);
	}
	printf("%lu rounds\n", rounds);
	lane_tell(sum);
}
