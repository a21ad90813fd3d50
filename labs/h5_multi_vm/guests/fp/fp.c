/*
 * fp.c - a guest that keeps numbers in all floating-point registers while
 * others have the hart (h5.2). change=1: new ones in every round; otherwise it
 * writes them once, and then only looks.
 */
#include "../lanes.h"

struct fp_registers {
	uint64_t f[32];
	uint64_t fcsr;
};

void fp_write(const struct fp_registers *from);
void fp_read(struct fp_registers *to);

#define ALL \
	"0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, " \
	"19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31\n"
__asm__(".option push\n"
	".option arch, +d\n"
	"fp_write:\n"
	".irp n, " ALL "fld f\\n, (8 * \\n)(a0)\n"
	".endr\n"
	"ld t0, (8 * 32)(a0)\n"
	"fscsr t0\n"
	"ret\n"
	"fp_read:\n"
	".irp n, " ALL "fsd f\\n, (8 * \\n)(a0)\n"
	".endr\n"
	"frcsr t0\n"
	"sd t0, (8 * 32)(a0)\n"
	"ret\n"
	".option pop");

static void choose(struct fp_registers *fp)
{
	for (int i = 0; i < 32; i++)
		fp->f[i] = guest_random();
	fp->fcsr = (guest_random() >> 32) % 5 << 5 | (guest_random() >> 59);
	fp_write(fp);
	/* In its own sstatus, as after saving them: that is not yours. */
	csr_clear(sstatus, SSTATUS_FS_DIRTY ^ SSTATUS_FS_CLEAN);
}

void guest_program(void)
{
	uint64_t rounds = arg_u64("rounds", 10), sum = 0;
	struct fp_registers mine, now;

	csr_set(sstatus, SSTATUS_FS);
	choose(&mine);
	for (uint64_t i = 0; i < rounds; i++) {
		burn_beside(arg_u64("work", 1500000));
		fp_read(&now);
		for (int f = 0; f < 32; f++)
			CHECK(now.f[f] == mine.f[f],
			      "round %lu: f%d is 0x%lx, not 0x%lx", i, f,
			      now.f[f], mine.f[f]);
		CHECK(now.fcsr == mine.fcsr,
		      "round %lu: fcsr is 0x%lx, not 0x%lx", i, now.fcsr,
		      mine.fcsr);
		sum = sum * 31 + now.f[i % 32];
		if (arg_u64("change", 0))
			choose(&mine);
	}
	check_beside(rounds / 4);
	printf("%lu rounds, every register is mine\n", rounds);
	lane_tell(sum);
}
