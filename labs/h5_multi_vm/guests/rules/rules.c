/*
 * rules.c - what the doorbell allows and what it does not (h5.7). me= is 0 or 1
 * for two VMs that name each other, 2 for one that is not named back, and 3 for
 * one whose peer never asks for the page, in each of its lives.
 */
#include "../lanes.h"

#define BITS_41 (1UL << 41)

static long doorbell(uint64_t function, uint64_t a0)
{
	return sbi_ecall(a0, 0, 0, 0, 0, 0, function, SBI_EXT_DOORBELL).error;
}

static void map_answers(uint64_t at, long want, const char *what)
{
	long error = doorbell(SBI_DOORBELL_MAP, at);

	CHECK(error == want, "MAP %s (0x%lx) answers %ld, not %ld", what, at,
	      error, want);
}

static void refusals(uint64_t at)
{
	map_answers(at + 8, SBI_ERR_INVALID_PARAM, "off a page's beginning");
	map_answers(BITS_41, SBI_ERR_INVALID_PARAM, "beyond 41 bits");
	map_answers(-4096UL, SBI_ERR_INVALID_PARAM, "at the very end");
	map_answers(0x80000000, SBI_ERR_INVALID_PARAM, "over its RAM");
	map_answers(0x10000000, SBI_ERR_INVALID_PARAM, "over its UART");
	long error = doorbell(2, 0);
	CHECK(error == SBI_ERR_NOT_SUPPORTED, "function 2 answers %ld", error);
}

/* The page can be read and written, and holds no code. */
static void no_code(const volatile uint64_t *page)
{
	guest_trap_hook = guest_note_trap;
	((void (*)(void))(uint64_t)(page + 8))();
	CHECK(guest_noted.count == 1 && guest_noted.scause == 1,
	      "a jump into the page: %lu traps, cause %lu", guest_noted.count,
	      guest_noted.scause);
	guest_trap_hook = NULL;
}

static void wait_for_mark(const volatile uint64_t *at)
{
	while (!*at)
		burn(10000);
}

/* 1 leaves first. What both share stays with 0, but nobody hears it ring. */
static void together(uint64_t me, uint64_t at)
{
	volatile uint64_t *page = (uint64_t *)at;

	refusals(at);
	map_answers(at, SBI_SUCCESS, "of a free page");
	map_answers(at, SBI_ERR_ALREADY_AVAILABLE, "again");
	CHECK(page[100] == 0, "the page holds 0x%lx at first", page[100]);
	page[me] = guest_random() | 1;
	wait_for_mark(&page[!me]);
	no_code(page);
	lane_tell(page[!me]);
	page[2 + me] = 1;
	wait_for_mark(&page[2 + !me]);
	if (me == 1)
		return;
	for (int i = 0; doorbell(SBI_DOORBELL_RING, 0) == SBI_SUCCESS; i++) {
		CHECK(i < 1000, "RING answers 0 for ever to a VM %s", "alone");
		burn(100000);
	}
	CHECK(doorbell(SBI_DOORBELL_RING, 0) == SBI_ERR_FAILED,
	      "RING answers %ld when the peer has ended",
	      doorbell(SBI_DOORBELL_RING, 0));
	lane_tell(page[1]);
}

/* Neither page nor bell, nor a look at the page of others. */
static void alone(uint64_t at)
{
	map_answers(at, SBI_ERR_NOT_SUPPORTED, "without a peer");
	long error = doorbell(SBI_DOORBELL_RING, 0);
	CHECK(error == SBI_ERR_NOT_SUPPORTED, "RING without a peer answers %ld",
	      error);
	burn(arg_u64("work", 3000000));
	guest_trap_hook = guest_note_trap;
	__asm__ volatile("ld zero, (%0)" ::"r"(at) : "memory");
	CHECK(guest_noted.count == 1, "a page of other VMs can be read%s", "");
	lane_tell(guest_random());
}

/* A new life begins with a new page: nobody has kept the old one. */
static void again(uint64_t at)
{
	volatile uint64_t *page = (uint64_t *)at;

	map_answers(at, SBI_SUCCESS, "for a peer that does not ask");
	CHECK(page[100] == 0, "the page holds 0x%lx at first", page[100]);
	page[100] = guest_random() | 1;
	lane_tell(page[100]);
	sbi_ecall(SBI_SRST_TYPE_COLD_REBOOT, 0, 0, 0, 0, 0,
		  SBI_SRST_SYSTEM_RESET, SBI_EXT_SRST);
}

void guest_program(void)
{
	uint64_t me = arg_u64("me", 0), at = arg_u64("at", 0x90000000);

	if (me == 3)
		again(at);
	else if (me == 2)
		alone(at);
	else
		together(me, at);
	printf("as the rules say\n");
}
