/*
 * access.c - every load and store that an emulated device can see (h2.6).
 *
 * The device hvlab,scratch is memory behind the MMIO bus, model[] is what has
 * to be in it. Each of the forms is tried with every register that it can name,
 * at a random place of the device. Afterwards no register may have changed but
 * rd, and no byte of the device that the form does not reach; and the next
 * instruction must have run, once.
 */
#include <string.h>

#include "../insn.h"
#include "guest.h"

#define SIZE 64UL

static uint64_t base;
static uint8_t model[SIZE];

static const char *const names[2][8] = {
	{"lb", "lh", "lw", "ld", "lbu", "lhu", "lwu", NULL},
	{"sb", "sh", "sw", "sd"},
};

/* One access. `counter` is a register that the next instruction increments. */
struct access {
	uint32_t insn;
	bool store;
	uint32_t funct3; /* of the full form that does the same */
	uint32_t reg, rs1, counter;
	int32_t offset; /* in the instruction */
};

static uint32_t random_below(uint32_t limit)
{
	return (uint32_t)(guest_random() >> 32) % limit;
}

/* What the load yields, out of the model. */
static uint64_t loaded(const struct access *a, uint64_t at)
{
	unsigned unused = 64 - (8U << (a->funct3 & 3));
	uint64_t value = 0;

	memcpy(&value, &model[at], 1U << (a->funct3 & 3));
	if (a->funct3 & 4)
		return value;
	return (uint64_t)((int64_t)(value << unused) >> unused);
}

static void check_device(const char *name)
{
	for (uint64_t i = 0; i < SIZE; i += 8) {
		uint64_t value = *(volatile uint64_t *)(base + i), want;
		memcpy(&want, &model[i], 8);
		CHECK(value == want,
		      "after %s the device holds 0x%lx at 0x%lx instead of "
		      "0x%lx",
		      name, value, i, want);
	}
}

static void check_registers(const struct access *a, const char *name,
			    const uint64_t in[32], const uint64_t out[32])
{
	for (uint32_t n = 1; n < 32; n++) {
		CHECK(out[n] == in[n] || n != a->counter,
		      "what follows %s 0x%x ran %ld times", name, a->insn,
		      (long)(out[n] - in[n] + 1));
		CHECK(out[n] == in[n] || n != a->reg || a->store,
		      "%s 0x%x into x%u yields 0x%lx instead of 0x%lx", name,
		      a->insn, n, out[n], in[n]);
		CHECK(out[n] == in[n], "%s 0x%x: x%u was 0x%lx, is 0x%lx", name,
		      a->insn, n, in[n], out[n]);
	}
}

static void try(const struct access *a)
{
	uint64_t in[32], out[32];
	uint32_t width = 1U << (a->funct3 & 3);
	uint64_t at = random_below(SIZE / width) * width;
	bool short_form = (a->insn & 3) != 3;
	char name[8] = "c.";

	strcpy(name + (short_form ? 2 : 0), names[a->store][a->funct3]);
	for (int n = 1; n < 32; n++)
		in[n] = guest_random();
	in[0] = 0;
	in[a->rs1] = base + at - (uint64_t)(int64_t)a->offset;
	probe(a->insn | (short_form ? c_addi_1(a->counter) << 16 : 0), in, out);

	if (a->store)
		memcpy(&model[at], &in[a->reg], width);
	else if (a->reg != 0)
		in[a->reg] = loaded(a, at);
	in[a->counter] += a->counter != 0;
	check_registers(a, name, in, out);
	if (a->store)
		check_device(name);
}

static void try_full(bool is_store, uint32_t funct3, uint32_t reg)
{
	uint32_t rs1 = 1 + random_below(31);
	int32_t offset = (int32_t)random_below(4096) - 2048;
	uint32_t insn = is_store ? store(funct3, reg, rs1, offset)
				 : load(funct3, reg, rs1, offset);

	try(&(struct access){insn, is_store, funct3, reg, rs1, 0, offset});
}

/* A register for the next instruction that this one does not use. */
static uint32_t other_than(uint32_t reg)
{
	return 16 + (reg + 1 + random_below(15)) % 16;
}

static void try_short(uint32_t funct3, uint32_t reg)
{
	uint32_t rs1 = 8 + random_below(8), width = 4U << (funct3 & 1);
	uint32_t offset = random_below(32) * width;

	try(&(struct access){c_short(funct3, reg, rs1, offset), funct3 & 4,
			     funct3 & 3, reg, rs1, other_than(reg),
			     (int32_t)offset});
}

static void try_sp(uint32_t funct3, uint32_t reg)
{
	uint32_t offset = random_below(64) * (4U << (funct3 & 1));
	uint32_t insn = funct3 & 4 ? c_store_sp(funct3, reg, offset)
				   : c_load_sp(funct3, reg, offset);

	try(&(struct access){insn, funct3 & 4, funct3 & 3, reg, SP,
			     other_than(reg), (int32_t)offset});
}

void guest_program(void)
{
	fdt_node node = fdt_compatible(&guest_fdt, FDT_ROOT, "hvlab,scratch");
	uint64_t size;

	CHECK(fdt_reg(&guest_fdt, node, 0, &base, &size) && size == SIZE,
	      "no scratch node of 64 bytes");
	check_device("the start");
	for (uint32_t i = 1; i <= 32; i++) {
		uint32_t reg =
			i % 32; /* x0 comes last, when there is content */
		for (uint32_t funct3 = 0; funct3 < 4; funct3++)
			try_full(true, funct3, reg);
		for (uint32_t funct3 = 0; funct3 < 7; funct3++)
			try_full(false, funct3, reg);
		for (uint32_t funct3 = 2; funct3 < 8; funct3++) {
			if (!(funct3 & 2))
				continue;
			try_short(funct3, 8 + reg % 8);
			if (reg != 0 || funct3 & 4)
				try_sp(funct3, reg);
		}
	}
	printf("every load and store did what it says\n");
	guest_tell(guest_random());
}
