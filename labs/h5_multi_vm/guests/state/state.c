/*
 * state.c - a guest that writes all of its CSRs with numbers of its own, works
 * for longer than a slice, and looks whether they are still there (h5.2).
 */
#include "../lanes.h"

#define GIB (1UL << 30)

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

/* Write random bits, read back what has stayed of them. */
#define WRITE(csr, mask) \
	({ \
		csr_write(csr, guest_random() & (mask)); \
		csr_read(csr); \
	})
#define LOOK(csr, was, round) \
	CHECK(csr_read(csr) == (was), \
	      "round %lu: " #csr " is 0x%lx, not 0x%lx", (round), \
	      csr_read(csr), (was))

/* How far time is ahead of the machine's cycles: always as much. */
static uint64_t clock_ahead(void)
{
	return csr_read(time) - machine_cycle() / 100;
}

static void look_once(uint64_t round, uint64_t work)
{
	uint64_t old = csr_read(stvec);
	uint64_t scratch = WRITE(sscratch, ~0UL), epc = WRITE(sepc, ~1UL);
	uint64_t cause = WRITE(scause, 31), tval = WRITE(stval, ~0UL);
	uint64_t tvec = WRITE(stvec, ~3UL & 0x7fffffffffUL);
	uint64_t ie = WRITE(sie, 1 << IRQ_SSI | 1 << IRQ_STI | 1 << IRQ_SEI);
	uint64_t ip = WRITE(sip, 1 << IRQ_SSI);
	uint64_t counters = WRITE(scounteren, 7);
	uint64_t table = csr_read(satp), ahead = clock_ahead();
	uint64_t bits = SSTATUS_SUM | SSTATUS_MXR | SSTATUS_SPIE | SSTATUS_SPP;
	uint64_t status = guest_random() & bits;

	csr_clear(sstatus, bits);
	csr_set(sstatus, status);
	burn_beside(work);
	LOOK(sscratch, scratch, round);
	LOOK(sepc, epc, round);
	LOOK(scause, cause, round);
	LOOK(stval, tval, round);
	LOOK(stvec, tvec, round);
	LOOK(sie, ie, round);
	LOOK(sip, ip, round);
	LOOK(scounteren, counters, round);
	LOOK(satp, table, round);
	CHECK((csr_read(sstatus) & bits) == status,
	      "round %lu: sstatus has 0x%lx, not 0x%lx", round,
	      csr_read(sstatus) & bits, status);
	CHECK(clock_ahead() - ahead + 1 <= 2,
	      "round %lu: the clock went wrong by %ld ticks", round,
	      (long)(clock_ahead() - ahead));
	csr_write(stvec, old);
}

void guest_program(void)
{
	uint64_t rounds = arg_u64("rounds", 20), sum = 0;

	paging_on();
	for (uint64_t i = 0; i < rounds; i++) {
		look_once(i, arg_u64("work", 1500000));
		sum = sum * 31 + csr_read(sscratch);
	}
	check_beside(rounds / 4);
	printf("%lu rounds, every CSR is mine\n", rounds);
	lane_tell(sum);
}
