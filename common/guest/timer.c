/*
 * timer.c - a guest's own timer: SBI TIME, the legacy call, or stimecmp.
 */
#include "guest_timer.h"

#include <string.h>

static enum timer_way choose(void)
{
	fdt_node cpu = fdt_device_type(&guest_fdt, FDT_ROOT, "cpu");
	const char *isa = fdt_string(&guest_fdt, cpu, "riscv,isa");
	const char *way = arg_word("timer");

	if (*way == 0)
		return isa && strstr(isa, "_sstc") ? TIMER_SSTC : TIMER_SBI;
	if (strcmp(way, "sstc") == 0)
		return TIMER_SSTC;
	return strcmp(way, "legacy") == 0 ? TIMER_LEGACY : TIMER_SBI;
}

enum timer_way timer_way(void)
{
	static int known;
	static enum timer_way way;

	if (!known)
		way = choose();
	known = 1;
	return way;
}

void timer_set(uint64_t deadline)
{
	struct sbiret ret = {SBI_SUCCESS, 0};

	if (timer_way() == TIMER_SSTC)
		csr_write(stimecmp, deadline);
	else if (timer_way() == TIMER_LEGACY)
		ret = sbi_ecall(deadline, 0, 0, 0, 0, 0, 0,
				SBI_EXT_LEGACY_SET_TIMER);
	else
		ret = sbi_ecall(deadline, 0, 0, 0, 0, 0, SBI_TIME_SET_TIMER,
				SBI_EXT_TIME);
	CHECK(ret.error == SBI_SUCCESS, "set_timer answers %ld", ret.error);
}

void timer_start(void (*hook)(struct trap_frame *frame))
{
	guest_trap_hook = hook;
	csr_set(sie, 1 << IRQ_STI);
	csr_set(sstatus, SSTATUS_SIE);
}

void timer_sleep(const volatile uint64_t *count, uint64_t n)
{
	csr_clear(sstatus, SSTATUS_SIE);
	while (*count < n) {
		/* It ends the wfi although it is not taken: that comes next. */
		__asm__ volatile("wfi" ::: "memory");
		csr_set(sstatus, SSTATUS_SIE);
		csr_clear(sstatus, SSTATUS_SIE);
	}
	csr_set(sstatus, SSTATUS_SIE);
}

void timer_spin(uint64_t ticks)
{
	uint64_t start = csr_read(time);

	while (csr_read(time) - start < ticks)
		;
}
