/*
 * atomic.c - lr and sc on both sides of a switch (h5.2). A reservation that
 * other VMs have come in between with is void; a short pair succeeds soon.
 */
#include "../lanes.h"

#define TRIES 100

static uint64_t word;

/* lr, work for a while, sc. 0: it has stored value + 1. */
static uint64_t try(uint64_t *value, uint64_t work)
{
	uint64_t n = work / 2 + 1, failed, next;

	__asm__ volatile("lr.d %0, (%4)\n"
			 "addi %3, %0, 1\n"
			 "1: addi %2, %2, -1\n"
			 "bnez %2, 1b\n"
			 "sc.d %1, %3, (%4)"
			 : "=&r"(*value), "=&r"(failed), "+r"(n), "=&r"(next)
			 : "r"(&word)
			 : "memory");
	return failed;
}

void guest_program(void)
{
	uint64_t rounds = arg_u64("rounds", 10), value, done = 0;

	for (uint64_t i = 0; i < rounds; i++) {
		uint64_t failed, tries = 0;
		CHECK(try(&value, arg_u64("work", 1500000)) != 0,
		      "round %lu: an sc succeeds after a switch", i);
		do
			failed = try(&value, 0);
		while (failed && ++tries < TRIES);
		CHECK(!failed, "round %lu: sc fails for ever", i);
		CHECK(value == done, "round %lu: lr finds %lu, not %lu", i,
		      value, done);
		done++;
	}
	printf("%lu stores, each of them mine\n", done);
	lane_tell(done);
	lane_tell(word);
}
