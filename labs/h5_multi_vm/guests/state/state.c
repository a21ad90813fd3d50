/*
 * state.c - a guest that writes all of its CSRs with numbers of its own, works
 * for longer than a slice, and looks whether they are still there (h5.2).
 */
#include "../lanes.h"

#define GIB (1UL << 30)
#define ENVCFG_FIOM 1UL /* what every hart has of senvcfg */

/* Sv39, the same addresses as before: one leaf for the GiB of our RAM. */
static uint64_t root[512] __attribute__((aligned(4096)));

static void paging_on(void)
{
	uint64_t here = 2 * GIB;

	root[here / GIB] =
		here >> 12 << PTE_PPN_SHIFT | PTE_V | PTE_RWX | PTE_A | PTE_D;
	csr_write(satp, ATP_MODE_SV39 << ATP_MODE_SHIFT | (uint64_t)root >> 12);
	__asm__ volatile("sfence.vma" ::: "memory");
}

/* How far time is ahead of the machine's cycles: always as much. */
static uint64_t clock_ahead(void)
{
	return csr_read(time) - machine_cycle() / 100;
}

/* What they hold, bit by bit; the clock is never quite as exact. */
struct state {
	uint64_t sscratch, sepc, scause, stval, stvec, sie, sip, scounteren;
	uint64_t senvcfg, satp, sstatus, clock;
};

#define STATUS_BITS (SSTATUS_SUM | SSTATUS_MXR | SSTATUS_SPIE | SSTATUS_SPP)

static void write_all(void)
{
	csr_write(sscratch, guest_random());
	csr_write(sepc, guest_random());
	csr_write(scause, guest_random() & 31);
	csr_write(stval, guest_random());
	csr_write(stvec, guest_random() & 0x7ffffffffcUL);
	csr_write(sie, guest_random());
	csr_write(sip, guest_random() & 1 << IRQ_SSI);
	csr_write(scounteren, guest_random() & 7);
	csr_write(senvcfg, guest_random() & ENVCFG_FIOM);
	csr_clear(sstatus, STATUS_BITS);
	csr_set(sstatus, guest_random() & STATUS_BITS);
}

static struct state read_all(void)
{
	return (struct state){
		csr_read(sscratch),
		csr_read(sepc),
		csr_read(scause),
		csr_read(stval),
		csr_read(stvec),
		csr_read(sie),
		csr_read(sip),
		csr_read(scounteren),
		csr_read(senvcfg),
		csr_read(satp),
		csr_read(sstatus) & STATUS_BITS,
		clock_ahead(),
	};
}

#define SAME(csr) \
	CHECK(now.csr == was.csr, "round %lu: " #csr " is 0x%lx, not 0x%lx", \
	      round, now.csr, was.csr)

static void compare(struct state was, struct state now, uint64_t round)
{
	SAME(sscratch);
	SAME(sepc);
	SAME(scause);
	SAME(stval);
	SAME(stvec);
	SAME(sie);
	SAME(sip);
	SAME(scounteren);
	SAME(senvcfg);
	SAME(satp);
	SAME(sstatus);
	CHECK(now.clock - was.clock + 1 <= 2,
	      "round %lu: the clock went wrong by %ld ticks", round,
	      (long)(now.clock - was.clock));
}

void guest_program(void)
{
	uint64_t rounds = arg_u64("rounds", 20), sum = 0;
	uint64_t stvec = csr_read(stvec);

	paging_on();
	for (uint64_t i = 0; i < rounds; i++) {
		write_all();
		struct state was = read_all();
		burn_beside(arg_u64("work", 1500000));
		struct state now = read_all();
		csr_write(stvec, stvec);
		compare(was, now, i);
		sum = sum * 31 + now.sscratch;
	}
	check_beside(rounds / 4);
	printf("%lu rounds, every CSR is mine\n", rounds);
	lane_tell(sum);
}
