/*
 * pair.c - two VMs with a doorbell between them measure how many instructions
 * it takes to get from one to the other: rounds= times by the doorbell, with
 * both asleep in between, then by the end of the slice, with both busy.
 * The boot argument me= is 0 in one of them and 1 in the other; with fp=1 they
 * use floating point all the time, else only once. The least that a switch has
 * cost is told.
 */
#include "../../../h4_vplic/guests/devices.h"
#include "../lanes.h"

#define SOURCE 9
#define SHARED 0x90000000UL
#define GAP 2000 /* instructions: more than a turn of the loop */

static volatile uint64_t *const page = (uint64_t *)SHARED;

static long doorbell(uint64_t function, uint64_t a0)
{
	return sbi_ecall(a0, 0, 0, 0, 0, 0, function, SBI_EXT_DOORBELL).error;
}

/* Ring, then sleep until the other one rings. */
static void ring_and_wait(uint64_t me, uint64_t turn)
{
	page[me] = turn;
	doorbell(SBI_DOORBELL_RING, 0);
	while (page[!me] < turn) {
		__asm__ volatile("wfi");
		complete(claim());
	}
}

static void by_doorbell(uint64_t me, uint64_t rounds)
{
	ring_and_wait(me, 2); /* now both are there */
	uint64_t start = csr_read(instret);

	for (uint64_t turn = 3; turn < rounds + 3; turn++)
		ring_and_wait(me, turn);
	uint64_t spent = csr_read(instret) - start;
	ring_and_wait(me, rounds + 3); /* until here both sleep */
	printf("by doorbell: %lu instructions a round\n", spent / rounds);
}

static void use_fp(void)
{
	__asm__ volatile(".option push\n"
			 ".option arch, +d\n"
			 "fmv.d.x f0, zero\n"
			 ".option pop");
}

/* Both write down all the time when they were last running. */
static void by_slice(uint64_t me, uint64_t rounds)
{
	uint64_t fp = arg_u64("fp", 0), before = csr_read(instret),
		 least = ~0UL, most = 0;

	while (rounds) {
		uint64_t now = csr_read(instret);
		page[2 + me] = now;
		if (now - before > GAP && page[2 + !me] > before) {
			uint64_t cost = now - page[2 + !me];
			least = cost < least ? cost : least;
			most = cost > most ? cost : most;
			rounds--;
		}
		before = now;
		if (fp)
			use_fp();
	}
	printf("by slice: %lu to %lu instructions\n", least, most);
	lane_tell(least);
}

void guest_program(void)
{
	uint64_t me = arg_u64("me", 0), rounds = arg_u64("rounds", 20);
	long error = doorbell(SBI_DOORBELL_MAP, SHARED);

	CHECK(error == 0, "there is no doorbell: %ld", error);
	CHECK(doorbell(SBI_DOORBELL_MAP, SHARED) == SBI_ERR_ALREADY_AVAILABLE,
	      "mapped twice");
	plic_set_priority(SOURCE, 1);
	*plic_reg(PLIC_ENABLE) = 1 << SOURCE;
	csr_set(sie, SIE_EXTERNAL);
	csr_set(sstatus, SSTATUS_FS);
	use_fp();
	by_doorbell(me, rounds);
	by_slice(me, rounds);
}
