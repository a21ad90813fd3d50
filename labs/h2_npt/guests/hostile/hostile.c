/*
 * hostile.c - reads, writes and jumps wherever nothing was given to it (h2.8):
 * first where the machine has its devices and the hypervisor its memory, then
 * n= times at random, all over the 41 bits of guest-physical addresses and
 * beyond. Each must come back as an access fault; nobody else may notice.
 */
#include "guest.h"

#define LD 0x0005b503U	 /* ld a0, 0(a1) */
#define SD 0x00a5b023U	 /* sd a0, 0(a1) */
#define JALR 0x000580e7U /* jalr ra, 0(a1) */
#define FINISHER_PASS 0x5555UL

static const uint32_t insns[3] = {LD, SD, JALR};
static const uint64_t causes[3] = {CAUSE_LOAD_ACCESS, CAUSE_STORE_ACCESS,
				   CAUSE_FETCH_ACCESS};
static const char *const words[3] = {"read", "write", "jump"};

/* The devices of QEMU virt, and what else is special about an address. */
static const uint64_t places[] = {
	0x0,
	0x1000,
	0x100000,
	0x2004000,
	0x200bff8,
	0xc000000,
	0xc200004,
	0x10000000,
	0x10001000,
	0x20000000,
	0x22000000,
	0x30000000,
	0x7ffffff8,
	0x81000000,
	0x88000000,
	0xbffffff8,
	1UL << 38,
	1UL << 40,
	(1UL << 41) - 8,
	1UL << 41,
	(1UL << 41) + 0x80000000,
	1UL << 55,
	1UL << 63,
	~7UL,
};

static uint64_t ram, ram_size;

static void attack(uint64_t address, unsigned kind)
{
	uint64_t in[32] = {[10] = FINISHER_PASS, [11] = address}, out[32];
	uint64_t before = guest_noted.count;

	if (address - ram < ram_size)
		return;
	probe(insns[kind], in, out);
	CHECK(guest_noted.count == before + 1, "%s at 0x%lx went through",
	      words[kind], address);
	CHECK(guest_noted.scause == causes[kind],
	      "%s at 0x%lx: scause %lu instead of %lu", words[kind], address,
	      guest_noted.scause, causes[kind]);
	CHECK(guest_noted.stval == address, "%s at 0x%lx: stval 0x%lx",
	      words[kind], address, guest_noted.stval);
	CHECK(out[10] == in[10], "%s at 0x%lx: a0 became 0x%lx", words[kind],
	      address, out[10]);
}

void guest_program(void)
{
	fdt_node memory = fdt_device_type(&guest_fdt, FDT_ROOT, "memory");

	CHECK(fdt_reg(&guest_fdt, memory, 0, &ram, &ram_size), "no memory");
	guest_trap_hook = guest_note_trap;
	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++)
		for (unsigned kind = 0; kind < 3; kind++)
			attack(places[i], kind);
	for (uint64_t i = 0, n = arg_u64("n", 500); i < n; i++) {
		uint64_t bits = guest_random(), shift = guest_random() % 61;
		attack(bits >> shift & ~7UL, (unsigned)(guest_random() % 3));
	}
	printf("%lu attacks, all in vain\n", guest_noted.count);
	guest_tell(guest_noted.count);
}
