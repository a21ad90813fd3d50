"""make mutants: which test notices which mistake.

Every mutant of a lab is graded whole, and the matrix shows what killed it. A
test that kills nothing alone may be one too many.
"""

import tempfile
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import as_completed
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import Progress
from rich.text import Text

from .grade import grade
from .lab import KIT, Lab, LabError
from .lanes import lanes
from .variants import Mutant, load_mutants, load_shared, own_tests, plant_mutant
from .verdict import INFRASTRUCTURE, PASS

_WIDTH = 30  # of a mutant's name
SIGNS = {"killed": "#", "survived": "·", "undecided": "?"}


@dataclass(frozen=True)
class Matrix:
    """By mutant and test: killed, survived, or undecided."""

    tests: Sequence[str]
    ends: Mapping[str, Mapping[str, str]]

    def kills(self, mutant: str) -> set[str]:
        return {test for test, end in self.ends[mutant].items() if end == "killed"}

    def survivors(self) -> list[str]:
        """The mutants that no test kills."""
        return [name for name in self.ends if not self.kills(name)]

    def alone(self, test: str) -> list[str]:
        """The mutants that this test kills, and no other."""
        return [name for name in self.ends if self.kills(name) == {test}]

    def killers(self, test: str) -> list[str]:
        return [name for name in self.ends if test in self.kills(name)]


def _ends(lab: Lab, mutant: Mutant, build: str, seed: int) -> dict[str, str]:
    with tempfile.TemporaryDirectory(prefix="hvlab-mutant-") as name:
        folder = Path(name)
        plant_mutant(lab, mutant, folder / "labs")
        record = grade(
            lab.name,
            build=build,
            submission=folder / "labs",
            out=folder / "out",
            seed=seed,
            jobs=1,
        )
    words = {PASS: "survived", INFRASTRUCTURE: "undecided"}
    return {
        test.name: words.get(test.status, "killed")
        for entry in record.labs
        for test in entry.tests
    }


def run(lab: Lab, out: Console, *, build: str, seed: int, jobs: int) -> Matrix:
    """Grades every mutant of a lab, jobs at a time."""
    mutants = load_mutants(lab, KIT)
    if not mutants:
        raise LabError(f"there are no mutants of lab {lab.name}")
    ends: dict[str, dict[str, str]] = {}
    with (
        lanes(jobs, threading.Event()) as pool,
        Progress(console=out, transient=True, disable=not out.is_terminal) as bar,
    ):
        task = bar.add_task(lab.name, total=len(mutants))
        futures = {
            pool.submit(_ends, lab, mutant, build, seed): mutant for mutant in mutants
        }
        for future in as_completed(futures):
            ends[futures[future].name] = future.result()
            bar.advance(task)
    names = {test for row in ends.values() for test in row}
    tests = [test for test in lab.tests if test in names]
    return Matrix(tests, {m.name: ends[m.name] for m in mutants})


def show(lab: Lab, matrix: Matrix, out: Console) -> None:
    """The matrix, its tests by number, and what is wrong with it."""
    out.print(Text(f"{lab.name}: mutant by test ({SIGNS['killed']}: killed)", "bold"))
    numbers = range(1, len(matrix.tests) + 1)
    for digits in (
        [str(n // 10 or " ") for n in numbers],
        [str(n % 10) for n in numbers],
    ):
        out.print(Text(f"{'':{_WIDTH}} {''.join(digits)}"), no_wrap=True)
    for name, row in matrix.ends.items():
        signs = "".join(SIGNS[row.get(test, "undecided")] for test in matrix.tests)
        short = name if len(name) <= _WIDTH else name[: _WIDTH - 1] + "…"
        out.print(Text(f"{short:{_WIDTH}} {signs}"), no_wrap=True, overflow="ignore")
    out.print()
    for number, test in zip(numbers, matrix.tests, strict=True):
        kills, alone = len(matrix.killers(test)), len(matrix.alone(test))
        line = f"{number:3} {test:50} kills {kills:3}, alone {alone:2}"
        out.print(
            Text(line, "" if alone else "yellow"), no_wrap=True, overflow="ignore"
        )
    for title, names in _findings(lab, matrix):
        out.print()
        out.print(Text(f"{title}: {len(names)}", "bold"))
        for name in names:
            out.print(Text(f"  {name}"))


def _findings(lab: Lab, matrix: Matrix) -> list[tuple[str, list[str]]]:
    mutants = {mutant.name: mutant for mutant in load_mutants(lab, KIT)}
    undecided = {
        f"{name}: {test}"
        for name, row in matrix.ends.items()
        for test, end in row.items()
        if end == "undecided"
    }
    other = []
    for name in matrix.ends:
        declared, ignore = set(mutants[name].kills), set(mutants[name].varies)
        declared &= set(matrix.tests)
        for test in sorted((declared ^ matrix.kills(name)) - ignore):
            what = "survives" if test in declared else "is killed by"
            other.append(f"{name} {what} {test}")
    return [
        ("mutants that no test kills", matrix.survivors()),
        ("other than the mutant's entry says", other),
        ("undecided, by trouble of the grader", sorted(undecided)),
        (
            "tests that kill no mutant alone",
            _shared(lab, matrix, own_tests(mutants.values())),
        ),
    ]


def _shared(lab: Lab, matrix: Matrix, own: set[str]) -> list[str]:
    """Each with the reason why it stays."""
    shared = load_shared(lab, KIT)
    return [
        f"{test}\n    {shared.get(test, 'no reason is given')}"
        for test in matrix.tests
        if not matrix.alone(test) and test not in own
    ]
