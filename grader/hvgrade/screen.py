"""The one screen of make watch: the tests of each task, and the first failure.

From the events of grade(). It fits into 80 by 24: what is too long is clipped,
and where to read and the log are never left out.
"""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console, ConsoleOptions, RenderResult
from rich.segment import Segment
from rich.text import Text

from .lab import GradedTest, Lab, Task
from .table import LABELS, STYLE
from .verdict import FAIL, INFRASTRUCTURE, PASS, UNWRITTEN, Verdict

_MARK = {PASS: "+", FAIL: "x", UNWRITTEN: "-", INFRASTRUCTURE: "?"}
_COLUMN = 15  # where the parts begin, behind their labels
_KEPT = {"read": 5, "log": 5}  # never clipped; further left: a path stays whole
_ROOM = 13  # lines that the tasks leave to the rest, however small the screen
_HINT = "Ctrl-C leaves, any other key runs it again"


def _wrapped(out: Console, text: Text, width: int) -> list[Text]:
    return list(text.wrap(out, width, overflow="fold"))


def _place(verdict: Verdict) -> str:
    return verdict.happened.partition(": ")[2]


class Screen:
    """What is known, and a renderable of it."""

    def __init__(self, out: Console, lab: Lab, names: Sequence[str], seed: int) -> None:
        self.out, self.lab, self.names = out, lab, names
        tasks = [
            (task, [name for name in names if lab.tests[name].task == task.id])
            for task in lab.tasks.values()
        ]
        self.tasks = [(task, names) for task, names in tasks if names]
        self.head = f"{lab.name}: {lab.title}"
        self.seed = f"seed {seed}"
        self.verdicts: dict[str, Verdict] = {}
        self.before: dict[str, Verdict] = {}  # of the last run that told something
        self.not_run: set[str] = set()
        self.running: list[str] = []
        self.state = "building"
        self.over = False
        self.saved = ""
        self.start = time.monotonic()

    # What happens.

    def started(self, saved: Sequence[Path]) -> None:
        """A run begins, because these files were saved."""
        if self.verdicts:
            self.before = {**self.before, **self.verdicts}
        self.verdicts, self.running, self.over = {}, [], False
        self.state, self.start = "building", time.monotonic()
        if saved:
            names = ", ".join(path.name for path in saved)
            self.saved = f"{names} saved at {time.strftime('%H:%M:%S')}"

    def take(self, event: dict[str, Any]) -> None:
        """An event of the grading."""
        kind = event["event"]
        if kind == "start":
            self.state = "running"
            self.running.append(event["name"])
        elif kind == "result":
            self._result(event["name"], Verdict(**event["verdict"]))
        elif kind == "record":
            self._record(event["record"])
        elif kind == "trouble":
            self._trouble(event["text"])
        elif kind == "over" and not self.over:
            self._trouble(f"the grading ended with status {event['status']}")

    def _result(self, name: str, verdict: Verdict) -> None:
        if name in self.running:
            self.running.remove(name)
        self.verdicts[name] = verdict

    def _record(self, record: Any) -> None:
        """At the end: also the tests for which no result came, and why."""
        (lab,) = record.labs
        for test in lab.tests:
            parts = {**test.detail, "status": test.status, "log": test.log}
            self._result(test.name, Verdict(**parts))
        self.not_run = {left.name for left in lab.not_run}
        self._end()

    def _trouble(self, text: str) -> None:
        verdict = Verdict(INFRASTRUCTURE, happened=text)
        self.verdicts = {name: self.verdicts.get(name, verdict) for name in self.names}
        self._end()

    def _end(self) -> None:
        self.over, self.running = True, []
        self.state = f"done in {time.monotonic() - self.start:.1f} s"
        self.before = {}

    def unhappy(self) -> list[str]:
        """The tests that did not pass when they last ran."""
        last = {**self.before, **self.verdicts}
        return [name for name, verdict in last.items() if verdict.status != PASS]

    # What it looks like.

    def __rich_console__(self, out: Console, options: ConsoleOptions) -> RenderResult:
        width, height = options.max_width, options.height or out.height
        lines = [self._title(width), self._progress(width)]
        lines += self._tasks(width)[: max(1, height - _ROOM)]
        lines.append(Text("-" * width, "dim"))
        lines += self._message(width, height - len(lines))
        lines = lines[:height] + [Text()] * (height - len(lines))
        for index, line in enumerate(lines):
            if index:
                yield Segment.line()
            line.no_wrap, line.overflow = True, "crop"
            line.truncate(width, overflow="ellipsis", pad=True)
            yield from line.render(out)

    def _title(self, width: int) -> Text:
        right = self.saved or self.seed
        left = self.head[: max(8, width - len(right) - 1)]
        text = Text(left.ljust(width - len(right)), "bold")
        return text.append(right, "not bold dim")

    def _progress(self, width: int) -> Text:
        done, total = len(self.verdicts), len(self.names) - len(self.not_run)
        passed = sum(v.status == PASS for v in self.verdicts.values())
        style = "green" if self.over and passed == total else ""
        text = Text(f"{passed} of {total} pass", style=f"bold {style}")
        if self.over:
            text.append(f"  {self.state}", "dim")
            hint = _HINT
        else:
            now = ", ".join(name.removeprefix("test_") for name in self.running)
            text.append(f"  {done} done, {self.state} {now}", "dim")
            hint = ""
        room = width - len(text.plain) - len(hint)
        return text.append(" " * room + hint, "dim") if room > 0 else text

    def _tasks(self, width: int) -> list[Text]:
        """The tasks, in as many columns as there are 38 characters for."""
        shown = [self._task(task, names) for task, names in self.tasks]
        columns = max(1, min(2, width // 38))
        rows = -(-len(shown) // columns)
        lines = []
        for row in range(rows):
            line = Text()
            for text in shown[row::rows]:
                text.truncate(width // columns - 1, overflow="ellipsis", pad=True)
                line.append(text).append(" ")
            lines.append(line)
        return lines

    def _task(self, task: Task, names: Sequence[str]) -> Text:
        """A task's name, a mark for each of its tests, and how many pass."""
        marks = Text()
        for name in names:
            verdict = self.verdicts.get(name)
            if name in self.not_run:
                marks.append(" ")
            elif verdict:
                marks.append(_MARK[verdict.status], STYLE[verdict.status])
            else:
                marks.append("o" if name in self.running else ".", "dim")
        passed = marks.plain.count(_MARK[PASS])
        most = max(len(names) for _, names in self.tasks)
        marks.truncate(most, pad=True)
        text = Text(f"{task.id} {task.title}")
        text.truncate(32 - most, overflow="ellipsis", pad=True)
        count = f"{passed}/{len(names)}".rjust(5)
        return text.append(" ").append(marks).append(count)

    def _message(self, width: int, height: int) -> list[Text]:
        """The first failure, clipped to what fits."""
        shown, old = self.verdicts, False
        bad = [n for n in self.names if n in shown and shown[n].status != PASS]
        if not bad and not self.over:  # of the last run, until this one has its own
            shown, old = self.before, True
            bad = [n for n in self.names if n in shown and shown[n].status != PASS]
            bad = [name for name in bad if name not in self.verdicts]
        if not bad:
            return self._all_well(width) if self.over else []
        name, verdict = bad[0], shown[bad[0]]
        same = [n for n in bad if shown[n].as_dict() == verdict.as_dict()]
        lines = self._headline(self.lab.tests[name], verdict, same, len(bad), old)
        parts = self._parts(verdict, width, height - len(lines))
        if old:
            for line in parts:
                line.stylize("dim")
        return lines + parts

    def _headline(
        self,
        test: GradedTest,
        verdict: Verdict,
        same: Sequence[str],
        count: int,
        old: bool,
    ) -> list[Text]:
        what = {
            FAIL: f"{test.name} fails",
            UNWRITTEN: f"{test.task} is not written yet",
            INFRASTRUCTURE: "the grader or the machine has failed",
        }[verdict.status]
        if len(same) > 1 and verdict.status == FAIL:
            what = f"nothing could be run: {len(same)} tests fail"
        style = f"bold {'dim ' if old else ''}{STYLE[verdict.status]}"
        text = Text(what, style)
        if old:
            text.append("  (before this save)", "not bold")
        elif count > len(same):
            text.append(f"  (the first of {count} that do not pass)", "not bold")
        return [text]

    def _parts(self, verdict: Verdict, width: int, height: int) -> list[Text]:
        """The parts of a message. The longest give way until they fit."""
        parts = verdict.as_dict() | {"read": verdict.read, "log": verdict.log}
        labels = dict(LABELS)
        if verdict.status == UNWRITTEN:  # "h1.2: FILE:LINE: what to write"
            parts |= {"expected": "", "log": "", "happened": _place(verdict)}
            labels["happened"] = "write"
        blocks = {
            key: _wrapped(self.out, Text(parts[key]), width - _KEPT.get(key, _COLUMN))
            for key in (*LABELS, *_KEPT)
            if parts.get(key)
        }
        free = height - sum(len(blocks[key]) for key in _KEPT if key in blocks)
        long = [blocks[key] for key in LABELS if key in blocks]
        while long and sum(map(len, long)) > max(free, len(long)):
            block = max(long, key=len)
            del block[-1]
            block[-1].rstrip()
            block[-1].truncate(width - _COLUMN - 6)
            if not block[-1].plain.endswith(" [...]"):
                block[-1].append(" [...]", "dim")
        lines = []
        for key, block in blocks.items():
            label = labels.get(key, key)
            for line in block:
                column = _KEPT.get(key, _COLUMN)
                lines.append(Text(label.ljust(column), "dim").append(line))
                label = ""
        return lines

    def _all_well(self, width: int) -> list[Text]:
        points = sum(self.lab.tests[name].points for name in self.verdicts)
        lines = [Text(f"all {len(self.verdicts)} tests pass: {points} points", "green")]
        whole = len(self.names) == len(self.lab.tests)
        more = f"make grade LAB={self.lab.name} grades it with other inputs, "
        more += f"make submit LAB={self.lab.name} packs it"
        return lines + [Text(line) for line in [more] * whole]
