/*
 * host.h - what the unit tests' drivers share.
 *
 * A driver is a small program on the build host around a lab's pure files. It
 * reads one command per line on stdin and answers each with one line on what
 * was stdout; hvgrade/unit.py writes the commands and knows what is right. A
 * lab brings nothing but its table of commands.
 *
 * What is named host_ is for drivers only: the build refuses a student's file
 * that uses it.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

/* A command: its name, and the function that takes its arguments. */
struct host_command {
	const char *name;
	void (*run)(void);
};

/* The lab's tables of commands, NULL at the end; each ends with an empty row. */
extern const struct host_command *const host_commands[];

/* The next argument of the command. None left is the grader's fault. */
uint64_t host_arg(void);
bool host_more_args(void);

/* Add to the answer. */
void host_answer(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* ---- pages: common/kernel/page.c on an arena ---- */

#define HOST_PAGES 256UL

/* All pages are free again, and none is held back. */
void host_pages_reset(void);

/* Hold pages back, or give them back, until just `count` are free. */
void host_pages_leave(uint64_t count);

/* How many pages are in use, without those held back. */
uint64_t host_pages_used(void);

/* Was this handed out by page_alloc, and not freed since? */
bool host_page_owned(const void *page);

/* A driver that wants to know what is given to page_free sets this. */
extern void (*host_page_freed)(const void *page);
