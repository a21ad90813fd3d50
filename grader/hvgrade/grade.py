"""Grades: builds, runs pytest in a process of its own, and keeps the record.

The tests run in another process on purpose. Whatever happens there, a test
for which no result arrived is an infrastructure error.
"""

import fcntl
import os
import secrets
import shutil
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from . import progress, sandbox
from .build import (
    Tree,
    build,
    build_linux,
    make_given,
    compiler_warnings,
)
from .formats import write_all
from .lab import KIT, GradedTest, Lab, find_labs
from .lanes import lanes
from .qemu import QEMU, qemu_version
from .record import LabRecord, NotRun, Record, TestRecord
from .scratch import collect
from .session import Session
from .testrun import Results, Watch, run_tests
from .verdict import INFRASTRUCTURE, Failure, Infrastructure, Verdict


@dataclass(frozen=True)
class Prepared:
    """What prepare() found: why there is no Linux VM, or ""."""

    linux: str


def prepare(lab: Lab, kit: Path, build: str, base: str, work: Path) -> Prepared:
    """Makes what is the kit's own in a grading of this lab, once for many."""
    tree = Tree(kit, build, work)
    units = any(test.unit for test in lab.tests.values())
    make_given(lab, tree, base, "hv", *["unit-driver"] * units)
    return Prepared(build_linux(lab, tree) if lab.linux else "")


class Interrupted(KeyboardInterrupt):
    """Ctrl-C. The record says what was found until then."""

    def __init__(self, record: Record) -> None:
        super().__init__()
        self.record = record


def _relative(verdict: Verdict, kit: Path) -> Verdict:
    prefix = f"{kit}/"
    parts = {k: v.replace(prefix, "") for k, v in verdict.as_dict().items()}
    return Verdict(**parts)


@contextmanager
def _alone(out: Path) -> Iterator[None]:
    """Only one grading at a time writes into a folder."""
    out.mkdir(parents=True, exist_ok=True)
    with (out / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise Infrastructure(f"another grading is writing to {out}") from None
        yield


@dataclass(frozen=True)
class Grading:
    """One call of grade(): what its labs have in common."""

    record: Record
    kit: Path
    build: str
    out: Path
    submission: Path
    qemu: str
    jobs: int
    watch: Watch
    prepared: Prepared | None = None
    traced: bool = False

    def lab(self, lab: Lab, earlier: Sequence[Lab]) -> None:
        """Grades one lab and adds it to the record, whatever happens."""
        chosen = self.record.selected
        tests = _eligible(lab, self.record.unit)
        tests = [test for test in tests if not chosen or test.name in chosen]
        entry = LabRecord(lab.name, lab.title)
        self.record.labs.append(entry)
        results: Results = {}
        missing = Verdict(INFRASTRUCTURE, happened="interrupted")
        try:
            session = self._build(lab, earlier, tests, entry)
            tests = [test for test in tests if test.name in session.tests]
            jobs = max(1, min(self.jobs, len(tests)))
            errors = run_tests(session, lab, jobs, self.watch, results)
            what = errors or "lab.toml lists the test, but there is no such test"
            missing = Verdict(INFRASTRUCTURE, happened=what)
        except Failure as failure:
            missing = failure.verdict
        except (Infrastructure, OSError) as error:
            missing = Verdict(INFRASTRUCTURE, happened=str(error))
        finally:
            strangers = results.keys() - lab.tests.keys()
            tests += [GradedTest(name, "", 0, name) for name in sorted(strangers)]
            for test in tests:
                verdict, seconds = results.get(test.name, (missing, 0.0))
                verdict = _relative(verdict, self.kit)
                entry.tests.append(TestRecord.of(test, verdict, seconds))
        self.watch({"event": "graded", "lab": lab.name})

    def _build(
        self,
        lab: Lab,
        earlier: Sequence[Lab],
        tests: Sequence[GradedTest],
        entry: LabRecord,
    ) -> Session:
        record, names = self.record, [test.name for test in tests]
        self.watch({"event": "lab", "lab": lab.name, "tests": names})
        tree = Tree(self.kit, self.build, self.out / lab.name)
        shutil.rmtree(self.out / "logs" / lab.name, ignore_errors=True)
        base, impl = record.base, record.impl
        ignored = collect(lab, earlier, self.submission, tree, base, impl)
        hv = driver = linux = ""
        machine = "hv-trace" if self.traced else "hv"
        targets = [machine] if not all(test.unit for test in tests) else []
        targets += ["unit-driver"] if any(test.unit for test in tests) else []
        ready = self.prepared
        build(lab, tree, base, impl, *targets, given=ready is None)
        if machine in targets:
            hv = str(tree.out / f"{machine}.elf")
            if any(test.linux for test in tests):
                linux = ready.linux if ready else build_linux(lab, tree)
        if "unit-driver" in targets:
            driver = str(tree.out / "unit")
        entry.warnings = compiler_warnings(tree)
        if linux:  # these cannot be run, and nobody's score depends on them
            entry.not_run = [NotRun.of(t, linux) for t in tests if t.linux]
            names = [test.name for test in tests if not test.linux]
        if record.selected:  # in the order in which they were asked for
            names.sort(key=record.selected.index)
        if self.submission != self.kit / "labs":  # there, the rest is the kit's
            entry.ignored = ignored
        return Session(
            kit=str(self.kit),
            toml=str(lab.dir / "lab.toml"),
            hv=hv,
            vms=str(tree.vms / lab.name),
            out=str(self.out),
            qemu=self.qemu,
            seed=record.seed,
            tests=names,
            linux=linux,
            driver=driver,
            traced=self.traced,
        )


def _side_by_side(one: Grading, work: Sequence[tuple[Lab, Sequence[Lab]]]) -> None:
    """Grades labs, several at once: most of them end with a Linux that boots alone.

    What takes longest begins: the last labs; of unit tests, the lab with most of them.
    """
    stop = threading.Event()

    def watch(event: dict[str, Any]) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        one.watch(event)

    count = min(one.jobs, len(work))
    each = replace(one, jobs=one.jobs // count, watch=watch)
    order = list(reversed(work))
    if one.record.unit:
        order.sort(key=lambda some: -len(_eligible(some[0], unit=True)))
    with lanes(count, stop) as pool:
        for future in [pool.submit(each.lab, *some) for some in order]:
            future.result()


def _eligible(lab: Lab, unit: bool) -> list[GradedTest]:
    """All tests of a lab, or only its unit tests."""
    return [test for test in lab.tests.values() if test.unit or not unit]


def _choose(
    labs: dict[str, Lab], names: Sequence[str], tests: Sequence[str], unit: bool
) -> list[Lab]:
    """The labs to grade. A name that does not exist is an error."""
    for name in names:
        if name not in labs:
            raise Infrastructure(f"there is no lab {name!r}: {', '.join(labs)}")
    chosen = [labs[name] for name in names] or list(labs.values())
    there = {lab.name: {test.name for test in _eligible(lab, unit)} for lab in chosen}
    kind = "unit test" if unit else "test"
    for test in tests:
        if not any(test in there[lab.name] for lab in chosen):
            raise Infrastructure(f"there is no {kind} {test!r}")
    if not any(there.values()):
        raise Infrastructure(f"there is no {kind} in {', '.join(there)}")
    return [lab for lab in chosen if there[lab.name] & {*(tests or there[lab.name])}]


def grade(
    *names: str,
    kit: Path = KIT,
    build: str = "build",
    submission: Path | None = None,
    out: Path | None = None,
    base: str = "reference",
    impl: str = "mine",
    seed: int | None = None,
    tests: Sequence[str] = (),
    jobs: int | None = None,
    qemu: str = QEMU,
    unit: bool = False,
    prepared: Prepared | None = None,
    traced: bool = False,
    watch: Watch = lambda event: None,
) -> Record:
    """Grades labs (all, if none is named) and writes the record to out.

    unit: only the unit tests, for which no machine is needed.
    Safe to call from several threads, each with an out of its own; jobs=1 then
    keeps each grading in one process. prepared: what prepare() returned, to
    build nothing of the kit's own again. traced: see trace.py. LabError and Infrastructure mean that
    nothing could be graded at all.
    """
    start = time.monotonic()
    out = (out or kit / build / ("unit" if unit else "grade")).resolve()
    record = Record(
        seed=secrets.randbelow(1 << 32) if seed is None else seed,
        qemu="" if unit else qemu_version(qemu),
        base=base,
        impl=impl,
        started=datetime.now(timezone.utc).isoformat(timespec="seconds"),
        selected=list(tests),
        unit=unit,
        sandbox=sandbox.kind(),
    )
    labs = find_labs(kit)
    every = list(labs.values())
    chosen = _choose(labs, names, tests, unit)
    submission = (submission or kit / "labs").resolve()
    jobs = jobs or len(os.sched_getaffinity(0))
    digests = {lab.name: progress.digest(lab, submission) for lab in chosen}
    with _alone(out):
        one = Grading(
            record, kit, build, out, submission, qemu, jobs, watch, prepared, traced
        )
        watch({"event": "grading", "record": record})
        try:
            work = [(lab, every[: every.index(lab)]) for lab in chosen]
            if len(work) == 1 or jobs == 1:
                for lab, earlier in work:
                    one.lab(lab, earlier)
            else:
                _side_by_side(one, work)
        except KeyboardInterrupt:
            raise Interrupted(record) from None
        finally:
            record.labs.sort(key=lambda entry: every.index(labs[entry.lab]))
            record.seconds = round(time.monotonic() - start, 3)
            write_all(record, out)
            if submission == kit / "labs" and impl == "mine":
                path = kit / build / "progress.json"
                progress.keep(path, record.labs, record.started, digests)
    return record
