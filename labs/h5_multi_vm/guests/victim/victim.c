/*
 * victim.c - a guest that looks after its memory, whatever its neighbours do
 * (h5.1, h5.5). It fills all free RAM with numbers of its own, then sums them
 * up again and again; before, all of it has to be zero.
 */
#include "../lanes.h"

static uint64_t fold(const uint64_t *from, const uint64_t *to, uint64_t step)
{
	uint64_t sum = 0;

	for (; from < to; from += step)
		sum = sum * 31 + *from;
	return sum;
}

/* stride=: one word in so many bytes. */
void guest_program(void)
{
	uint64_t *end, *start = free_ram(&end);
	uint64_t step = arg_u64("stride", 4096) / sizeof(uint64_t);
	uint64_t rounds = arg_u64("rounds", 20), sum = 0;

	for (uint64_t *word = start; word < end; word += step) {
		CHECK(*word == 0, "%p holds 0x%lx at the start", (void *)word,
		      *word);
		*word = guest_random();
		sum = sum * 31 + *word;
	}
	for (uint64_t i = 0; i < rounds; i++) {
		uint64_t now = fold(start, end, step);
		CHECK(now == sum, "round %lu: the sum is 0x%lx, not 0x%lx", i,
		      now, sum);
		burn_beside(arg_u64("burn", 100000));
	}
	check_beside(arg_u64("beside", 0));
	printf("%lu rounds, nothing has changed\n", rounds);
	lane_tell(sum);
}
