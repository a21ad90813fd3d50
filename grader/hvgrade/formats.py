"""The record in the forms that others read: one function for each file.

docs/results.md says which field goes where. To add a format, add a function
from Record to text and a row to WRITERS.
"""

import csv
import io
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from .record import (
    LabRecord,
    Record,
    TestRecord,
    junit_xml,
    results_json,
    write_atomically,
)
from .verdict import PASS


def _tests(record: Record) -> Iterator[tuple[LabRecord, TestRecord]]:
    return ((lab, test) for lab in record.labs for test in lab.tests)


def _json(data: object) -> str:
    return json.dumps(data, indent=1) + "\n"


def gradescope_json(record: Record) -> str:
    """Gradescope's results.json. What is undecided has neither score nor status."""
    tests: list[dict[str, Any]] = []
    for number, (lab, test) in enumerate(_tests(record), 1):
        row: dict[str, Any] = {
            "score": test.score,
            "max_score": test.max_score,
            "status": "passed" if test.status == PASS else "failed",
            "name": test.title,
            "number": f"{test.task}/{number}",
            "output": test.message,
            "output_format": "text",
            "tags": [lab.lab, test.task, test.status],
            "visibility": "visible",
        }
        if test.score is None:
            del row["score"], row["status"]
        tests.append(row)
    data: dict[str, Any] = {
        "score": record.score,
        "execution_time": round(record.seconds),
        "output": f"{record.score} of {record.max_score} points, seed {record.seed}",
        "output_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "extra_data": {"seed": record.seed, "complete": record.exit_code != 2},
        "tests": tests,
    }
    return _json(data)


def classroom50_json(record: Record) -> str:
    """Classroom 50's result.json; what surrounds it is in the CI's environment."""
    env = os.environ.get
    data = {
        "schema": "classroom50/result/v1",
        "classroom": env("CLASSROOM50_CLASSROOM", ""),
        "assignment": env("CLASSROOM50_ASSIGNMENT", ",".join(_names(record))),
        "submission": env("CLASSROOM50_SUBMISSION", env("GITHUB_REPOSITORY", "")),
        "commit": env("GITHUB_SHA", ""),
        "release": env("CLASSROOM50_RELEASE", env("GITHUB_REF_NAME", "")),
        "review": env("CLASSROOM50_REVIEW", ""),
        "datetime": record.started,
        "score": record.score,
        "max-score": record.max_score,
        "tests": [
            {
                "test-name": f"{lab.lab}: {test.title}",
                "passed": test.status == PASS,
                "score": test.score or 0,
                "max-score": test.max_score,
            }
            for lab, test in _tests(record)
        ],
    }
    return _json(data)


def _names(record: Record) -> list[str]:
    return [lab.lab for lab in record.labs]


def autolab_json(record: Record) -> str:
    """Autolab's feedback as stages, and on the last line the scores."""
    feedback: dict[str, Any] = {
        "_presentation": "semantic",
        "stages": _names(record),
    }
    for lab in record.labs:
        feedback[lab.lab] = {
            test.title: {"passed": test.status == PASS}
            | ({"hint": test.message} if test.message else {})
            for test in lab.tests
        }
    scores = {test.name: test.score or 0 for _, test in _tests(record)}
    last = {"scores": scores, "scoreboard": [record.score]}
    return f"{json.dumps(feedback)}\n{json.dumps(last)}\n"


def results_csv(record: Record) -> str:
    """One row for each test."""
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow(["lab", "task", "test", "status", "score", "max_score", "seconds"])
    for lab, test in _tests(record):
        score = "" if test.score is None else test.score
        rows.writerow(
            [lab.lab, test.task, test.name, test.status, score]
            + [test.max_score, test.seconds]
        )
    return out.getvalue()


WRITERS: dict[str, Callable[[Record], str]] = {
    "results.json": results_json,
    "junit.xml": junit_xml,
    "gradescope.json": gradescope_json,
    "classroom50.json": classroom50_json,
    "autolab.json": autolab_json,
    "results.csv": results_csv,
}


def write_all(record: Record, folder: Path) -> None:
    """Writes every format into a folder; results.json, which counts, comes last."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, writer in reversed(WRITERS.items()):
        write_atomically(folder / name, writer(record))
