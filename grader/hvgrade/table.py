"""What a person sees: progress, the table, and why each test failed.

80 columns, also without a terminal. Everything from outside goes through
rich's Text, so that no console output is ever taken for markup.
"""

import shlex
import sys
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from rich import box
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

from .record import LabRecord, Record, TestRecord
from .verdict import FAIL, INFRASTRUCTURE, PASS, UNWRITTEN

if TYPE_CHECKING:
    from .classroom import Entry
    from .report import Class

WIDTH = 80
STYLE = {PASS: "green", FAIL: "red", UNWRITTEN: "yellow", INFRASTRUCTURE: "magenta"}
_WORDS = {UNWRITTEN: "not written", INFRASTRUCTURE: "grader error"}
LABELS = {"expected": "expected", "happened": "happened", "cause": "likely cause"}


def console(file: IO[str] | None = None) -> Console:
    found = Console(file=file or sys.stdout, highlight=False)
    found.width = min(WIDTH, found.width)
    return found


class Watcher:
    """Shows the progress of a grading, from the events of grade()."""

    def __init__(self, out: Console) -> None:
        self.out = out
        self.running: dict[str, list[str]] = {}  # by lab: several may run at once
        self.progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(20),
            MofNCompleteColumn(),
            TextColumn("{task.fields[now]}", style="dim", markup=False),
            console=out,
            transient=True,
            disable=not out.is_terminal,
        )
        self.bars: dict[str, TaskID] = {}

    def __enter__(self) -> "Watcher":
        self.progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.progress.stop()

    def __call__(self, event: dict[str, Any]) -> None:
        kind = event["event"]
        if kind == "grading":
            record: Record = event["record"]
            line = f"seed {record.seed}"
            line += "" if record.unit else f", QEMU {record.qemu}"
            line += f", sandbox: {record.sandbox}"
            self.out.print(Text(line, style="dim"))
        elif kind == "lab":
            name, total = event["lab"], len(event["tests"])
            self.running[name] = []
            self.bars[name] = self.progress.add_task(name, total=total, now="building")
        elif kind in ("start", "result"):
            self._test(event["lab"], event["name"], kind == "start")
        elif kind == "graded":
            self.progress.update(self.bars[event["lab"]], visible=False)

    def _test(self, lab: str, name: str, starts: bool) -> None:
        running = self.running[lab]
        if starts:
            running.append(name)
        elif name in running:
            running.remove(name)
        now = ", ".join(one.removeprefix("test_") for one in running)
        self.progress.update(self.bars[lab], advance=not starts, now=now[:36])


def _points(test: TestRecord) -> str:
    return f"{'-' if test.score is None else test.score}/{test.max_score}"


def lab_table(lab: LabRecord) -> Table:
    table = Table(box=box.SIMPLE_HEAD, width=WIDTH - 1, title_justify="left")
    table.title = Text(f"{lab.lab}: {lab.title}", style="bold")
    table.add_column("test", ratio=1, no_wrap=True, overflow="ellipsis")
    table.add_column("task", no_wrap=True)
    table.add_column("verdict", no_wrap=True, min_width=12)
    for name in ("points", "time"):
        table.add_column(name, justify="right", no_wrap=True)
    for test in lab.tests:
        table.add_row(
            Text(test.title),
            test.task,
            Text(_WORDS.get(test.status, test.status), style=STYLE[test.status]),
            _points(test),
            f"{test.seconds:.1f} s",
        )
    for left in lab.not_run:
        table.add_row(Text(left.title), left.task, "not run", "-", "-", style="dim")
    return table


def _field(out: Console, label: str, text: str, style: str = "") -> None:
    """A label and its text, indented; a single line is never broken."""
    grid = Table.grid(padding=(0, 1, 0, 0))
    grid.add_column(width=15)
    grid.add_column(overflow="fold")
    if label in ("read", "log", "again"):  # to be copied, so never broken
        out.print(Text(f"  {label:<13} {text}", style), soft_wrap=True)
        return
    grid.add_row(Text(f"  {label}"), Text(text, style=style))
    out.print(grid)


def _same(tests: Iterable[TestRecord]) -> list[list[TestRecord]]:
    """The tests that are not passed, in order, grouped where one text says all."""
    groups: dict[object, list[TestRecord]] = {}
    for test in tests:
        happened = test.detail.get("happened", "")
        key: object = (test.status, happened)
        if test.status == FAIL and test.seconds:
            key = test.name  # it was run: its own message
        if test.status != PASS:
            groups.setdefault(key, []).append(test)
    return list(groups.values())


def _again(record: Record, lab: str, tests: Sequence[str]) -> str:
    """The command that repeats tests (none: all) of one lab or (with "") of all."""
    words = (
        [f"make {'unit' if record.unit else 'grade'}"]
        + [f"LAB={lab}"] * bool(lab)
        + [f"SEED={record.seed}"]
    )
    words += [f"BASE={record.base}"] * (record.base != "reference")
    words += [f"IMPL={record.impl}"] * (record.impl != "mine")
    if tests:  # a shell must not take the brackets of a parameter for a pattern
        words.append(f"TEST={shlex.quote(' '.join(tests))}")
    return " ".join(words)


def _explain(out: Console, group: list[TestRecord], record: Record, lab: str) -> None:
    first = group[0]
    points = sum(test.max_score for test in group)
    style = f"bold {STYLE[first.status]}"
    what = f"{first.name}: " if len(group) == 1 else f"{len(group)} tests: "
    out.print()
    if first.status == UNWRITTEN:
        task, _, place = first.detail["happened"].partition(": ")
        tests = "1 test stops" if len(group) == 1 else f"{len(group)} tests stop"
        out.print(Text(f"{task} is not written yet: {tests} there", style=style))
        _field(out, "write", place)
        _field(out, "read", first.detail["read"])
        return
    word = _WORDS.get(first.status, first.status)
    out.print(Text(f"{what}{word} ({points} points)", style=style))
    for key, label in LABELS.items():
        if first.detail.get(key):
            _field(out, label, first.detail[key])
    for label, text in (("read", first.detail.get("read", "")), ("log", first.log)):
        if text:
            _field(out, label, text)
    if len(group) == 1:
        _field(out, "again", _again(record, lab, [first.name]), "dim")


def show(record: Record, out: Console) -> None:
    """The final report."""
    for lab in record.labs:
        out.print(lab_table(lab))
    for lab in record.labs:
        for left in lab.not_run:
            _field(out, "not run", f"{left.title}: {left.reason.splitlines()[-1]}")
            _field(out, "", f"Its {left.points} points do not count here.")
        if lab.ignored:
            line = f"not listed in lab.toml, so ignored: {', '.join(lab.ignored)}"
            out.print(Text(line, style="dim"))
        for line in lab.warnings:
            out.print(Text(line, style="yellow"))
        for group in _same(lab.tests):
            _explain(out, group, record, lab.lab)
    undecided = sum(lab.undecided for lab in record.labs)
    out.print()
    out.print(Text(f"{record.score} of {record.max_score} points", style="bold"))
    if undecided:
        line = (
            f"{undecided} points are undecided: the fault of the grader or the machine"
        )
        out.print(Text(line, style=STYLE[INFRASTRUCTURE]))
    only = record.labs[0].lab if len(record.labs) == 1 else ""
    again = _again(record, only, record.selected)
    out.print(Text(f"the same again: {again}", style="dim"), soft_wrap=True)


class ClassWatcher:
    """The progress of a class, and what came of it."""

    def __init__(self, out: Console, total: int) -> None:
        self.out, self.start = out, time.monotonic()
        self.ends: Counter[str] = Counter()
        self.progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(30),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=out,
            transient=True,
            disable=not out.is_terminal,
        )
        self.task = self.progress.add_task("preparing", total=total)

    def __enter__(self) -> "ClassWatcher":
        self.progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.progress.stop()

    def __call__(self, entry: "Entry", end: str) -> None:
        self.ends[end] += 1
        self.progress.update(self.task, advance=1, description=entry.name[:24])
        if end == "infrastructure":
            end = "no score, see its record"
        if end not in ("graded", "already graded"):
            self.out.print(Text(f"{entry.name}: {end}", "magenta"))

    def summary(self, whole: "Class", out: Path) -> None:
        seconds = time.monotonic() - self.start
        new = self.ends["graded"] + self.ends["infrastructure"]
        # Not here, if Slurm's nodes did it.
        line = f"{new} graded in {seconds:.0f} s" if self.ends else f"{seconds:.0f} s"
        line += f" ({60 * new / seconds:.0f} per minute)" if new else ""
        line += f"; in all {len(whole.decided)} have a score"
        self.out.print(Text(line, style="bold"))
        for what, count in (
            ("without a score, by trouble of the grader", len(whole.undecided)),
            ("not graded yet", len(whole.missing)),
        ):
            if count:
                self.out.print(Text(f"{count} {what}", "magenta"))
        self.out.print(Text(f"{out}/index.html, {out}/gradebook.csv"), soft_wrap=True)
