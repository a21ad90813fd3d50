"""A finished run of the machine, and what a test may expect of it.

A run is seen on two legs: the console, and QEMU's own trap log. A test must
look at both before it can pass; every expectation notes which leg it looked
at. Each takes `likely`, the likely cause in terms of the task. Where to read is
the section of the task that it begins with, else of the test's own, or `read`.
"""

import difflib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import NoReturn

from .traps import Trap, TrapLog, cause_words
from .verdict import Failure, Infrastructure, Unwritten, clean

# QEMU's exit status (common/include/exitcode.h).
SHUTDOWN, STOPPED, BAD_CONFIG, PANIC, TODO, BUDGET = 0, 3, 4, 5, 6, 7
STATUS_WORDS = {
    SHUTDOWN: "every VM shut itself down",
    STOPPED: "the hypervisor stopped a VM",
    BAD_CONFIG: "the hypervisor refused the configuration",
    PANIC: "the hypervisor panicked",
    TODO: "a task that is not written yet was reached",
    BUDGET: "the instruction budget was spent",
}
_TELLING = {  # the console line that says more about a status
    STOPPED: r"hv: vm .*: stopped: (?!shutdown$).*",
    BAD_CONFIG: r"hv: .*",
    PANIC: r"hv: PANIC: .*",
    BUDGET: r"m-mode: budget spent: .*",
}
_DETAIL = re.compile(r"hv:  |m-mode: ")  # of a post-mortem, a panic, a spent budget
_ADVICE = re.compile(r"(?:hv|m-mode):   (likely|read): (.*)")
_ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-_])")
TODO_LINE = re.compile(r"hv: TODO ([\w.]+): ([^:\s]+:\d+): (.*)")

Pattern = str | re.Pattern[str]


def normalise(raw: bytes) -> str:
    """Console bytes as text to match: no colour codes, lines ended by one \\n."""
    text = _ANSI.sub("", raw.decode("utf-8", "backslashreplace"))
    return re.sub(r"\r*\n\r*", "\n", text).replace("\r", "\n")


def _matches(pattern: Pattern, line: str) -> re.Match[str] | None:
    """A string is the whole line, exactly; a compiled pattern matches all of it."""
    if isinstance(pattern, str):
        pattern = re.compile(re.escape(pattern))
    return pattern.fullmatch(line)


def unwritten(
    todo: re.Match[str], reads: Mapping[str, str], read: str, log: str
) -> Unwritten:
    """The verdict on a run that ended with this TODO_LINE."""
    task, place, what = todo.groups()
    read = reads.get(task, read)
    happened = f"{task}: {Path(read).parent / place}: {clean(what)}"
    return Unwritten(f"task {task} is written", happened, "", read, log)


def _show(pattern: Pattern) -> str:
    return repr(pattern) if isinstance(pattern, str) else f"/{pattern.pattern}/"


@dataclass
class Run:
    dir: Path  # the run's folder: console.log, traps.log, command.txt, vms.cpio
    status: int  # QEMU's exit status
    console_raw: bytes
    trap_log: TrapLog
    budget: int  # instructions
    read: str = ""  # where the test's task is explained
    reads: Mapping[str, str] = field(default_factory=dict)  # the same, for every task
    flooded: bool = False  # the console was cut off, and the run ended
    looked: set[str] = field(default_factory=set)

    # What the run left. Reading one of these counts as looking at that leg.

    @property
    def lines(self) -> list[str]:
        """Every line of the console."""
        self.looked.add("console")
        return self._lines

    @property
    def guest_lines(self) -> list[str]:
        """The console without the lines of the hypervisor and of M-mode."""
        own = ("hv: ", "m-mode: ")
        return [line for line in self.lines if not line.startswith(own)]

    @property
    def traps(self) -> list[Trap]:
        """Every trap that QEMU recorded, in order."""
        self.looked.add("traps")
        return self.trap_log.traps

    @cached_property
    def _lines(self) -> list[str]:
        lines = normalise(self.console_raw).split("\n")
        return lines if lines[-1] else lines[:-1]

    # How it ended, in words.

    def ending(self) -> str:
        """One or more lines: how the run ended."""
        if self.flooded:
            size = f"{len(self.console_raw) >> 20} MiB"
            return f"the console was flooded with more than {size}: the run was ended"
        if self.trap_log.flooded:
            return f"traps without end: the run was ended. {self._last_trap()}"
        words = STATUS_WORDS.get(
            self.status, "the power was cut with a code of its own"
        )
        if self.status == BUDGET:
            words = f"the budget of {self.budget:,} instructions was spent"
        text = f"{words} (status {self.status})"
        telling = _TELLING.get(self.status)
        found = [line for line in self._lines if telling and re.match(telling, line)]
        if found:
            text += f": {found[-1]}"
            text += self._advice(found[-1])
        if self.status == BUDGET:
            text += f"\n{self._last_trap()}"
        return text

    def _advice(self, telling: str) -> str:
        """What the given code says after this line. A task is the symptom's to name."""
        after = self._lines[self._lines.index(telling) :]
        told = {m[1]: m[2] for line in after if (m := _ADVICE.match(line))}
        if "read" not in told:
            return ""
        likely = told.get("likely", "")
        if re.match(r"h\d\.\d: ", likely):
            likely = ""
        return f"\n{likely} (more: {told['read']})".replace("\n (", "\n(")

    def _last_trap(self) -> str:
        if not self.trap_log.traps:
            return "No trap was taken at all."
        last, before = self.trap_log.traps[-1], self.trap_log.traps[-2:-1]
        if not (last.is_async and last.cause == 7 and before):
            return f"The last trap: {last.words} at {self.trap_log.where(last)}."
        # The machine timer is the budget itself.
        text = f"The last trap: {before[0].words} at {self.trap_log.where(before[0])}."
        return f"It was at {self.trap_log.where(last)}. {text}"

    def last_lines(self, count: int = 4) -> str:
        if not self._lines:
            return "The console is empty."
        telling = [line for line in self._lines if not _DETAIL.match(line)]
        tail = [f"  {line[:100]}" for line in telling[-count:]]
        return "The console's last lines:\n" + "\n".join(tail)

    # Expectations. Each raises Failure with the five parts.

    def fail(
        self,
        expected: str,
        happened: str = "",
        *,
        likely: str,
        read: str | None = None,
        log: str = "console.log",
    ) -> NoReturn:
        """The test failed; how the run ended is added to what happened."""
        happened = "\n".join(filter(None, (happened, self.ending(), self.last_lines())))
        named = re.match(r"(?:or )?(h\d\.\d)\b", likely)
        where = self.reads.get(named[1] if named else "", self.read)
        where = where if read is None else read
        raise Failure(expected, happened, likely, where, str(self.dir / log))

    def check(
        self,
        fact: bool,
        expected: str,
        happened: str = "",
        *,
        likely: str,
        read: str | None = None,
        log: str = "console.log",
    ) -> None:
        """Any fact that the other expectations do not cover."""
        if not fact:
            self.fail(expected, happened, likely=likely, read=read, log=log)

    def expect_status(
        self, status: int, *, likely: str, read: str | None = None
    ) -> None:
        """QEMU ended with this status, by itself."""
        ended = not self.flooded and not self.trap_log.flooded
        expected = f"{STATUS_WORDS[status]} (status {status})"
        fact = ended and self.status == status
        self.check(fact, expected, likely=likely, read=read)

    def expect_line(
        self,
        pattern: Pattern,
        *,
        likely: str,
        read: str | None = None,
        times: int | None = 1,
    ) -> re.Match[str]:
        """The line is on the console, exactly once (times=None: at least once)."""
        found = [m for line in self.lines if (m := _matches(pattern, line))]
        if found and times in (None, len(found)):
            return found[0]
        expected = f"the line {_show(pattern)}"
        if times not in (None, 1):
            expected += f", {times} times"
        happened = f"it was printed {len(found)} times."
        if not found:
            happened = "it was not printed."
            close = difflib.get_close_matches(str(pattern), self._lines[-500:], 1, 0.7)
            if close and isinstance(pattern, str):
                happened += f" The nearest line: {close[0]!r}"
        self.fail(expected, happened, likely=likely, read=read)

    def expect_no_line(
        self, pattern: Pattern, *, likely: str, read: str | None = None
    ) -> None:
        """No such line is on the console."""
        found = [line for line in self.lines if _matches(pattern, line)]
        if found:
            expected = f"no line {_show(pattern)}"
            happened = f"it was printed: {found[0]!r}"
            self.fail(expected, happened, likely=likely, read=read)

    def expect_guest_output(
        self, lines: Sequence[str], *, likely: str, read: str | None = None
    ) -> None:
        """The guests printed these lines and nothing else."""
        got, want = self.guest_lines, list(lines)
        if got == want:
            return
        index = next(
            (i for i, (a, b) in enumerate(zip(got, want, strict=False)) if a != b),
            min(len(got), len(want)),
        )
        say = [repr(x[index]) if index < len(x) else "nothing" for x in (want, got)]
        where = f"as line {index + 1} of {len(want)} of the guest's output"
        happened = f"the guest's line {index + 1} is {say[1]}."
        self.fail(f"{say[0]} {where}", happened, likely=likely, read=read)

    def expect_traps(
        self,
        cause: int,
        count: int | None = None,
        *,
        likely: str,
        read: str | None = None,
        at_least: int | None = None,
        inside: str | None = None,
        vm: str | None = None,
        is_async: bool = False,
        where: Callable[[Trap], bool] = lambda trap: True,
    ) -> list[Trap]:
        """QEMU recorded exactly count (or at_least) traps of that cause.

        inside names a function of the guest, vm the guest where a run has
        several; where picks among the traps (by tval, by hart, ...).
        """
        self.looked.add("traps")
        if (count is None) == (at_least is None):
            raise Infrastructure("expect_traps: give either count or at_least")
        self.trap_log.inside(vm, inside)  # a wrong name is our fault, at once
        found = self.trap_log.select(cause, vm=vm, inside=inside, is_async=is_async)
        found = [trap for trap in found if where(trap)]
        right = len(found) == count if at_least is None else len(found) >= at_least
        if right and not self.trap_log.flooded:
            return found
        amount = f"exactly {count}" if at_least is None else f"at least {at_least}"
        place = f" in {inside or vm}" if inside or vm else ""
        words = f"{cause_words(cause, is_async)} (cause {cause})"
        expected = f"{amount} x {words}{place}, as QEMU itself recorded it"
        everywhere = len(self.trap_log.select(cause, is_async=is_async))
        happened = f"QEMU recorded {len(found)}{place}, {everywhere} in all."
        self.fail(expected, happened, likely=likely, read=read, log="traps.log")

    # Raised by the machine before a test sees the run.

    def raise_if_unwritten(self) -> None:
        """Status 6 is a stub that was reached. The console names the task."""
        if self.status != TODO or self.flooded or self.trap_log.flooded:
            return
        found = [m for line in self._lines if (m := TODO_LINE.fullmatch(line))]
        log = str(self.dir / "console.log")
        if not found:
            expected = "the machine ends by itself"
            happened = "it ended as an unwritten task does, but names none (status 6)"
            likely = "something other than TODO() powers off with code 6"
            raise Failure(expected, happened, likely, self.read, log)
        raise unwritten(found[-1], self.reads, self.read, log)
