"""Runs a driver: a program with a student's files in it, on this machine.

Unlike everything inside QEMU, this is a process of the host. What it may do is
decided in one place, confined(). Besides, it gets no more time and memory than
its work needs, whatever the load of the machine: it is CPU time that counts,
so a hang is told from a slow machine.

An answer begins with a key that came with its command and that the code under
test is not given, so printing to the right descriptor is no answer. Code in the
same process could still find the key and the driver's own variables. That gains
nothing: no answer says that a test is passed. Each tells what the code did, and
what is right is known only to the test, in this process.
"""

import os
import re
import secrets
import select
import signal
import subprocess
import time
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from . import sandbox
from .usage import usage
from .verdict import Infrastructure

CPU_LIMIT = 1.0  # seconds for one command: a thousand times what one needs
MEMORY_LIMIT = 512 << 20  # bytes
OUTPUT_LIMIT = 16 << 20  # bytes for all answers to one ask(), or all that it prints
PATIENCE = 3.0  # seconds asleep, for one ask(): a submission may have 20 tests of it
WALL_LIMIT = 120.0  # seconds: only a machine at a standstill needs them
_LOOK = 0.05  # seconds between two looks at what it uses
_TAIL = 64 << 10  # bytes of stderr that are kept
_SANITIZED = 99  # exit status after the report of a sanitizer
_TODO, _PANIC, _MISUSE = 6, 5, 2  # the driver's own: exitcode.h, host.c


def confined(program: Path) -> list[str]:
    """The command that runs a student's code natively. There is no other.

    In the sandbox it sees the system's libraries and the folder of its build.
    No core file, no file that is written, no further process, the same addresses
    every time (where the system allows that), and it ends with us.
    """
    limits = {"fsize": 0, "nproc": 0, "nofile": 16, "cpu": 600, "stack": 8 << 20}
    command = [*_same_addresses(), str(program)]
    return sandbox.confine(command, read=[program.parent], limits=limits, computes=True)


@cache
def _same_addresses() -> tuple[str, ...]:
    """Not every container lets its programs ask for that."""
    argv = ("setarch", "-R")
    try:
        done = subprocess.run([*argv, "true"], capture_output=True)
        return argv if done.returncode == 0 else ()
    except OSError:
        return ()


class Ended(Exception):
    """The driver ended, or was ended, before it had answered every command."""

    def __init__(self, answered: int, kind: str, text: str) -> None:
        super().__init__(f"{kind}: {text}")
        self.answered, self.kind, self.text = answered, kind, text


class Driver:
    """A driver that is started when it is asked, and again after a crash."""

    def __init__(self, program: Path) -> None:
        self.program = program
        self.cpu_limit = CPU_LIMIT
        self.effort = 0  # questions, each about 1 ms of CPU; 10 for a start
        self.explain = True  # names and lines in a sanitizer's report: slower
        self.printed = ""  # the end of what it last wrote to stderr and stdout
        self._process: subprocess.Popen[bytes] | None = None

    def _start(self) -> subprocess.Popen[bytes]:
        options = f"exitcode={_SANITIZED}:color=never:symbolize={int(self.explain)}"
        try:
            process = subprocess.Popen(
                confined(self.program),
                cwd="/",
                env={
                    "ASAN_OPTIONS": f"{options}:detect_leaks=0"
                    ":detect_stack_use_after_return=1",
                    "UBSAN_OPTIONS": f"{options}:print_stacktrace=1",
                    "PATH": os.environ.get("PATH", os.defpath),
                },
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
        except OSError as error:
            raise Infrastructure(f"the driver could not be started: {error}") from error
        for pipe in (process.stdin, process.stdout, process.stderr):
            if pipe:
                os.set_blocking(pipe.fileno(), False)
        return process

    def close(self) -> None:
        """Ends it. The next ask() starts it anew."""
        process, self._process = self._process, None
        if process is None:
            return
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        process.wait()
        for pipe in (process.stdin, process.stdout, process.stderr):
            if pipe:
                pipe.close()

    def ask(self, commands: Sequence[str]) -> list[list[str]]:
        """The answers to the commands, each in words. Ended, if there are fewer."""
        self.effort += 1
        if self._process is None:
            self._process = self._start()
            self.effort += 10
        keys = [secrets.token_hex(8) for _ in commands]
        lines = [f"{key} {text}\n" for key, text in zip(keys, commands, strict=True)]
        exchange = _Exchange(self._process, "".join(lines), len(commands), self)
        try:
            exchange.run()
        except BaseException:
            self.close()
            raise
        finally:
            self.printed = exchange.errors.decode("utf-8", "backslashreplace")
        answers: list[list[str]] = []
        for key, line in zip(keys, exchange.lines(), strict=False):
            first, *words = line.split(" ")
            if first != key:
                self.close()
                text = f"something else was written there: {line[:200]!r}"
                raise Ended(len(answers), "forged", text)
            answers.append(words)
        if len(answers) < len(commands):
            self._raise_ended(len(answers))
        return answers

    def _not_started(self, status: int) -> bool:
        tools = ("bwrap: ", "setpriv: ", "prlimit: ", "setarch: ", "lockdown: ")
        return status in (126, 127) or self.printed.startswith(tools)

    def _raise_ended(self, answered: int) -> None:
        process = self._process
        assert process is not None
        try:
            status = process.wait(WALL_LIMIT)
        except subprocess.TimeoutExpired:
            status = 0  # it closed its stdout, and goes on
        self.close()
        misused = status == _MISUSE and "driver: " in self.printed
        if misused or answered == 0 and self._not_started(status):
            raise Infrastructure(f"the driver failed: {self.printed[-500:].strip()}")
        if status > 128:  # as the sandbox tells of a signal
            status = 128 - status
        kind = {_TODO: "todo", _PANIC: "panic", _SANITIZED: "crash"}.get(status, "end")
        text = f"the process ended with status {status}"
        if status < 0:
            text = f"the process was ended by {signal.Signals(-status).name}"
        raise Ended(answered, kind, text)


class _Exchange:
    """One ask(): writes, reads, and watches, all without waiting for one of them."""

    def __init__(
        self, process: subprocess.Popen[bytes], text: str, count: int, driver: Driver
    ) -> None:
        self.process, self.count = process, count
        self.pending = text.encode()
        self.output, self.answered = bytearray(), 0  # complete lines in it
        self.errors, self.printed = b"", 0
        self.cpu_limit = driver.cpu_limit
        self.deadline = time.monotonic() + WALL_LIMIT
        self.looked = time.monotonic()  # when its CPU time was last looked at
        self.since: tuple[int, float] | None = None  # that time, and answers until then
        self.slept = 0.0  # seconds, though it had been told everything

    def lines(self) -> list[str]:
        return self.output.decode("ascii", "backslashreplace").split("\n")[:-1]

    def run(self) -> None:
        process = self.process
        assert process.stdin and process.stdout and process.stderr
        out, err = process.stdout.fileno(), process.stderr.fileno()
        open_ = [out, err]
        while self.answered < self.count and out in open_:
            write = [process.stdin.fileno()] if self.pending else []
            ready, writable, _ = select.select(open_, write, [], _LOOK)
            if writable:
                self._write(process.stdin.fileno())
            for fd in ready:
                if not self._read(fd, fd == out):
                    open_.remove(fd)
            if time.monotonic() - self.looked > _LOOK:
                self._look()
        while err in open_ and out not in open_:  # it has ended: all that it said
            if not self._read(err, False):
                open_.remove(err)
            elif not select.select([err], [], [], 1)[0]:
                break

    def _write(self, fd: int) -> None:
        try:
            self.pending = self.pending[os.write(fd, self.pending[: 1 << 16]) :]
        except BrokenPipeError:
            self.pending = b""

    def _read(self, fd: int, is_answer: bool) -> bool:
        """Reads what is there; False at the end of the file."""
        try:
            data = os.read(fd, 1 << 18)
        except BlockingIOError:
            return True
        if is_answer:
            self.output += data
            self.answered += data.count(b"\n")
        else:
            self.errors = (self.errors + data)[-_TAIL:]
            self.printed += len(data)
        if max(self.printed, len(self.output)) > OUTPUT_LIMIT:
            text = f"it printed more than {OUTPUT_LIMIT >> 20} MiB"
            raise Ended(self.answered, "flood", text)
        return bool(data)

    def _look(self) -> None:
        """Ended, if one command has used too much."""
        now = usage(self.process.pid)
        since, self.looked = self.looked, time.monotonic()
        if now.asleep and not self.pending:
            self.slept += min(self.looked - since, 2 * _LOOK)
        if self.since is None or self.since[0] < self.answered:
            self.since = self.answered, now.seconds
        if now.size > MEMORY_LIMIT:
            text = f"it used more than {MEMORY_LIMIT >> 20} MiB of memory"
            raise Ended(self.answered, "memory", text)
        if self.slept > PATIENCE:
            raise Ended(self.answered, "hang", "it waits for something, for ever")
        if now.seconds - self.since[1] > self.cpu_limit:
            text = f"no end after {self.cpu_limit:g} s of CPU time: an endless loop?"
            raise Ended(self.answered, "hang", text)
        if self.looked > self.deadline:
            raise Infrastructure(f"the driver did not answer within {WALL_LIMIT:g} s")


def report_lines(text: str, limit: int = 4) -> list[str]:
    """The telling lines of a sanitizer's report: what, and where in the files."""
    text = re.sub(r"\S*/(h\d_\w+/\w+\.[ch]\b)", r"labs/\1", text)
    what = re.search(r"ERROR: (AddressSanitizer: .*)|(\S+: runtime error: .*)", text)
    if not what:
        return [line for line in text.splitlines() if line.strip()][-limit:]
    frames = re.findall(r"#\d+ 0x\w+ in (\w+) (labs/\S+:\d+)", text[what.start() :])
    first = re.sub(r" on (unknown )?address 0x\w+.*", "", what[1] or what[2])
    access = re.search(r"^(READ|WRITE) of size \d+", text, re.M)
    if access and what[1]:
        first += f": {access[0]}"
    where = [f"  in {name}, {place}" for name, place in dict.fromkeys(frames)]
    return [first, *where][:limit]
