/*
 * tables.c - a guest whose own page tables lie where nothing is, or in a device
 * (h2.6, h2.8). The hart cannot finish the walk, and the guest-page fault is
 * about an entry of a table, not about what the instruction wanted: there is
 * nothing to emulate. To the guest it is an access fault with its own address.
 */
#include "guest.h"

#define LD 0x0005b503U	 /* ld a0, 0(a1) */
#define SD 0x00a5b023U	 /* sd a0, 0(a1) */
#define JALR 0x000580e7U /* jalr ra, 0(a1) */
#define RAM 0x80000000UL
#define REGION 0x40000000UL /* where the bad tables are used: 1 GiB */

typedef uint64_t table[512] __attribute__((aligned(4096)));
static table root, middle;

static uint64_t pointer(uint64_t gpa)
{
	return gpa >> 12 << PTE_PPN_SHIFT | PTE_V;
}

/* QEMU 7.2 reports every access whose walk fails so as a load. */
static void broken(uint32_t insn, uint64_t address, uint64_t cause)
{
	uint64_t in[32] = {[10] = guest_random(), [11] = address}, out[32];
	uint64_t before = guest_noted.count;

	probe(insn, in, out);
	CHECK(guest_noted.count == before + 1,
	      "0x%08x at 0x%lx went through, a0 is 0x%lx", insn, address,
	      out[10]);
	CHECK(guest_noted.scause == cause ||
		      guest_noted.scause == CAUSE_LOAD_ACCESS,
	      "0x%08x at 0x%lx: scause %lu instead of %lu", insn, address,
	      guest_noted.scause, cause);
	CHECK(guest_noted.stval == address, "0x%08x at 0x%lx: stval is 0x%lx",
	      insn, address, guest_noted.stval);
	CHECK(out[10] == in[10], "0x%08x at 0x%lx: a0 became 0x%lx", insn,
	      address, out[10]);
}

/*
 * All three kinds of access, to a page whose entry is in the device (its first
 * 64 bytes) but not at the offset that the access has in its page.
 */
static void all_kinds(void)
{
	static const uint32_t insns[] = {LD, SD, JALR};
	static const uint64_t causes[] = {CAUSE_LOAD_ACCESS, CAUSE_STORE_ACCESS,
					  CAUSE_FETCH_ACCESS};

	__asm__ volatile("sfence.vma" ::: "memory");
	for (int i = 0; i < 3; i++) {
		uint64_t index = guest_random() & 7;
		uint64_t offset = 64 + (guest_random() & 0xf00);
		broken(insns[i],
		       REGION | index << 30 >> 9 | index << 12 | offset,
		       causes[i]);
	}
}

/* A fetch that fails has no instruction to go on behind: back to the caller. */
static void hook(struct trap_frame *frame)
{
	if (frame->sepc != csr_read(stval)) {
		guest_note_trap(frame);
		return;
	}
	guest_noted.count++;
	guest_noted.scause = csr_read(scause);
	guest_noted.stval = frame->sepc;
	frame->sepc = frame->gpr[1];
}

void guest_program(void)
{
	fdt_node node = fdt_compatible(&guest_fdt, FDT_ROOT, "hvlab,scratch");
	uint64_t device, size, nowhere;

	CHECK(fdt_reg(&guest_fdt, node, 0, &device, &size), "no scratch node");
	nowhere = 0x1000000000UL + (guest_random() & 0xfffffff000UL);
	guest_trap_hook = hook;
	root[RAM >> 30] = RAM >> 2 | PTE_V | PTE_RWX | PTE_A | PTE_D;
	csr_write(satp, ATP_MODE_SV39 << ATP_MODE_SHIFT | (uint64_t)root >> 12);

	root[REGION >> 30] = pointer(nowhere); /* the middle table is missing */
	all_kinds();
	root[REGION >> 30] = pointer(device); /* it is a device */
	all_kinds();
	root[REGION >> 30] = pointer((uint64_t)middle);
	for (int i = 0; i < 8; i++)
		middle[i] = pointer(i & 1 ? nowhere : device);
	all_kinds(); /* the same, one level further down */
	all_kinds();
	printf("%lu walks that cannot end\n", guest_noted.count);
	guest_tell(guest_noted.count);
}
