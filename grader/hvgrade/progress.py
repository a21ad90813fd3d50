"""make progress: what the last gradings said of each lab, and what comes next.

Each grading of the files in labs/ leaves the result of every test that it ran
in build/progress.json, with the time and a digest of the lab's files: so what
is shown can say whether it is still about the files as they are.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from .lab import KIT, GradedTest, Lab, find_labs
from .record import LabRecord, write_atomically
from .verdict import PASS

SCHEMA = "hvlab/progress/v1"
NOT_RUN = "not run"  # on this machine; its points do not count here


@dataclass(frozen=True)
class Kept:
    """The last result of a test."""

    status: str
    graded: str  # ISO 8601
    digest: str  # of the lab's files, as they were graded


Progress = dict[str, dict[str, Kept]]  # by lab, by test


def digest(lab: Lab, folder: Path) -> str:
    """Of the files of a lab as they are; they need not be there."""
    whole = hashlib.sha256()
    for name in lab.files:
        path = folder / lab.dir.name / name
        content = path.read_bytes() if path.is_file() else b""
        whole.update(f"{name} {len(content)}\n".encode() + content)
    return whole.hexdigest()


def load(path: Path) -> Progress:
    """What is there. A file that is broken or of another version is nothing."""
    try:
        data = json.loads(path.read_text())
        if data["schema"] != SCHEMA:
            return {}
        return {
            lab: {name: Kept(**kept) for name, kept in tests.items()}
            for lab, tests in data["labs"].items()
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def keep(
    path: Path, labs: Iterable[LabRecord], started: str, digests: dict[str, str]
) -> None:
    """Adds what a grading has decided; what it left open stays as it was."""
    progress = load(path)
    for lab in labs:
        tests = progress.setdefault(lab.lab, {})
        for test in lab.tests:
            if test.score is not None:
                tests[test.name] = Kept(test.status, started, digests[lab.lab])
        for left in lab.not_run:
            tests[left.name] = Kept(NOT_RUN, started, digests[lab.lab])
    data: dict[str, Any] = {"schema": SCHEMA, "labs": {}}
    for name, tests in progress.items():
        data["labs"][name] = {test: asdict(kept) for test, kept in tests.items()}
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, json.dumps(data, indent=1) + "\n")


# ---- showing it ----------------------------------------------------------------


def _points(tests: Iterable[GradedTest], kept: dict[str, Kept]) -> tuple[int, int]:
    """What these tests have brought, of how many points that count here."""
    score = full = 0
    for test in tests:
        status = kept[test.name].status if test.name in kept else ""
        if status != NOT_RUN:
            full += test.points
            score += test.points if status == PASS else 0
    return score, full


def _ago(when: str, now: datetime) -> str:
    seconds = max(0, (now - datetime.fromisoformat(when)).total_seconds())
    for unit, size in (("day", 86400), ("hour", 3600), ("minute", 60)):
        count = int(seconds // size)
        if count:
            return f"{count} {unit}{'s' * (count > 1)} ago"
    return "just now"


def _of_task(lab: Lab, task: str) -> list[GradedTest]:
    return [test for test in lab.tests.values() if test.task == task]


def _row(what: str, score: int, full: int, rest: str = "") -> str:
    return f"{what:<46.46} {score:>4}/{full:<4} {rest}".rstrip()


def _lab(lab: Lab, kept: dict[str, Kept], folder: Path, now: datetime) -> list[str]:
    kept = {name: found for name, found in kept.items() if name in lab.tests}
    title = f"{lab.name}  {lab.title}"
    if not kept:
        return [f"{title:<46.46}    not graded yet"]
    oldest = min(found.graded for found in kept.values())
    lines = [_row(title, *_points(lab.tests.values(), kept), _ago(oldest, now))]
    for task in lab.tasks.values():
        tests = _of_task(lab, task.id)
        score, full = _points(tests, kept)
        notes = []
        if any(test.name not in kept for test in tests):
            notes.append("not all graded")
        if any(kept[t.name].status == NOT_RUN for t in tests if t.name in kept):
            notes.append("not all can run")
        lines.append(_row(f"  {task.id}  {task.title}", score, full, ", ".join(notes)))
    current = digest(lab, folder)
    if any(found.digest != current for found in kept.values()):
        lines.append(
            f"  Your files of {lab.name} have changed since: make grade LAB={lab.name}"
        )
    return lines


def _next(labs: Iterable[Lab], progress: Progress) -> list[str]:
    """The first task that is not full yet, where to write and where to read."""
    for lab in labs:
        kept = progress.get(lab.name, {})
        for task in lab.tasks.values():
            score, full = _points(_of_task(lab, task.id), kept)
            if score < full:
                return [
                    f"next: {task.id}  {task.title} ({score} of {full} points)",
                    f"  write  labs/{lab.dir.name}/{task.file}",
                    f"  read   {lab.read_of(task.id)}",
                    f"  then   make grade LAB={lab.name}",
                ]
    return ["Every lab has full marks. Each handout has challenges at its end."]


def lines(kit: Path = KIT, build: str = "build") -> list[str]:
    labs, now = find_labs(kit), datetime.now(timezone.utc)
    progress = load(kit / build / "progress.json")
    if not any(progress.values()):
        return [
            "Nothing is graded yet. When you have written something, type",
            "  make grade LAB=h1",
        ]
    found = []
    for lab in labs.values():
        found += _lab(lab, progress.get(lab.name, {}), kit / "labs", now)
    return [*found, "", *_next(labs.values(), progress)]
