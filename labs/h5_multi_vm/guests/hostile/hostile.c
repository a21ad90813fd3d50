/*
 * hostile.c - a guest that means harm (h5.5). The boot argument mode= says
 * which: a row of the table at the end. Whatever it does, its neighbours and
 * the hypervisor go on. It tells a number first, to show that it was there.
 */
#include <string.h>

#include "../lanes.h"
#include "hostile.h"

uint64_t times;

uint64_t dice(uint64_t sides)
{
	return (guest_random() >> 32) % sides;
}

uint64_t anywhere(void)
{
	static const uint64_t places[] = {
		0,	    0x1000,	0x100000,    0x101000,	 0x2000000,
		0x2004000,  0xc000000,	0xc201004,   0x10000000, 0x10001000,
		0x22000000, 0x30000000, 0x7ffff000,  0x80000000, 0x80fff000,
		0x81000000, 0x88000000, 0x9fffffff8, 0xbffff000, 0xc0000000,
		1UL << 38,  1UL << 41,	1UL << 55,   -4096UL,	 -1UL,
	};
	uint64_t n = sizeof(places) / sizeof(*places);

	return places[dice(n)] + dice(2) * dice(4096);
}

bool own(uint64_t at)
{
	return at - 0x80000000UL < 0x1000000UL;
}

static const struct {
	const char *name;
	void (*run)(void);
	bool for_ever; /* it does not end by itself */
} modes[] = {
	{"csrs", csrs, false},
	{"instructions", instructions, false},
	{"opcodes", opcodes, false},
	{"jumps", jumps, false},
	{"sbi", sbi, false},
	{"pointers", pointers, false},
	{"timers", timers, true},
	{"deadlines", deadlines, false},
	{"ipis", ipis, true},
	{"plic", plic, false},
	{"uart", uart, true},
	{"reads", reads, false},
	{"writes", writes, false},
	{"tables", tables, false},
	{"no_tables", no_tables, true},
	{"handler_faults", handler_faults, true},
	{"no_handler", no_handler, true},
	{"handler_nowhere", handler_nowhere, true},
	{"sleeps", sleeps, true},
	{"reboots", reboots, true},
};

void guest_program(void)
{
	char mode[64];

	times = arg_u64("times", 300);
	strcpy(mode, arg_word("mode"));
	lane_tell(guest_random());
	guest_trap_hook = guest_note_trap;
	for (size_t i = 0; i < sizeof(modes) / sizeof(*modes); i++) {
		if (strcmp(modes[i].name, mode) != 0)
			continue;
		modes[i].run();
		while (modes[i].for_ever)
			;
		return;
	}
	guest_failed("there is no mode %s", mode);
}
