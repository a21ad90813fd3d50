/*
 * walk.c - a random walk over everything that can change whether an external
 * interrupt is pending (h4.4). After every step: is it, as it should be?
 *
 * The rules of the PLIC stand here once more, for two sources.
 */
#include "../devices.h"

static struct source {
	unsigned id;
	void (*ring)(void), (*clear)(void);
	uint32_t priority;
	bool enabled, wire, pending, claimed;
	bool rung_again; /* while it was pending or claimed */
} sources[2] = {
	{.id = SOURCE_UART, .ring = uart_ring, .clear = uart_clear},
	{.id = SOURCE_RTC, .ring = rtc_ring, .clear = rtc_clear},
};
static uint32_t threshold;
static uint64_t taken; /* interrupts */

/* Out of the handler without another one: the next window lets it in again. */
static void take(struct trap_frame *frame)
{
	CHECK(csr_read(scause) == (CAUSE_INTERRUPT | IRQ_SEI),
	      "trap 0x%lx at 0x%lx", csr_read(scause), frame->sepc);
	taken++;
	csr_write(sie, 0);
}

static struct source *best(void)
{
	struct source *found = NULL;

	for (struct source *s = sources; s < sources + 2; s++)
		if (s->pending && s->enabled && s->priority > threshold &&
		    (!found || s->priority > found->priority))
			found = s;
	return found;
}

static void ring(struct source *s)
{
	if (s->wire)
		return;
	s->ring();
	s->wire = true;
	s->rung_again = s->pending || s->claimed;
	s->pending = !s->claimed;
}

/* Having rung again, a source keeps ringing: QEMU would not forget it. */
static void clear(struct source *s)
{
	if (!s->wire || s->rung_again)
		return;
	s->clear();
	s->wire = false;
}

static void claim_one(void)
{
	struct source *s = best();
	unsigned got = claim();

	CHECK(got == (s ? s->id : 0), "claim returns %u, not %u", got,
	      s ? s->id : 0);
	if (!s)
		return;
	s->pending = false;
	s->claimed = true;
}

static void complete_one(struct source *s)
{
	bool counts = s->claimed && s->enabled;

	if (counts)
		clear(s);
	complete(s->id);
	if (!counts)
		return;
	s->claimed = false;
	s->pending = s->wire; /* high: it has rung again */
	s->rung_again = false;
}

static void set_priority(struct source *s, uint32_t priority)
{
	s->priority = priority;
	plic_set_priority(s->id, priority);
}

static void set_enabled(bool uart, bool rtc)
{
	sources[0].enabled = uart;
	sources[1].enabled = rtc;
	plic_set_enabled(uart, rtc);
}

/* One step, and its name. */
static const char *step(uint64_t dice)
{
	struct source *s = &sources[dice & 1];
	uint64_t more = dice >> 8;

	switch (dice >> 1 & 15) {
	case 0:
	case 1:
		set_priority(s, more & 3);
		return "a priority was set";
	case 2:
		threshold = more & 3 & more >> 2;
		plic_set_threshold(threshold);
		return "the threshold was set";
	case 3:
	case 4:
		set_enabled(more & 3, more & 12);
		return "the enables were set";
	case 5:
		clear(s);
		return "a wire went low";
	case 6:
	case 7:
	case 8:
		complete_one(s);
		return "a source was completed";
	case 9:
	case 10:
	case 11:
		claim_one();
		return "a source was claimed";
	default:
		ring(s);
		return "a wire went high";
	}
}

/*
 * The first steps are the same in every walk, as dice may never show them: two
 * are pending and one of them is claimed, completed, masked by the threshold.
 */
static const uint16_t first_steps[] = {
	0x100, 0x201, 0xf06, /* priorities 1 and 2, both enabled */
	0x018, 0x019,	     /* both wires */
	0x012, 0x00d,	     /* the second is claimed, and completed */
	0xf04, 0x004,	     /* the threshold is 3, and 0 again */
	0x012, 0x00c,	     /* the first is claimed, and completed */
};

#define FIRST_STEPS (sizeof(first_steps) / sizeof(*first_steps))

void guest_program(void)
{
	uint64_t n = arg_u64("n", 300);

	guest_trap_hook = take;
	for (uint64_t i = 0; i < n; i++) {
		const char *what = step(i < FIRST_STEPS ? first_steps[i]
							: guest_random() >> 32);
		uint64_t before = taken;
		csr_write(sie, SIE_EXTERNAL);
		interrupts_window();
		CHECK(taken - before == (best() != NULL), "step %lu: %s: %s", i,
		      what,
		      best() ? "no interrupt, but one is pending"
			     : "an interrupt, but none is pending");
	}
	uart_clear();
	printf("%lu steps, %lu interrupts\n", n, taken);
	guest_tell(taken);
}
