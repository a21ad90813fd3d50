/*
 * exits.c - who handles which exit, and which SBI extension: the tables. A
 * lab fills a row by defining the function that the row names; until then
 * later.c stands in, or the row is empty.
 */
#include "h1.h"
#include "later.h"
#include "riscv.h"
#include "sbi.h"
#include "vm.h"

const exit_handler exception_handlers[CAUSE_COUNT] = {
	[CAUSE_FETCH_ACCESS] = exit_reflect,
	[CAUSE_ILLEGAL_INSTRUCTION] = exit_illegal_instruction,
	[CAUSE_LOAD_ACCESS] = exit_load_access_fault,
	[CAUSE_STORE_ACCESS] = exit_reflect,
	[CAUSE_VS_ECALL] = sbi_call,
	[CAUSE_FETCH_GUEST_PAGE_FAULT] = exit_guest_page_fault,
	[CAUSE_LOAD_GUEST_PAGE_FAULT] = exit_guest_page_fault,
	[CAUSE_VIRTUAL_INSTRUCTION] = exit_virtual_instruction,
	[CAUSE_STORE_GUEST_PAGE_FAULT] = exit_guest_page_fault,
};

const exit_handler interrupt_handlers[EXIT_INTERRUPTS] = {
	[IRQ_STI] = exit_host_timer,
	[IRQ_SEI] = exit_host_external,
};

/* The rows that guests call most often come first. */
const struct sbi_extension sbi_extensions[SBI_EXTENSIONS] = {
	{SBI_EXT_TIME, sbi_time},
	{SBI_EXT_BASE, sbi_base},
	{SBI_EXT_DBCN, sbi_console},
	{SBI_EXT_SRST, sbi_srst},
	{SBI_EXT_LEGACY_SET_TIMER, sbi_legacy_set_timer},
	{SBI_EXT_LEGACY_CONSOLE_PUTCHAR, sbi_legacy_putchar},
	{SBI_EXT_LEGACY_SHUTDOWN, sbi_legacy_shutdown},
	{SBI_EXT_DOORBELL, sbi_doorbell},
	{SBI_EXT_IPI, sbi_ipi},
	{SBI_EXT_RFENCE, sbi_rfence},
	{SBI_EXT_HSM, sbi_hsm},
	{SBI_EXT_LEGACY_CONSOLE_GETCHAR, sbi_legacy_getchar},
	{SBI_EXT_LEGACY_CLEAR_IPI, sbi_legacy_ipi},
	{SBI_EXT_LEGACY_SEND_IPI, sbi_legacy_ipi},
	{SBI_EXT_LEGACY_REMOTE_FENCE_I, sbi_legacy_fence},
	{SBI_EXT_LEGACY_REMOTE_SFENCE_VMA, sbi_legacy_fence},
	{SBI_EXT_LEGACY_REMOTE_SFENCE_VMA_ASID, sbi_legacy_fence},
};
