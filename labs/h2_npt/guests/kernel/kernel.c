/*
 * kernel.c - a small monolithic kernel with one process.
 *
 * It turns on its own paging (Sv39), starts the process in VU-mode, serves its
 * system calls and gives it pages for its stack as it touches them. All of that
 * happens inside of the VM. The hypervisor only sees that memory is touched:
 * each page of the stack lies in another 2 MiB of the guest's RAM. With fresh=1 so
 * does the page table of the stack: the first to touch it is the hart's walk.
 */
#include "addr.h"
#include "guest.h"

#define SYS_ADD 1
#define SYS_EXIT 93

#define RAM 0x80000000UL
#define USER_CODE 0x210000UL
#define USER_STACK 0x200000UL /* it grows down from here */
#define BLOCK (2 * MiB)
#define FRESH (RAM + 7 * BLOCK) /* all zeroes, so no entry is valid */

typedef uint64_t table[512] __attribute__((aligned(4096)));
static table root, middle, code, stack;
static uint64_t *stack_leaves;
static uint64_t sum, stack_pages;

static uint64_t pte(const void *or_ram, uint64_t bits)
{
	return (uint64_t)or_ram >> 12 << PTE_PPN_SHIFT | bits | PTE_V;
}

/*
 * The process, on a page of its own. a0 times it writes to a new page of its
 * stack and calls SYS_ADD(a1); then SYS_EXIT(0).
 */
extern const char process[];
__asm__("	.balign	4096\n"
	"	.globl	process\n"
	"process:\n"
	"	mv	s0, a0\n"
	"	mv	s1, a1\n"
	"1:	sd	s0, -8(sp)\n"
	"	addi	sp, sp, -2048\n"
	"	addi	sp, sp, -2048\n"
	"	mv	a0, s1\n"
	"	li	a7, 1\n"
	"	ecall\n"
	"	addi	s0, s0, -1\n"
	"	bnez	s0, 1b\n"
	"	li	a0, 0\n"
	"	li	a7, 93\n"
	"	ecall\n"
	"	.balign	4096\n");

/* Map the page of the user's stack around va to RAM that nobody touched yet. */
static void grow_stack(uint64_t va)
{
	uint64_t gpa = RAM + BLOCK * ++stack_pages;

	CHECK(va < USER_STACK && va >= USER_STACK - 64 * PAGE_SIZE,
	      "page fault of the process at 0x%lx", va);
	stack_leaves[va / PAGE_SIZE] =
		pte((const void *)gpa, PTE_R | PTE_W | PTE_U | PTE_A | PTE_D);
	__asm__ volatile("sfence.vma" ::: "memory");
}

static void handle_syscall(struct trap_frame *frame)
{
	printf("handle_syscall ...\n");
	frame->sepc += 4;
	if (frame->gpr[17] == SYS_ADD) {
		sum += frame->gpr[10];
	} else if (frame->gpr[17] == SYS_EXIT) {
		printf("[SYS_EXIT]: process is exiting ..\n");
		printf("monolithic kernel exit [Some(%lu)] normally!\n",
		       frame->gpr[10]);
		guest_tell(sum);
		guest_pass();
	}
}

static void hook(struct trap_frame *frame)
{
	uint64_t scause = csr_read(scause), stval = csr_read(stval);

	CHECK(!(csr_read(sstatus) & SSTATUS_SPP),
	      "the kernel itself trapped: scause 0x%lx, stval 0x%lx, sepc "
	      "0x%lx",
	      scause, stval, frame->sepc);
	if (scause == CAUSE_STORE_PAGE_FAULT)
		grow_stack(stval);
	else if (scause == CAUSE_U_ECALL)
		handle_syscall(frame);
	else
		guest_failed("trap of the process: scause 0x%lx, stval 0x%lx",
			     scause, stval);
}

void guest_program(void)
{
	root[0] = pte(middle, 0);
	stack_leaves = arg_u64("fresh", 0) ? (uint64_t *)FRESH : stack;
	middle[0] = pte(stack_leaves, 0);
	middle[USER_CODE / BLOCK] = pte(code, 0);
	code[USER_CODE % BLOCK / PAGE_SIZE] =
		pte(process, PTE_R | PTE_X | PTE_U | PTE_A);
	root[RAM >> 30] = pte((const void *)RAM, PTE_RWX | PTE_A | PTE_D);
	csr_write(satp, ATP_MODE_SV39 << ATP_MODE_SHIFT | (uint64_t)root >> 12);
	__asm__ volatile("sfence.vma" ::: "memory");

	guest_trap_hook = hook;
	csr_clear(sstatus, SSTATUS_SPP);
	csr_write(sepc, USER_CODE);
	__asm__ volatile("mv	a0, %0\n"
			 "mv	a1, %1\n"
			 "mv	sp, %2\n"
			 "sret"
			 :
			 : "r"(arg_u64("n", 3)), "r"(arg_u64("add", 1)),
			   "r"(USER_STACK)
			 : "a0", "a1");
}
