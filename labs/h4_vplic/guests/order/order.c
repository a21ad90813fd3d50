/*
 * order.c - two sources, and which of them a claim returns (h4.3): random
 * priorities, threshold and enables, both wires high.
 */
#include "../devices.h"

struct source {
	unsigned id;
	uint32_t priority;
	bool enabled;
};

/* The better of the two that may be claimed, or NULL: the rule, once more. */
static const struct source *best(const struct source source[2],
				 const bool taken[2], uint32_t threshold)
{
	const struct source *found = NULL;

	for (int i = 0; i < 2; i++)
		if (!taken[i] && source[i].enabled &&
		    source[i].priority > threshold &&
		    (!found || source[i].priority > found->priority))
			found = &source[i];
	return found;
}

static uint64_t claim_all(const struct source source[2], uint32_t threshold,
			  uint64_t sum)
{
	bool taken[2] = {false, false};
	const struct source *want;

	do {
		want = best(source, taken, threshold);
		unsigned got = claim();
		CHECK(got == (want ? want->id : 0),
		      "priorities %u and %u, enabled %d and %d, threshold %u: "
		      "claim returns %u, not %u",
		      source[0].priority, source[1].priority, source[0].enabled,
		      source[1].enabled, threshold, got, want ? want->id : 0);
		sum = sum * 31 + got;
		if (want)
			taken[want - source] = true;
	} while (want);
	return sum;
}

/* Wires low, nothing pending, nothing claimed. */
static void tidy_up(void)
{
	unsigned source;

	uart_clear();
	rtc_clear();
	plic_set_priority(SOURCE_UART, 1);
	plic_set_priority(SOURCE_RTC, 1);
	plic_set_enabled(true, true);
	plic_set_threshold(0);
	complete(SOURCE_UART);
	complete(SOURCE_RTC);
	while ((source = claim()) != 0)
		complete(source);
}

void guest_program(void)
{
	uint64_t n = arg_u64("n", 50), sum = 0;

	for (uint64_t i = 0; i < n; i++) {
		/* Few values, so that they are often equal. */
		uint64_t dice = guest_random() >> 32;
		struct source source[2] = {
			{SOURCE_UART, dice & 3, dice >> 2 & 7},
			{SOURCE_RTC, dice >> 5 & 3, dice >> 7 & 7},
		};
		uint32_t threshold = dice >> 10 & 1 ? dice >> 11 & 3 : 0;

		uart_ring();
		rtc_ring();
		plic_set_priority(SOURCE_UART, source[0].priority);
		plic_set_priority(SOURCE_RTC, source[1].priority);
		plic_set_threshold(threshold);
		plic_set_enabled(source[0].enabled, source[1].enabled);
		sum = claim_all(source, threshold, sum);
		tidy_up();
	}
	printf("%lu times in order\n", n);
	guest_tell(sum);
}
