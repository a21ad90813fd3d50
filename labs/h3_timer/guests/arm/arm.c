/*
 * arm.c - every way to arm a timer and to take that back (h3.2). The argument
 * what= names one of them; without it they all come, in a random order.
 */
#include <string.h>

#include "guest_timer.h"

/* Whoever boots this with limit= gives the host a tick of its own. */
#define HOST_TICK 10000UL

static volatile uint64_t count; /* interrupts so far */
static volatile uint64_t keep;	/* of these, the handler does not answer */
static volatile uint64_t at;	/* when the last one came */

static void hook(struct trap_frame *frame)
{
	(void)frame;
	CHECK(timer_interrupt(), "scause is 0x%lx", csr_read(scause));
	at = csr_read(time);
	count++;
	if (keep)
		keep--;
	else
		timer_set(TIMER_OFF);
}

static uint64_t random_below(uint64_t n)
{
	return guest_random() % n;
}

/* Let interrupts in for a while; how many came? */
static uint64_t interrupts_in(uint64_t ticks)
{
	uint64_t before = count;

	csr_set(sstatus, SSTATUS_SIE);
	timer_spin(ticks);
	csr_clear(sstatus, SSTATUS_SIE);
	return count - before;
}

#define EXPECT(n, ticks, what) \
	do { \
		uint64_t came_ = interrupts_in(ticks); \
		CHECK(came_ == (n), "%s: %lu interrupts instead of %u", what, \
		      came_, n); \
	} while (0)

static void past(void)
{
	timer_set(csr_read(time));
	EXPECT(1U, 20, "armed for now");
	timer_set(random_below(csr_read(time)));
	EXPECT(1U, 20, "armed in the past");
	timer_set(0);
	EXPECT(1U, 20, "armed for time 0");
}

static void in_time(uint64_t ticks)
{
	uint64_t before = count, deadline = csr_read(time) + ticks;

	timer_set(deadline);
	csr_set(sstatus, SSTATUS_SIE);
	while (csr_read(time) < deadline + 50)
		;
	csr_clear(sstatus, SSTATUS_SIE);
	CHECK(count > before, "armed ahead: no interrupt");
	CHECK(at >= deadline, "armed ahead: it came %lu ticks early",
	      deadline - at);
}

static void ahead(void)
{
	in_time(100 + random_below(2000));
	EXPECT(0U, 500, "answered by all ones");
	in_time(12 + random_below(8)); /* near is not now */
}

/* Too far for this guest to see, up to where adding anything wraps round. */
static void far(void)
{
	timer_set(csr_read(time) + (1UL << 40) + random_below(1UL << 40));
	EXPECT(0U, 300, "armed for next month");
	timer_set(1UL << 63);
	EXPECT(0U, 300, "armed for 1 << 63");
	timer_set(TIMER_OFF - 1 - random_below(1000));
	EXPECT(0U, 300, "armed just below all ones");
}

static void disarm(void)
{
	timer_set(csr_read(time) + 200);
	timer_set(TIMER_OFF);
	EXPECT(0U, 600, "disarmed by all ones");
}

static void rearm(void)
{
	timer_set(0);
	timer_spin(5);
	timer_set(TIMER_OFF);
	EXPECT(0U, 300, "pending, then disarmed");
	timer_set(0);
	timer_spin(5);
	timer_set(csr_read(time) + 400);
	EXPECT(0U, 200, "pending, then armed ahead");
	EXPECT(1U, 400, "pending, then armed ahead: later");
	timer_set(csr_read(time) + 200);
	timer_set(csr_read(time) + 900);
	EXPECT(0U, 600, "put off");
	EXPECT(1U, 600, "put off: later");
	timer_set(csr_read(time) + 900);
	timer_set(csr_read(time) + 200);
	EXPECT(1U, 500, "brought forward");
	EXPECT(0U, 900, "brought forward: later");
}

/* Unanswered, it is still there: a timer interrupt is a level. */
static void held(void)
{
	unsigned times = 2 + (unsigned)random_below(6);

	keep = times - 1;
	timer_set(csr_read(time) + 50);
	EXPECT(times, 600, "not answered at once");
	timer_set(csr_read(time) + 50);
	timer_spin(HOST_TICK + 1000);
	EXPECT(1U, 20, "not let in for a tick of the host");
}

static const struct scene {
	const char *name;
	void (*play)(void);
} scenes[] = {
	{"past", past},	    {"ahead", ahead}, {"far", far},
	{"disarm", disarm}, {"rearm", rearm}, {"held", held},
};
#define SCENES (sizeof(scenes) / sizeof(*scenes))

void guest_program(void)
{
	char what[64];
	uint64_t first = random_below(SCENES), played = 0;

	strcpy(what, arg_word("what"));
	timer_start(hook);
	csr_clear(sstatus, SSTATUS_SIE);
	for (uint64_t i = 0; i < SCENES; i++) {
		const struct scene *scene = &scenes[(first + i) % SCENES];
		if (*what && strcmp(what, scene->name) != 0)
			continue;
		scene->play();
		played++;
	}
	uint64_t number = guest_random();
	printf("%lu scenes, %lu interrupts, 0x%lx\n", played, count, number);
	guest_tell(count);
	guest_tell(number);
}
