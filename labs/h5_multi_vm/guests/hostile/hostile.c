/*
 * hostile.c - a guest that means harm (h5.5). The boot argument mode= says
 * which: a row of the table at the end. Whatever it does, its neighbours and
 * the hypervisor go on. It tells a number first, to show that it was there.
 */
#include <string.h>

#include "../../../h4_vplic/guests/devices.h"
#include "../lanes.h"

#define INSN_UNIMP 0xc0001073U
#define CSRRW_T0(csr) ((uint32_t)(csr) << 20 | 0x292f3) /* csrrw t0, csr, t0 */
#define SFENCE_VMA 0x12000073U
#define HFENCE_GVMA 0x62000073U
#define HFENCE_VVMA 0x22000073U
#define HLV_D_T0 0x6c02c2f3U /* hlv.d t0, (t0) */
#define HSV_D_T0 0x6e52c073U /* hsv.d t0, (t0) */
#define MRET 0x30200073U
#define WFI 0x10500073U

static uint64_t times;

static uint64_t dice(uint64_t sides)
{
	return (guest_random() >> 32) % sides;
}

/* Interesting places: everybody's RAM, devices, the machine's, nothing. */
static uint64_t anywhere(void)
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

static bool own(uint64_t at)
{
	return at - 0x80000000UL < 0x1000000UL;
}

static void run(uint32_t insn)
{
	static uint64_t in[32], out[32];

	in[5] = anywhere();
	probe(insn, in, out);
}

/* All CSRs that are not its own: those of HS-mode, M-mode and debug mode. */
static void csrs(void)
{
	for (unsigned csr = 0x200; csr < 0x1000; csr++)
		if (csr >> 8 & 2)
			run(CSRRW_T0(csr));
}

static void instructions(void)
{
	static const uint32_t insns[] = {SFENCE_VMA, HFENCE_GVMA, HFENCE_VVMA,
					 HLV_D_T0,   HSV_D_T0,	  MRET,
					 INSN_UNIMP};

	for (uint64_t i = 0; i < times; i++)
		run(insns[dice(sizeof(insns) / sizeof(*insns))]);
}

/* It may well lose its way, for good. */
static void opcodes(void)
{
	for (uint64_t i = 0; i < times; i++)
		run((uint32_t)guest_random() | 3);
}

static void jumps(void)
{
	for (uint64_t i = 0; i < times; i++) {
		uint64_t at = anywhere() & ~1UL;
		if (!own(at))
			((void (*)(void))at)();
	}
}

/* Every call, but for those by which a VM ends itself. */
static void sbi(void)
{
	static const uint64_t extensions[] = {
		0,
		2,
		3,
		4,
		5,
		6,
		7,
		9,
		15,
		SBI_EXT_BASE,
		SBI_EXT_TIME,
		SBI_EXT_SRST,
		SBI_EXT_DBCN,
		SBI_EXT_IPI,
		SBI_EXT_RFENCE,
		SBI_EXT_HSM,
		SBI_EXT_DOORBELL,
		0x504d55,
		0x53555350,
		-1UL,
	};
	uint64_t n = sizeof(extensions) / sizeof(*extensions);

	for (uint64_t i = 0; i < times; i++) {
		uint64_t extension = extensions[dice(n)];
		uint64_t function = dice(4) ? dice(8) : guest_random();
		uint64_t a0 = dice(3) ? dice(5) : anywhere();
		if ((extension == SBI_EXT_SRST && (uint32_t)a0 < 3) ||
		    (extension == SBI_EXT_HSM && function == 1) ||
		    (extension == SBI_EXT_HSM && function == 3))
			continue;
		sbi_ecall(a0, anywhere(), dice(2) * anywhere(), anywhere(),
			  anywhere(), anywhere(), function, extension);
	}
}

/* Text from, and keys to, memory that is not its own. */
static void pointers(void)
{
	for (uint64_t i = 0; i < times; i++) {
		uint64_t at = anywhere(), size = 1 + dice(4) * guest_random();
		if (own(at) && size < 0x1000000)
			continue;
		struct sbiret ret =
			sbi_ecall(size, at, 0, 0, 0, 0, dice(2), SBI_EXT_DBCN);
		CHECK(ret.error == SBI_ERR_INVALID_PARAM,
		      "DBCN with 0x%lx+0x%lx answers %ld", at, size, ret.error);
	}
}

static void ignore(struct trap_frame *frame)
{
	(void)frame;
	burn(1000);
}

/* One timer interrupt after the other, and none of them handled. */
static void timers(void)
{
	guest_trap_hook = ignore;
	sbi_ecall(0, 0, 0, 0, 0, 0, SBI_TIME_SET_TIMER, SBI_EXT_TIME);
	csr_set(sie, 1 << IRQ_STI);
	interrupts_on();
}

/* Deadlines, a few ticks ahead, as fast as it can. */
static void deadlines(void)
{
	for (uint64_t i = 0; i < times; i++)
		sbi_ecall(csr_read(time) + dice(3), 0, 0, 0, 0, 0,
			  SBI_TIME_SET_TIMER, SBI_EXT_TIME);
}

static void ipis(void)
{
	guest_trap_hook = ignore;
	csr_set(sie, 1 << IRQ_SSI);
	interrupts_on();
	sbi_ecall(1, guest_hartid, 0, 0, 0, 0, SBI_IPI_SEND_IPI, SBI_EXT_IPI);
}

/* Any register of the PLIC, at any width. */
static void plic(void)
{
	for (uint64_t i = 0; i < times; i++) {
		uint64_t at = PLIC_BASE + dice(0x600) * 0x1000 + dice(64);
		if (dice(2))
			*(volatile uint32_t *)at = (uint32_t)guest_random();
		else if (dice(2))
			(void)*(volatile uint64_t *)at;
		else
			*(volatile uint8_t *)at = (uint8_t)guest_random();
	}
}

/* An interrupt that comes again as soon as it is completed. */
static void on_uart(struct trap_frame *frame)
{
	(void)frame;
	uart_write(UART_IER, 0);
	uart_write(UART_IER, UART_IER_THRE);
	complete(claim());
}

static void uart(void)
{
	for (uint64_t i = 0; i < times; i++)
		if (dice(2))
			(void)uart_read(dice(256));
		else
			uart_write(1 + dice(255), (uint8_t)guest_random());
	guest_trap_hook = on_uart;
	plic_set_priority(SOURCE_UART, 7);
	plic_set_enabled(true, false);
	csr_set(sie, SIE_EXTERNAL);
	uart_write(3, 0);
	uart_write(UART_IER, UART_IER_THRE);
	interrupts_on();
}

static void reads(void)
{
	for (uint64_t i = 0; i < times; i++)
		(void)*(volatile uint8_t *)anywhere();
}

static void writes(void)
{
	static const uint64_t values[] = {0, 0x5555, 0x3333, -1UL};

	for (uint64_t i = 0; i < times; i++) {
		uint64_t at = anywhere();
		if (!own(at) && at - UART_BASE >= 0x100)
			*(volatile uint64_t *)(at & ~7UL) = values[dice(4)];
	}
}

static uint64_t root[512] __attribute__((aligned(4096)));

static void paging_on(uint64_t ppn)
{
	csr_write(satp, ATP_MODE_SV39 << ATP_MODE_SHIFT | ppn);
	__asm__ volatile("sfence.vma" ::: "memory");
}

/* A table that is its own page, changes while it is used, leads anywhere. */
static void tables(void)
{
	root[2] = 0x80000000UL >> 2 | 0xcf;
	paging_on((uint64_t)root >> 12);
	for (uint64_t i = 0; i < times; i++) {
		uint64_t n = 3 + dice(509);
		root[n] = dice(3) ? anywhere() >> 2 | dice(256)
				  : (uint64_t)root >> 2 | 1;
		__asm__ volatile("sfence.vma" ::: "memory");
		volatile uint8_t *at = (uint8_t *)(n << 30 | dice(1UL << 30));
		if (dice(2))
			(void)*at;
		else if (!own(*at))
			*at = 1;
	}
}

/* The next fetch, and that of its handler, go through nothing. */
static void no_tables(void)
{
	paging_on(anywhere() >> 12 & 0xfffffffffff);
}

static void handler_faults(void)
{
	static const uint32_t handler[2]
		__attribute__((aligned(4))) = {INSN_UNIMP, INSN_UNIMP};

	csr_write(stvec, handler);
	__asm__ volatile("unimp");
}

static void no_handler(void)
{
	csr_write(stvec, 0);
	__asm__ volatile("unimp");
}

static void handler_nowhere(void)
{
	csr_write(stvec, anywhere() | 1UL << 40);
	__asm__ volatile("unimp");
}

static void sleeps(void)
{
	csr_write(sie, 0);
	for (;;)
		__asm__ volatile("wfi");
}

static void reboots(void)
{
	sbi_ecall(SBI_SRST_TYPE_WARM_REBOOT, 0, 0, 0, 0, 0,
		  SBI_SRST_SYSTEM_RESET, SBI_EXT_SRST);
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
