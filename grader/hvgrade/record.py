"""The record of a grading, as JSON and as JUnit XML.

The schema of results.json is described in docs/results.md. The other formats
are in formats.py.
"""

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import junitparser

from .lab import GradedTest
from .verdict import FAIL, INFRASTRUCTURE, PASS, UNWRITTEN, Verdict

SCHEMA = "hvlab/results/v1"


@dataclass
class TestRecord:
    __test__ = False  # not a test, whatever pytest thinks of the name
    name: str
    title: str
    task: str
    status: str
    score: int | None  # None: not decided, because of an infrastructure error
    max_score: int
    seconds: float
    message: str
    log: str
    detail: dict[str, str]  # the parts of the message

    @staticmethod
    def of(test: GradedTest, verdict: Verdict, seconds: float) -> "TestRecord":
        score = {PASS: test.points, INFRASTRUCTURE: None}.get(verdict.status, 0)
        return TestRecord(
            test.name,
            test.title,
            test.task,
            verdict.status,
            score,
            test.points,
            round(seconds, 3),
            "" if verdict.status == PASS else verdict.message,
            verdict.log,
            {k: v for k, v in verdict.as_dict().items() if k not in ("status", "log")},
        )


@dataclass
class NotRun:
    """A test that this machine cannot run. Its points do not count."""

    name: str
    title: str
    task: str
    points: int
    reason: str

    @staticmethod
    def of(test: GradedTest, reason: str) -> "NotRun":
        return NotRun(test.name, test.title, test.task, test.points, reason)


@dataclass
class LabRecord:
    lab: str
    title: str
    tests: list[TestRecord] = field(default_factory=list)
    not_run: list[NotRun] = field(default_factory=list)  # no Linux kernel
    ignored: list[str] = field(default_factory=list)  # not listed in lab.toml
    warnings: list[str] = field(default_factory=list)  # of the compiler

    @property
    def score(self) -> int:
        return sum(test.score or 0 for test in self.tests)

    @property
    def max_score(self) -> int:
        return sum(test.max_score for test in self.tests)

    @property
    def undecided(self) -> int:
        """The points that an infrastructure error left open."""
        return sum(test.max_score for test in self.tests if test.score is None)


@dataclass
class Record:
    seed: int
    qemu: str
    base: str
    impl: str
    started: str  # ISO 8601
    selected: list[str]  # the tests asked for; empty: all
    seconds: float = 0.0
    labs: list[LabRecord] = field(default_factory=list)
    unit: bool = False  # only unit tests
    sandbox: str = ""  # what confined the submission: see sandbox.py

    @property
    def score(self) -> int:
        return sum(lab.score for lab in self.labs)

    @property
    def max_score(self) -> int:
        return sum(lab.max_score for lab in self.labs)

    @property
    def exit_code(self) -> int:
        """0: full marks, 1: not, 2: an infrastructure error."""
        statuses = {test.status for lab in self.labs for test in lab.tests}
        if not statuses or INFRASTRUCTURE in statuses:
            return 2
        return 0 if statuses == {PASS} else 1

    def status_of(self, test: str) -> str:
        """The status of the test of that name (for tests of the grader)."""
        return next(t.status for lab in self.labs for t in lab.tests if t.name == test)


def results_json(record: Record) -> str:
    data: dict[str, Any] = {"schema": SCHEMA} | asdict(record)
    data |= {"score": record.score, "max_score": record.max_score}
    for lab, out in zip(record.labs, data["labs"], strict=True):
        out["score"], out["max_score"] = lab.score, lab.max_score
        out["undecided"] = lab.undecided
    data["complete"] = record.exit_code != 2
    return json.dumps(data, indent=1) + "\n"


def junit_xml(record: Record) -> str:
    document = junitparser.JUnitXml("hvlab")
    for lab in record.labs:
        suite = junitparser.TestSuite(lab.lab)
        suite.add_property("seed", str(record.seed))
        suite.add_property("qemu", record.qemu)
        suite.add_property("score", f"{lab.score}/{lab.max_score}")
        for test in lab.tests:
            case = junitparser.TestCase(test.name, f"{lab.lab}.{test.task}")
            case.time = test.seconds
            kinds = {
                FAIL: junitparser.Failure,
                UNWRITTEN: junitparser.Failure,
                INFRASTRUCTURE: junitparser.Error,
            }
            if test.status in kinds:
                first = test.detail.get("happened", "").split("\n")[0]
                result = kinds[test.status](first, test.status)
                result.text = test.message
                case.result = [result]
            suite.add_testcase(case)
        document.add_testsuite(suite)
    document.update_statistics()
    text: bytes = document.tostring()
    return text.decode()


def write_atomically(path: Path, text: str) -> None:
    part = path.with_name(f".{path.name}.{os.getpid()}")
    part.write_text(text)
    part.replace(path)
