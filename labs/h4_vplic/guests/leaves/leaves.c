/*
 * leaves.c - a guest that ends in the middle of an interrupt (h4.5): claimed,
 * not completed, and the wire is high again. how=crash: it has to be stopped,
 * has completed all, and its clock rings when it is gone.
 */
#include "../devices.h"

#define RINGS_AFTER 20000U /* ns: this VM is gone, and `after` has not begun */

void guest_program(void)
{
	uint64_t n = arg_u64("n", 3);
	bool crash = arg_word("how")[0] == 'c';

	plic_set_priority(SOURCE_RTC, 7);
	plic_set_enabled(false, true);
	for (uint64_t i = 0; i < n; i++) {
		rtc_ring();
		unsigned source = claim();
		CHECK(source == SOURCE_RTC, "claim returns %u", source);
		rtc_clear();
		if (i + 1 < n || crash)
			complete(source);
	}
	if (!crash)
		rtc_ring();
	printf("leaving, %lu interrupts later\n", n);
	guest_tell(n);
	if (crash) {
		rtc_ring_in(RINGS_AFTER);
		csr_write(stvec, 0);
		__asm__ volatile("unimp");
	}
}
