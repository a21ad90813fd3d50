/*
 * runtime.c - the C side of a guest program's start, its console, arguments
 * and traps.
 */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "addr.h"
#include "guest.h"
#include "kernel.h"

char guest_stack[HART_STACK_SIZE] __attribute__((aligned(16)));
char guest_trap_stack[HART_STACK_SIZE] __attribute__((aligned(16)));
uint64_t guest_tls[2];

uint64_t guest_entry[32];
uint64_t guest_hartid;
struct fdt guest_fdt;
void (*guest_trap_hook)(struct trap_frame *frame);
struct guest_trap guest_noted;

void guest_main(uint64_t hartid, const void *dtb);
void guest_trap(struct trap_frame *frame);

/* Collect a line, then write it with one call. */
static int console_putc(char c, FILE *file)
{
	static char line[128];
	static size_t length;

	(void)file;
	line[length++] = c;
	if (c == '\n' || length == sizeof(line)) {
		sbi_ecall(length, (uint64_t)line, 0, 0, 0, 0,
			  SBI_DBCN_CONSOLE_WRITE, SBI_EXT_DBCN);
		length = 0;
	}
	return (unsigned char)c;
}

static FILE console =
	FDEV_SETUP_STREAM(console_putc, NULL, NULL, _FDEV_SETUP_WRITE);
FILE *const stdout = &console;

/* The text behind "name=" in the boot arguments, or NULL. */
static const char *argument(const char *name)
{
	fdt_node chosen = fdt_path(&guest_fdt, "/chosen");
	const char *args = NULL;
	size_t len = strlen(name);

	if (chosen != FDT_NONE)
		args = fdt_string(&guest_fdt, chosen, "bootargs");
	while (args && *args) {
		if (strncmp(args, name, len) == 0 && args[len] == '=')
			return args + len + 1;
		args = strchr(args, ' ');
		if (args)
			args++;
	}
	return NULL;
}

uint64_t arg_u64(const char *name, uint64_t fallback)
{
	const char *value = argument(name);

	return value ? strtoul(value, NULL, 0) : fallback;
}

const char *arg_word(const char *name)
{
	static char word[64];
	const char *value = argument(name);
	size_t len = value ? strcspn(value, " ") : 0;

	len = len < sizeof(word) ? len : sizeof(word) - 1;
	if (len)
		memcpy(word, value, len);
	word[len] = 0;
	return word;
}

uint64_t guest_random(void)
{
	static uint64_t state;

	if (state == 0)
		state = arg_u64("seed", 1) * 0x9e3779b97f4a7c15UL + 1;
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return state * 0x2545f4914f6cdd1dUL;
}

noreturn void guest_failed(const char *fmt, ...)
{
	va_list args;

	printf("FAILED: ");
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	printf("\n");
	guest_fail();
}

/* Where a fetch failed there is nothing to step over: return to the caller. */
void guest_note_trap(struct trap_frame *frame)
{
	uint64_t scause = csr_read(scause);

	guest_noted = (struct guest_trap){
		.count = guest_noted.count + 1,
		.scause = scause,
		.stval = csr_read(stval),
		.sepc = frame->sepc,
		.sstatus = csr_read(sstatus),
	};
	if (scause == CAUSE_FETCH_ACCESS || scause == CAUSE_FETCH_PAGE_FAULT)
		frame->sepc = frame->gpr[1];
	else if ((*(const uint16_t *)frame->sepc & 3) == 3)
		frame->sepc += 4;
	else
		frame->sepc += 2;
}

void guest_trap(struct trap_frame *frame)
{
	if (guest_trap_hook) {
		guest_trap_hook(frame);
		return;
	}
	guest_failed("unexpected trap: scause 0x%lx, stval 0x%lx, sepc 0x%lx",
		     csr_read(scause), csr_read(stval), frame->sepc);
}

void guest_main(uint64_t hartid, const void *dtb)
{
	guest_hartid = hartid;
	if (!fdt_open(&guest_fdt, dtb, MiB))
		guest_failed("a1 = %p is not a device tree", dtb);
	guest_program();
	guest_pass();
}
