/*
 * host.c - the loop around a lab's commands, and what the kernel offers to
 * pure files, as far as the build host needs it.
 */
#include "host.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernel.h"

#define STATUS_MISUSE 2 /* unit.py and the driver do not agree */

static char *rest;   /* of the command's line */
static FILE *answer; /* to the grader */

/* ---- what kernel.h promises ---- */

noreturn void panic(const char *fmt, ...)
{
	va_list args;

	fputs("hv: PANIC: ", stderr);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputs("\n", stderr);
	_exit(EXIT_CODE_PANIC);
}

noreturn void todo(const char *task, const char *hint, const char *file,
		   int line)
{
	const char *slash = strrchr(file, '/');

	fprintf(stderr, "hv: TODO %s: %s:%d: %s\n", task,
		slash ? slash + 1 : file, line, hint);
	_exit(EXIT_CODE_TODO);
}

/* ---- commands ---- */

static noreturn void misuse(const char *what)
{
	fprintf(stderr, "driver: %s\n", what);
	_exit(STATUS_MISUSE);
}

bool host_more_args(void)
{
	return *rest != '\0';
}

uint64_t host_arg(void)
{
	char *end;
	uint64_t value = strtoull(rest, &end, 16);

	if (end == rest)
		misuse("an argument is missing");
	rest = *end == ' ' ? end + 1 : end;
	return value;
}

void host_answer(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vfprintf(answer, fmt, args);
	va_end(args);
}

static void run(const char *name)
{
	for (int i = 0; host_commands[i]; i++) {
		const struct host_command *c = host_commands[i];
		while (c->name && strcmp(c->name, name) != 0)
			c++;
		if (c->name) {
			c->run();
			return;
		}
	}
	misuse("there is no such command");
}

/*
 * A line is: key, command, arguments; the answer begins with the same key. The
 * code under test is not given the key, so what it prints is no answer; and its
 * stdout is stderr.
 */
int main(void)
{
	char *line = NULL;
	size_t size = 0;

	int fd = dup(STDOUT_FILENO);
	answer = fd < 0 ? NULL : fdopen(fd, "w");
	if (!answer || dup2(STDERR_FILENO, STDOUT_FILENO) < 0)
		misuse("no stdout");
	setvbuf(stdout, NULL, _IOLBF, 0);
	while (getline(&line, &size, stdin) > 0) {
		line[strcspn(line, "\n")] = '\0';
		rest = line;
		char *key = strsep(&rest, " ");
		char *name = rest ? strsep(&rest, " ") : NULL;
		if (!name)
			misuse("half a command");
		if (!rest)
			rest = line + strlen(line);
		fprintf(answer, "%s", key);
		run(name);
		fputc('\n', answer);
		fflush(answer);
	}
	free(line);
	return 0;
}
