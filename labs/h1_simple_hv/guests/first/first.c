/*
 * first.c - the state in which the SBI hands a hart to its guest (h1.2).
 *
 * a0 is the hart id, a1 the device tree, every other register 0, paging and
 * interrupts are off. The counters can be read, and floating point works as
 * soon as the guest itself turns it on.
 */
#include "guest.h"

static void check_entry(void)
{
	CHECK(guest_entry[10] == guest_hartid, "a0 is not the hart id");
	for (int n = 1; n < 32; n++)
		CHECK(n == 10 || n == 11 || guest_entry[n] == 0,
		      "x%d starts as 0x%lx", n, guest_entry[n]);
	CHECK(csr_read(satp) == 0, "satp starts as 0x%lx", csr_read(satp));
	CHECK(csr_read(sie) == 0, "sie starts as 0x%lx", csr_read(sie));
	CHECK(!(csr_read(sstatus) & (SSTATUS_SIE | SSTATUS_FS)),
	      "sstatus starts as 0x%lx", csr_read(sstatus));
}

/* A trap here (hcounteren) reaches the runtime, which prints it. */
static void check_counters(void)
{
	uint64_t time = csr_read(time), cycle = csr_read(cycle);
	uint64_t instret = csr_read(instret);

	for (volatile int i = 0; i < 1000; i++)
		;
	CHECK(csr_read(time) > time, "time stands still");
	CHECK(csr_read(cycle) > cycle, "cycle stands still");
	CHECK(csr_read(instret) > instret, "instret stands still");
}

/* Out of 3.0 x value, with the C library far away: two conversions. */
static uint64_t triple(uint64_t value)
{
	uint64_t result;

	csr_set(sstatus, SSTATUS_FS_INITIAL);
	__asm__ volatile(".option push\n"
			 ".option arch, +d\n"
			 "fcvt.d.lu ft0, %1\n"
			 "fadd.d ft1, ft0, ft0\n"
			 "fadd.d ft1, ft1, ft0\n"
			 "fcvt.lu.d %0, ft1\n"
			 ".option pop"
			 : "=r"(result)
			 : "r"(value));
	return result;
}

void guest_program(void)
{
	uint64_t number = guest_random() >> 32;

	check_entry();
	check_counters();
	uint64_t tripled = triple(number);
	CHECK(tripled == 3 * number, "3.0 x %lu is %lu", number, tripled);
	printf("hart 0x%lx, 3.0 x %lu = %lu\n", guest_hartid, number, tripled);
	guest_tell(guest_hartid);
	guest_tell(tripled);
}
