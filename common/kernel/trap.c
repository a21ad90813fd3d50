/*
 * trap.c - the host's own traps: nearly always the end, told in words.
 */
#include "trap.h"

#include <stdio.h>

#include "elf.h"
#include "kernel.h"
#include "riscv.h"

static const char *const exception_names[CAUSE_COUNT] = {
	[CAUSE_FETCH_MISALIGNED] = "instruction address misaligned",
	[CAUSE_FETCH_ACCESS] = "instruction access fault",
	[CAUSE_ILLEGAL_INSTRUCTION] = "illegal instruction",
	[CAUSE_BREAKPOINT] = "breakpoint",
	[CAUSE_LOAD_MISALIGNED] = "load address misaligned",
	[CAUSE_LOAD_ACCESS] = "load access fault",
	[CAUSE_STORE_MISALIGNED] = "store/AMO address misaligned",
	[CAUSE_STORE_ACCESS] = "store/AMO access fault",
	[CAUSE_U_ECALL] = "environment call from U-mode or VU-mode",
	[CAUSE_HS_ECALL] = "environment call from HS-mode",
	[CAUSE_VS_ECALL] = "environment call from VS-mode",
	[CAUSE_FETCH_PAGE_FAULT] = "instruction page fault",
	[CAUSE_LOAD_PAGE_FAULT] = "load page fault",
	[CAUSE_STORE_PAGE_FAULT] = "store/AMO page fault",
	[CAUSE_FETCH_GUEST_PAGE_FAULT] = "instruction guest-page fault",
	[CAUSE_LOAD_GUEST_PAGE_FAULT] = "load guest-page fault",
	[CAUSE_VIRTUAL_INSTRUCTION] = "virtual instruction",
	[CAUSE_STORE_GUEST_PAGE_FAULT] = "store/AMO guest-page fault",
};

static const char *const interrupt_names[16] = {
	[IRQ_SSI] = "supervisor software interrupt",
	[IRQ_VSSI] = "virtual supervisor software interrupt",
	[IRQ_STI] = "supervisor timer interrupt",
	[IRQ_VSTI] = "virtual supervisor timer interrupt",
	[IRQ_SEI] = "supervisor external interrupt",
	[IRQ_VSEI] = "virtual supervisor external interrupt",
	[IRQ_SGEI] = "supervisor guest external interrupt",
};

const char *cause_name(uint64_t scause)
{
	uint64_t number = scause & ~CAUSE_INTERRUPT;
	const char *name = NULL;

	if (scause & CAUSE_INTERRUPT)
		name = number < 16 ? interrupt_names[number] : NULL;
	else if (number < CAUSE_COUNT)
		name = exception_names[number];
	return name ? name : "reserved cause";
}

/* The landing for a faulting instruction that expected it, or 0. */
static uint64_t extable_find(uint64_t insn)
{
	extern const struct extable_row _extable[], _eextable[];

	for (const struct extable_row *row = _extable; row < _eextable; row++)
		if (row->insn == insn)
			return row->landing;
	return 0;
}

extern char boot_stack[];

/* What it was, if that can be told, and where to read about it. */
static void print_advice(const struct trap_frame *frame)
{
	uint64_t stack = (uint64_t)boot_stack;

	if (csr_read(hstatus) & HSTATUS_SPV)
		printf("hv:   likely: h1.3: this was a trap of the guest, but "
		       "sscratch was 0\n"
		       "hv:   read: docs/debugging.md#a-trap-of-the-guest\n");
	else if (frame->gpr[2] < stack ||
		 frame->gpr[2] > stack + HART_STACK_SIZE)
		printf("hv:   likely: h1.3: the switch has lost sp\n"
		       "hv:   read: docs/debugging.md#the-stack-is-gone\n");
	else
		printf("hv:   read: docs/debugging.md#the-panic\n");
}

/* Return only if the faulting instruction was allowed to fault. */
void trap_host(struct trap_frame *frame)
{
	static bool dying;
	uint64_t landing = extable_find(frame->sepc);
	uint64_t scause = csr_read(scause);

	if (landing) {
		frame->sepc = landing;
		return;
	}
	if (dying) /* The report itself trapped: nothing more can be said. */
		poweroff(EXIT_CODE_PANIC);
	dying = true;
	printf("\nhv: PANIC: the hypervisor itself trapped: %s\n",
	       cause_name(scause));
	printf("hv:   scause 0x%lx stval 0x%lx\n", scause, csr_read(stval));
	printf("hv:   sepc 0x%lx %s\n", frame->sepc,
	       symbol_of_host(frame->sepc));
	printf("hv:   sstatus 0x%lx hstatus 0x%lx hgatp 0x%lx\n",
	       csr_read(sstatus), csr_read(hstatus), csr_read(hgatp));
	for (int i = 1; i < 32; i++)
		printf("%sx%-2d %016lx%s", i % 4 == 1 ? "hv:   " : " ", i,
		       frame->gpr[i], i % 4 == 0 || i == 31 ? "\n" : "");
	printf("hv:   called from 0x%lx %s\n", frame->gpr[1],
	       symbol_of_host(frame->gpr[1]));
	backtrace(frame->gpr[2]);
	print_advice(frame);
	poweroff(EXIT_CODE_PANIC);
}
