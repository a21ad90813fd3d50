/*
 * bench.c - what things cost a guest, in instructions of the whole machine:
 * its own and the hypervisor's. Only -icount shift=0 makes instret count just
 * these. `make bench` boots it once for each measurement: do= says which, and
 * n= how often it is repeated. Without do= it is the boot and the shortest call.
 *
 * Every line is "bench: NAME COUNT TOTAL LEAST MOST".
 */
#include <string.h>

#include "../../../h4_vplic/guests/devices.h"
#include "addr.h"
#include "guest_timer.h"

#define FAR (1UL << 60)
#define DOORBELL 9 /* its interrupt */
#define SHARED 0xb0000000UL
#define BLOCK (1UL << 21)
#define TURNS 64
#define GAP 3000 /* instructions: more than any exit takes */

struct figure {
	uint64_t count, total, least, most;
};

static void add(struct figure *figure, uint64_t cost)
{
	if (figure->count == 0 || cost < figure->least)
		figure->least = cost;
	if (cost > figure->most)
		figure->most = cost;
	figure->total += cost;
	figure->count++;
}

static void show(const char *name, const struct figure *figure)
{
	printf("bench: %s %lu %lu %lu %lu\n", name, figure->count,
	       figure->total, figure->least, figure->most);
}

static void show_one(const char *name, uint64_t cost)
{
	printf("bench: %s 1 %lu %lu %lu\n", name, cost, cost, cost);
}

/* ---- one instruction, between two readings of instret ---- */

static uint64_t call(uint64_t extension, uint64_t function, uint64_t argument)
{
	register uint64_t a0 __asm__("a0") = argument;
	register uint64_t a1 __asm__("a1") = 0;
	register uint64_t a6 __asm__("a6") = function;
	register uint64_t a7 __asm__("a7") = extension;
	uint64_t begin, end;

	__asm__ volatile("csrr %[begin], instret\n"
			 "ecall\n"
			 "csrr %[end], instret"
			 : [begin] "=&r"(begin), [end] "=&r"(end), "+r"(a0),
			   "+r"(a1)
			 : "r"(a6), "r"(a7)
			 : "memory");
	return end - begin - 1;
}

/* A load into value, or a store from it; never a compressed one. */
#define ACCESS(instruction, value, at) \
	({ \
		uint64_t begin_, end_; \
		__asm__ volatile(".option push\n" \
				 ".option norvc\n" \
				 "csrr %[begin], instret\n" instruction \
				 " %[word], (%[address])\n" \
				 "csrr %[end], instret\n" \
				 ".option pop" \
				 : [begin] "=&r"(begin_), [end] "=&r"(end_), \
				   [word] "+&r"(value) \
				 : [address] "r"(at) \
				 : "memory"); \
		end_ - begin_ - 1; \
	})

#define REPEAT(name, n, cost) \
	do { \
		struct figure figure_ = {0}; \
		for (uint64_t i_ = 0; i_ < (n); i_++) \
			add(&figure_, cost); \
		show(name, &figure_); \
	} while (0)

static void do_call(uint64_t n)
{
	REPEAT("call", n, call(SBI_EXT_BASE, SBI_BASE_GET_SPEC_VERSION, 0));
}

static void do_probe(uint64_t n)
{
	REPEAT("probe", n,
	       call(SBI_EXT_BASE, SBI_BASE_PROBE_EXTENSION, SBI_EXT_TIME));
}

static void do_set_timer(uint64_t n)
{
	REPEAT("set_timer", n, call(SBI_EXT_TIME, SBI_TIME_SET_TIMER, FAR));
}

/* No instruction but itself, if the VM has Sstc. */
static uint64_t write_stimecmp(void)
{
	uint64_t begin, end;

	__asm__ volatile("csrr %0, instret\n"
			 "csrw stimecmp, %2\n"
			 "csrr %1, instret"
			 : "=&r"(begin), "=&r"(end)
			 : "r"(FAR)
			 : "memory");
	return end - begin - 1;
}

static void do_stimecmp(uint64_t n)
{
	REPEAT("stimecmp", n, write_stimecmp());
}

/* ---- memory that is not there ---- */

static uint64_t address_of(const char *compatible)
{
	fdt_node node = fdt_compatible(&guest_fdt, FDT_ROOT, compatible);
	uint64_t base = 0, size;

	CHECK(fdt_reg(&guest_fdt, node, 0, &base, &size), "no %s", compatible);
	return base;
}

static void do_load(uint64_t n)
{
	uint64_t at = address_of("hvlab,magic"), value = 0;

	REPEAT("load", n, ACCESS("ld", value, at));
}

static void do_store(uint64_t n)
{
	uint64_t at = address_of("hvlab,scratch"), value = 0;

	REPEAT("store", n, ACCESS("sd", value, at));
}

static void do_byte(uint64_t n)
{
	uint64_t at = address_of("hvlab,scratch"), value = 0;

	REPEAT("load_1", n, ACCESS("lbu", value, at));
	REPEAT("store_1", n, ACCESS("sb", value, at));
}

/* What to subtract from a first touch: the hypervisor's memset (memory.c). */
static uint64_t zeroing(void *at, uint64_t size)
{
	uint64_t begin = csr_read(instret);

	memset(at, 0, size);
	return csr_read(instret) - begin - 1;
}

/*
 * Whole blocks of RAM, then the pages behind the last whole block. The first
 * touch of these also makes a table, so it is not counted.
 */
static void do_touch(uint64_t n)
{
	fdt_node node = fdt_device_type(&guest_fdt, FDT_ROOT, "memory");
	uint64_t base = 0, size = 0, value = 0;
	struct figure block = {0}, page = {0};

	CHECK(fdt_reg(&guest_fdt, node, 0, &base, &size), "no RAM");
	uint64_t end = base + size, last = align_down(end, BLOCK);
	for (uint64_t at = base + BLOCK; at < last && n; at += BLOCK, n--)
		add(&block, ACCESS("sb", value, at));
	ACCESS("sb", value, last);
	for (uint64_t at = last + PAGE_SIZE; at < end; at += PAGE_SIZE)
		add(&page, ACCESS("sb", value, at));
	show("touch_2m", &block);
	show("touch_4k", &page);
	show_one("zero_2m", zeroing((void *)(base + BLOCK), BLOCK));
	show_one("zero_4k", zeroing((void *)last, PAGE_SIZE));
}

/* ---- interrupts ---- */

/*
 * uint64_t until_interrupt(void): let interrupts in and be busy until one
 * comes; instret at the first instruction of the handler, which is here.
 * uint64_t store_until_interrupt(uint8_t *at, uint8_t value): the same, and
 * then the instructions from the store that causes it to the handler.
 */
uint64_t until_interrupt(void);
uint64_t store_until_interrupt(volatile uint8_t *at, uint8_t value);
__asm__("store_until_interrupt:\n"
	"	la	t0, 2f\n"
	"	csrrw	t1, stvec, t0\n"
	"	csrsi	sstatus, 2\n"
	"	csrr	t2, instret\n"
	"	sb	a1, (a0)\n"
	"1:	j	1b\n"
	"until_interrupt:\n"
	"	la	t0, 2f\n"
	"	csrrw	t1, stvec, t0\n"
	"	li	t2, -1\n"
	"	csrsi	sstatus, 2\n"
	"1:	j	1b\n"
	"	.balign	4\n"
	"2:	csrr	a0, instret\n"
	"	csrw	stvec, t1\n"
	"	sub	a0, a0, t2\n"
	"	addi	a0, a0, -1\n"
	"	ret\n");

/* Wait for `time` to advance: what it is now, and instret at that moment. */
static uint64_t edge(uint64_t *instret)
{
	uint64_t old = csr_read(time), now;

	__asm__ volatile("1:	csrr	%0, time\n"
			 "	csrr	%1, instret\n"
			 "	beq	%0, %2, 1b"
			 : "=&r"(now), "=&r"(*instret)
			 : "r"(old));
	return now;
}

/*
 * From the deadline to the handler; a tick of `time` is 100 instructions. QEMU
 * itself is up to 99 late: it counts the ticks from when the timer was set. The
 * edge may be seen 2 late, which shows when nobody is in the way.
 */
static void do_deadline(uint64_t n)
{
	struct figure figure = {0};

	csr_set(sie, 1 << IRQ_STI);
	for (uint64_t i = 0; i < n; i++) {
		uint64_t at, ahead = 20 + guest_random() % 50;
		uint64_t deadline = edge(&at) + ahead;
		for (uint64_t j = guest_random() % 100; j > 0; j--)
			__asm__ volatile("");
		timer_set(deadline);
		uint64_t taken = until_interrupt(), due = at + ahead * 100;
		add(&figure, taken > due ? taken - due : 0);
	}
	timer_set(TIMER_OFF);
	show("deadline", &figure);
}

/* The UART is enabled, and so are the sources 1 to sources=. */
static void enable_sources(void)
{
	uint64_t last = arg_u64("sources", 0);

	for (unsigned source = 1; source < SOURCES; source++) {
		bool on = source <= last || source == SOURCE_UART;
		volatile uint32_t *word =
			plic_reg(PLIC_ENABLE + source / 32 * 4);
		plic_set_priority(source, on);
		if (on)
			*word |= 1U << source % 32;
	}
}

static void do_claim_none(uint64_t n)
{
	uint64_t value = 0;

	enable_sources();
	REPEAT("claim_none", n,
	       ACCESS("lw", value, plic_reg(PLIC_CONTEXT + PLIC_CLAIM)));
}

/* The UART has nothing to send, and pulls its wire while it may say so. */
static void do_claim(uint64_t n)
{
	struct figure claiming = {0}, completing = {0};
	volatile uint32_t *at = plic_reg(PLIC_CONTEXT + PLIC_CLAIM);

	enable_sources();
	for (uint64_t i = 0; i < n; i++) {
		uint64_t source = 0;
		uart_ring();
		add(&claiming, ACCESS("lw", source, at));
		CHECK(source == SOURCE_UART, "claim returns %lu", source);
		uart_clear();
		add(&completing, ACCESS("sw", source, at));
	}
	show("claim", &claiming);
	show("complete", &completing);
}

/* From the write that makes the UART pull its wire to the handler. */
static void do_uart(uint64_t n)
{
	struct figure figure = {0};

	enable_sources();
	csr_write(sie, SIE_EXTERNAL);
	for (uint64_t i = 0; i < n; i++) {
		add(&figure,
		    store_until_interrupt((uint8_t *)UART_BASE + UART_IER,
					  UART_IER_THRE));
		unsigned source = claim();
		CHECK(source == SOURCE_UART, "claim returns %u", source);
		uart_clear();
		complete(source);
	}
	show("uart", &figure);
}

/* ---- several VMs ---- */

static void ring(void)
{
	sbi_ecall(0, 0, 0, 0, 0, 0, SBI_DOORBELL_RING, SBI_EXT_DOORBELL);
}

static void wait_until(const volatile uint64_t *word, uint64_t value)
{
	while (*word != value) {
		__asm__ volatile("wfi");
		complete(claim());
	}
}

/* There and back: me= is 0 for the one that begins, and 1 for the other. */
static void do_doorbell(uint64_t n)
{
	volatile uint64_t *page = (uint64_t *)SHARED;
	uint64_t me = arg_u64("me", 0);
	struct figure figure = {0};

	struct sbiret map = sbi_ecall(SHARED, 0, 0, 0, 0, 0, SBI_DOORBELL_MAP,
				      SBI_EXT_DOORBELL);
	CHECK(map.error == SBI_SUCCESS, "no doorbell: %ld", map.error);
	plic_set_priority(DOORBELL, 1);
	*plic_reg(PLIC_ENABLE) = 1 << DOORBELL;
	csr_set(sie, SIE_EXTERNAL);
	for (uint64_t turn = 1; turn < n + 5; turn++) {
		uint64_t begin = csr_read(instret);
		if (me)
			wait_until(&page[0], turn);
		page[me] = turn;
		ring();
		if (!me)
			wait_until(&page[1], turn);
		/* Not while one has not started, or has ended already. */
		if (!me && turn > 3 && turn < n + 4)
			add(&figure, csr_read(instret) - begin);
	}
	if (!me)
		show("doorbell", &figure);
}

/*
 * When was it our turn? Every VM notes that, all the time, and lists it at the
 * end. What lies between a turn and the next, of whichever VM, is a switch.
 */
static void do_turns(uint64_t n)
{
	static uint64_t from[TURNS], to[TURNS];
	uint64_t fp = arg_u64("fp", 0), turn = 0, now = csr_read(instret);

	csr_set(sstatus, SSTATUS_FS);
	n = n < TURNS ? n : TURNS;
	from[0] = now;
	while (turn < n) {
		uint64_t before = now;
		if (fp)
			__asm__ volatile(".option push\n"
					 ".option arch, +d\n"
					 "fmv.d.x f0, zero\n"
					 ".option pop");
		now = csr_read(instret);
		if (now - before < GAP)
			continue;
		to[turn++] = before;
		if (turn < n)
			from[turn] = now;
	}
	for (uint64_t i = 0; i < n; i++)
		printf("bench: turn %lu %lu\n", from[i], to[i]);
}

/* Be there, with a deadline, and cost nothing. */
static void do_sleep(uint64_t n)
{
	csr_set(sie, 1 << IRQ_STI);
	timer_set(csr_read(time) + n * SECOND);
	__asm__ volatile("wfi");
}

/* ---- all of them ---- */

static const struct {
	const char *name;
	void (*run)(uint64_t n);
	uint64_t n;
} measurements[] = {
	{"call", do_call, 20000},
	{"probe", do_probe, 20000},
	{"set_timer", do_set_timer, 20000},
	{"stimecmp", do_stimecmp, 20000},
	{"load", do_load, 20000},
	{"store", do_store, 20000},
	{"byte", do_byte, 20000},
	{"touch", do_touch, 6},
	{"deadline", do_deadline, 1000},
	{"claim_none", do_claim_none, 20000},
	{"claim", do_claim, 1000},
	{"uart", do_uart, 1000},
	{"doorbell", do_doorbell, 200},
	{"turns", do_turns, 20},
	{"sleep", do_sleep, 1},
};

/* A VM's clock starts with it: in all, and before the VM's own first one. */
static void show_boot(void)
{
	uint64_t instret = csr_read(instret), own = csr_read(time) * 100;

	show_one("boot_total", instret);
	show_one("boot", instret - own);
}

void guest_program(void)
{
	const char *name = arg_word("do");

	if (*name == 0) {
		show_boot();
		do_call(arg_u64("n", 1000));
	}
	for (size_t i = 0; i < sizeof(measurements) / sizeof(*measurements);
	     i++)
		if (strcmp(name, measurements[i].name) == 0)
			measurements[i].run(arg_u64("n", measurements[i].n));
}
