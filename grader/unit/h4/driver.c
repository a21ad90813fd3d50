/*
 * driver.c - the driver of lab h4's pure files: vplic.h and vplic.c. It makes a
 * PLIC with the state that the test wants, calls one function, and reports what
 * it returned and the whole state.
 */
#include <string.h>

#include "h4.h"
#include "host.h"
#include "inline.h"

/* Next to each other, so that the sanitizer watches both ends. */
static struct vplic vplic;

/*
 * state THRESHOLD ENABLE LINE PENDING CLAIMED (each PRIORITY...): all bitmaps
 * low word first; then pairs of source and priority.
 */
static void state(void)
{
	uint64_t *const maps[] = {vplic.enable[0], vplic.line, vplic.pending,
				  vplic.claimed};

	memset(&vplic, 0, sizeof(vplic));
	vplic.threshold[0] = (uint32_t)host_arg();
	for (size_t i = 0; i < sizeof(maps) / sizeof(*maps); i++)
		for (unsigned w = 0; w < VPLIC_WORDS; w++)
			maps[i][w] = host_arg();
	while (host_more_args()) {
		uint64_t source = host_arg();
		vplic.priority[source % VPLIC_SOURCES] = (uint32_t)host_arg();
	}
}

/* The same numbers in the same order; of the priorities those that are not 0. */
static void report(uint64_t result)
{
	const uint64_t *const maps[] = {vplic.enable[0], vplic.line,
					vplic.pending, vplic.claimed};

	host_answer(" %lx %x", result, vplic.threshold[0]);
	for (size_t i = 0; i < sizeof(maps) / sizeof(*maps); i++)
		for (unsigned w = 0; w < VPLIC_WORDS; w++)
			host_answer(" %lx", maps[i][w]);
	for (unsigned source = 0; source < VPLIC_SOURCES; source++)
		if (vplic.priority[source])
			host_answer(" %x %x", source, vplic.priority[source]);
}

/* read OFFSET */
static void read_register(void)
{
	report(unit_vplic_read(&vplic, host_arg()));
}

/* write OFFSET VALUE */
static void write_register(void)
{
	uint64_t offset = host_arg();

	report(vplic_write(&vplic, offset, (uint32_t)host_arg()));
}

/* line SOURCE HIGH */
static void line(void)
{
	unsigned source = (unsigned)host_arg();

	vplic_set_line(&vplic, source, host_arg() != 0);
	report(0);
}

/* complete SOURCE */
static void complete(void)
{
	report(vplic_complete(&vplic, 0, (unsigned)host_arg()));
}

/* best */
static void best(void)
{
	report(unit_vplic_best(&vplic, 0));
}

/* claim */
static void claim(void)
{
	report(unit_vplic_claim(&vplic, 0));
}

static const struct host_command vplic_commands[] = {
	{"state", state},	   {"read", read_register},
	{"write", write_register}, {"line", line},
	{"complete", complete},	   {"best", best},
	{"claim", claim},	   {0},
};

const struct host_command *const host_commands[] = {vplic_commands, NULL};
