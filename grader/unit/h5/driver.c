/*
 * driver.c - the driver of lab h5's pure files: vmid.c, with some tables and a
 * fence that counts; sched.c.
 */
#include <string.h>

#include "h5.h"
#include "host.h"

#define TABLES 16UL

/* ---- vmid.c ---- */

static struct vmid_space space;
static struct npt tables[TABLES];
static uint64_t fences;

void vmid_fence_all(void)
{
	fences++;
}

/* ids COUNT: a hart that knows so many, and tables that have none */
static void ids(void)
{
	space = (struct vmid_space){.count = host_arg(), .generation = 1};
	memset(tables, 0, sizeof(tables));
	fences = 0;
}

/* refresh TABLE: its id, whether that counts; how many fences there were */
static void refresh(void)
{
	struct npt *npt = &tables[host_arg() % TABLES];

	vmid_refresh(&space, npt);
	host_answer(" %lx %d %lx", npt->vmid,
		    npt->generation == space.generation, fences);
}

/* ---- sched.c ---- */

static struct sched sched;

/* sched COUNT LAST SLICE FLOOR, then for each VM: RUNNABLE USED */
static void set_up(void)
{
	memset(&sched, 0, sizeof(sched));
	sched.count = (unsigned)host_arg();
	sched.last = (unsigned)host_arg();
	sched.slice = host_arg();
	sched.floor = host_arg();
	for (unsigned i = 0; i < VM_MAX && host_more_args(); i++) {
		sched.vm[i].runnable = host_arg();
		sched.vm[i].used = host_arg();
	}
}

/* All that can be seen. */
static void answer_sched(void)
{
	host_answer(" %x %lx", sched.last, sched.floor);
	for (unsigned i = 0; i < sched.count; i++)
		host_answer(" %d %lx", sched.vm[i].runnable, sched.vm[i].used);
}

/* pick: who, or - */
static void pick(void)
{
	int i = sched_pick(&sched);

	if (i < 0)
		host_answer(" -");
	else
		host_answer(" %x", (unsigned)i);
	answer_sched();
}

/* wake VM */
static void wake(void)
{
	sched_wake(&sched, (unsigned)host_arg() % VM_MAX);
	answer_sched();
}

/* spend VM TICKS: it has had the hart for so long */
static void spend(void)
{
	unsigned i = (unsigned)host_arg() % VM_MAX;

	sched.vm[i].used += host_arg();
	answer_sched();
}

/* block VM */
static void block(void)
{
	sched.vm[host_arg() % VM_MAX].runnable = false;
	answer_sched();
}

static const struct host_command vmid_commands[] = {
	{"ids", ids}, {"refresh", refresh}, {0}};
static const struct host_command sched_commands[] = {
	{"sched", set_up}, {"pick", pick},   {"wake", wake},
	{"spend", spend},  {"block", block}, {0}};

const struct host_command *const host_commands[] = {vmid_commands,
						    sched_commands, NULL};
