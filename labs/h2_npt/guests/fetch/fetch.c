/*
 * fetch.c - code on the guest's own pages, which the hypervisor has to read
 * just as the hart does (h2.6): through both stages, 16 bits at a time.
 *
 * Two virtual pages next to each other are far apart in memory. On them lie
 * instructions that leave the guest: an emulated load, and csrr a0, mhartid.
 */
#include <string.h>

#include "../insn.h"
#include "addr.h"
#include "guest.h"

#define RAM 0x80000000UL
#define CODE 0x40200000UL /* where the two pages are */
#define DEVICE 0x50000000UL
#define BLOCK (2 * MiB)
#define RET_SHORT 0x8082U	 /* c.jr ra */
#define CSRR_MHARTID 0xf1402573U /* csrr a0, mhartid */
#define SD_T1_T0 0x0062b023U	 /* sd t1, 0(t0) */
#define LEAF (PTE_V | PTE_A | PTE_D)
#define CODE_PAGE (LEAF | PTE_R | PTE_X)

typedef uint64_t table[512] __attribute__((aligned(4096)));
static table root, middle, leaves, pages[3]; /* not 0, 1, as they are mapped */
#define near_page pages[2]
#define far_page pages[0]
static uint64_t device, value;

static uint64_t pte(uint64_t gpa, uint64_t bits)
{
	return gpa >> 12 << PTE_PPN_SHIFT | bits;
}

static void map(uint64_t first_bits, uint64_t second_bits)
{
	leaves[0] = pte((uint64_t)near_page, first_bits);
	leaves[1] = pte((uint64_t)far_page, second_bits);
	__asm__ volatile("fence.i\n"
			 "sfence.vma" ::
				 : "memory");
}

/* Put an instruction at this offset in the two pages. */
static void put(uint64_t offset, uint32_t insn, unsigned size)
{
	for (; size; size -= 2, offset += 2, insn >>= 16) {
		char *page =
			(char *)(offset < PAGE_SIZE ? near_page : far_page);
		memcpy(page + offset % PAGE_SIZE, &insn, 2);
	}
}

/* Call what is there with a1 = the device; returns a0. */
static uint64_t call(uint64_t offset, uint64_t t0, uint64_t t1)
{
	register uint64_t a0 __asm__("a0") = 0;
	register uint64_t a1 __asm__("a1") = DEVICE + device % BLOCK;
	register uint64_t r5 __asm__("t0") = t0;
	register uint64_t r6 __asm__("t1") = t1;

	__asm__ volatile("jalr %1"
			 : "+r"(a0)
			 : "r"(CODE + offset), "r"(a1), "r"(r5), "r"(r6)
			 : "ra", "memory");
	return a0;
}

/* From a page that is missing there is no way on: back to the caller. */
static uint64_t saved_pte;
static void hook(struct trap_frame *frame)
{
	guest_note_trap(frame);
	frame->sepc = frame->gpr[1];
	if (saved_pte) { /* make the code whole again, and go on there */
		leaves[0] = saved_pte;
		__asm__ volatile("sfence.vma" ::: "memory");
		frame->sepc = guest_noted.sepc;
	}
}

static void expect(const char *what, uint64_t got, uint64_t want)
{
	CHECK(got == want, "%s: a0 is 0x%lx instead of 0x%lx", what, got, want);
}

/* A trap of the guest itself, at this offset and nowhere else. */
static void expect_trap(const char *what, uint64_t before, uint64_t cause,
			uint64_t offset)
{
	uint64_t scause = guest_noted.scause;

	/* QEMU's HLVX does not always tell which of the two stages failed. */
	if (saved_pte && scause == CAUSE_FETCH_ACCESS)
		scause = CAUSE_FETCH_PAGE_FAULT;
	CHECK(guest_noted.count == before + 1 && scause == cause &&
		      guest_noted.sepc == CODE + offset,
	      "%s: %lu traps, scause %lu at 0x%lx instead of %lu at 0x%lx",
	      what, guest_noted.count - before, guest_noted.scause,
	      guest_noted.sepc, cause, CODE + offset);
}

/* 4 bytes, two on each page. */
static void across_pages(void)
{
	put(PAGE_SIZE + 2, RET_SHORT, 2);
	put(PAGE_SIZE - 2, load(3, 10, 11, 0), 4);
	map(CODE_PAGE, CODE_PAGE);
	expect("ld across two pages", call(PAGE_SIZE - 2, 0, 0), value);
	put(PAGE_SIZE - 2, CSRR_MHARTID, 4);
	map(CODE_PAGE, CODE_PAGE);
	expect("csrr across two pages", call(PAGE_SIZE - 2, 0, 0),
	       guest_hartid);
}

/* 2 bytes at the end of a page that has no next one. */
static void last_of_a_page(void)
{
	uint64_t before = guest_noted.count;

	put(PAGE_SIZE - 2, c_short(3, 10, 11, 0), 2); /* c.ld a0, 0(a1) */
	map(CODE_PAGE, 0);
	expect("c.ld at the end of a page", call(PAGE_SIZE - 2, 0, 0), value);
	expect_trap("what follows it", before, CAUSE_FETCH_PAGE_FAULT,
		    PAGE_SIZE);
	put(PAGE_SIZE - 2, 0, 2); /* no instruction */
	map(CODE_PAGE, 0);
	call(PAGE_SIZE - 2, 0, 0);
	expect_trap("0x0000 at the end of a page", before + 1,
		    CAUSE_ILLEGAL_INSTRUCTION, PAGE_SIZE - 2);
}

/*
 * The code takes its own page away and goes on: without a fence the hart may
 * still have it. But the hypervisor, which looks for the instruction behind the
 * store, finds what the table says now, and that is what the guest gets.
 */
static void taken_away(const char *what, uint64_t new_pte)
{
	uint64_t before = guest_noted.count;

	put(0x200, SD_T1_T0, 4);
	put(0x204, CSRR_MHARTID, 4);
	put(0x208, RET_SHORT, 2);
	map(CODE_PAGE, 0);
	saved_pte = leaves[0];
	expect(what, call(0x200, (uint64_t)leaves, new_pte), guest_hartid);
	expect_trap(what, before, CAUSE_FETCH_PAGE_FAULT, 0x204);
	saved_pte = 0;
	CHECK(guest_noted.stval == CODE + 0x204,
	      "%s: stval is 0x%lx instead of 0x%lx", what, guest_noted.stval,
	      CODE + 0x204);
}

void guest_program(void)
{
	fdt_node node = fdt_compatible(&guest_fdt, FDT_ROOT, "hvlab,scratch");
	uint64_t size;

	CHECK(fdt_reg(&guest_fdt, node, 0, &device, &size), "no scratch node");
	value = guest_random();
	*(volatile uint64_t *)device = value;
	root[RAM >> 30] = RAM >> 2 | LEAF | PTE_RWX;
	root[CODE >> 30] = pte((uint64_t)middle, PTE_V);
	middle[CODE >> 21 & 511] = pte((uint64_t)leaves, PTE_V);
	middle[DEVICE >> 21 & 511] =
		pte(align_down(device, BLOCK), LEAF | PTE_R | PTE_W);
	guest_trap_hook = hook;
	csr_write(satp, ATP_MODE_SV39 << ATP_MODE_SHIFT | (uint64_t)root >> 12);
	across_pages();
	last_of_a_page();
	taken_away("its page is gone", 0);
	taken_away("its page is nowhere", pte(0x1000, CODE_PAGE));
	printf("every instruction was found\n");
	guest_tell(value);
}
