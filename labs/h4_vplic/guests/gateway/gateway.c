/*
 * gateway.c - the life of one source: pending, claimed, completed (h4.2). The
 * clock rings when this guest wants it to. It takes no interrupt: it looks at
 * the pending bit instead.
 */
#include "../devices.h"

static const char *scene; /* its name */

static void pending(const char *when, bool want)
{
	bool is = plic_is_pending(SOURCE_RTC);

	CHECK(is == want, "%s: %s: %s", scene, when,
	      is ? "pending" : "not pending");
}

static void claims(const char *when, unsigned want)
{
	unsigned source = claim();

	CHECK(source == want, "%s: %s: claim returns %u, not %u", scene, when,
	      source, want);
}

/* Claimed, with a quiet wire; then the wire goes high again. */
static void claimed_and_rung(void)
{
	rtc_ring();
	claims("rung", SOURCE_RTC);
	rtc_clear();
	rtc_ring();
	pending("rung while claimed", false);
}

/* Back to where we began: nothing pending, nothing claimed. */
static void finish(const char *when)
{
	claims(when, SOURCE_RTC);
	rtc_clear();
	complete(SOURCE_RTC);
	pending("completed, wire low", false);
}

static void is_latched(void)
{
	rtc_ring();
	pending("rung", true);
	rtc_clear();
	pending("the wire is low again", true);
	*plic_reg(PLIC_PENDING) = 0;
	pending("pending bit written", true);
	claims("rung", SOURCE_RTC);
	pending("claimed", false);
	complete(SOURCE_RTC);
	pending("completed, wire low", false);
	*plic_reg(PLIC_PENDING) = 1U << SOURCE_RTC;
	pending("pending bit written with 1", false);
}

static void not_enabled(void)
{
	plic_set_enabled(true, false);
	rtc_ring();
	rtc_clear();
	rtc_ring(); /* the hardware keeps quiet, as it does when it is enabled */
	pending("rung, but not enabled", true);
	claims("rung, but not enabled", 0);
	pending("claimed, but not enabled", true);
	plic_set_enabled(true, true);
	claims("enabled at last", SOURCE_RTC);
	complete(SOURCE_RTC);
	finish("completed, wire high");
}

static void quiet_while_claimed(void)
{
	claimed_and_rung();
	claims("already claimed", 0);
	complete(SOURCE_RTC);
	pending("completed, wire high", true);
	finish("completed, wire high");
}

static void completed_when_not_enabled(void)
{
	claimed_and_rung();
	plic_set_enabled(true, false);
	complete(SOURCE_RTC); /* is ignored */
	plic_set_enabled(true, true);
	pending("completed while not enabled", false);
	complete(SOURCE_RTC);
	pending("completed, wire high", true);
	finish("completed, wire high");
}

static void completed_another(void)
{
	static const unsigned others[] = {
		0,    1,    10,	  12,	  127,	       128,	    139,
		1023, 1024, 1035, 0x100b, 0x8000000bU, 0xffffffffU,
	};

	claimed_and_rung();
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		complete(others[i]);
	pending("completed others only", false);
	complete(SOURCE_RTC);
	pending("completed, wire high", true);
	finish("completed, wire high");
}

static void completed_unclaimed(void)
{
	rtc_ring();
	complete(SOURCE_RTC); /* is ignored: nobody has claimed it */
	rtc_look_again();
	pending("completed, but not claimed", true);
	claims("completed, but not claimed", SOURCE_RTC);
	complete(SOURCE_RTC);
	pending("completed, wire high", true);
	finish("completed, wire high");
}

static const struct {
	const char *name;
	void (*play)(void);
} scenes[] = {
	{"pending", is_latched},
	{"not enabled", not_enabled},
	{"claimed", quiet_while_claimed},
	{"completed, but not enabled", completed_when_not_enabled},
	{"completed another", completed_another},
	{"completed, but not claimed", completed_unclaimed},
};

#define SCENES (sizeof(scenes) / sizeof(*scenes))

void guest_program(void)
{
	uint64_t n = arg_u64("n", 10), sum = 0;

	plic_set_priority(SOURCE_RTC, 1);
	plic_set_enabled(true, true);
	for (uint64_t i = 0; i < SCENES + n; i++) {
		uint64_t number = i < SCENES ? i : guest_random() % SCENES;
		scene = scenes[number].name;
		scenes[number].play();
		sum = sum * 31 + number;
	}
	printf("%lu scenes\n", SCENES + n);
	guest_tell(sum);
}
