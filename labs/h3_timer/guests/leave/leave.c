/*
 * leave.c - a VM that leaves its timer behind. After wait= ticks it arms a
 * deadline that is arm= ticks ahead (0: none), and is gone before that comes;
 * with pending=1 the interrupt is pending already.
 */
#include "guest_timer.h"

void guest_program(void)
{
	uint64_t ahead = arg_u64("arm", 0);
	uint64_t number = guest_random();

	timer_spin(arg_u64("wait", 50000));
	printf("gone, 0x%lx\n", number);
	guest_tell(number);
	if (ahead)
		timer_set(csr_read(time) + ahead);
	if (arg_u64("pending", 0)) {
		timer_set(csr_read(time));
		timer_spin(10);
	}
}
