"""The record and its writers."""

import csv
import json
import os
from pathlib import Path
from xml.etree import ElementTree

import pytest

from hvgrade.formats import (
    WRITERS,
    autolab_json,
    classroom50_json,
    gradescope_json,
    results_csv,
    write_all,
)
from hvgrade.lab import GradedTest
from hvgrade.record import (
    LabRecord,
    Record,
    TestRecord,
    junit_xml,
    results_json,
)
from hvgrade.verdict import Verdict


def record(*statuses: str) -> Record:
    lab = LabRecord("h1", "A lab")
    for index, status in enumerate(statuses):
        test = GradedTest(f"test_{index}", "h1.1", 10, f"title {index}")
        verdict = Verdict(status, "E", "H\x1b[2J <&>\nmore", "C", "R", "L")
        lab.tests.append(TestRecord.of(test, verdict, 0.25))
    return Record(7, "9.9", "reference", "mine", "2025-01-01", [], 1.5, [lab])


ALL = record("pass", "fail", "unwritten", "infrastructure")


def test_only_a_pass_scores_and_infrastructure_is_not_zero() -> None:
    assert [test.score for test in ALL.labs[0].tests] == [10, 0, 0, None]
    assert (ALL.score, ALL.max_score, ALL.labs[0].undecided) == (10, 40, 10)
    assert ALL.status_of("test_2") == "unwritten"


@pytest.mark.parametrize(
    ("statuses", "code"),
    [
        (["pass", "pass"], 0),
        (["pass", "fail"], 1),
        (["unwritten"], 1),
        (["pass", "infrastructure"], 2),
        (["fail", "infrastructure"], 2),
        ([], 2),
    ],
)
def test_exit_codes(statuses: list[str], code: int) -> None:
    assert record(*statuses).exit_code == code


def test_results_json_has_the_schema() -> None:
    data = json.loads(results_json(ALL))
    assert data["schema"] == "hvlab/results/v1"
    assert {"seed", "qemu", "score", "max_score", "labs"} <= data.keys()
    lab = data["labs"][0]
    assert {"lab", "score", "max_score", "tests"} <= lab.keys()
    assert (lab["score"], lab["undecided"], data["complete"]) == (10, 10, False)
    failed = lab["tests"][1]
    assert failed == {
        "name": "test_1",
        "title": "title 1",
        "task": "h1.1",
        "status": "fail",
        "score": 0,
        "max_score": 10,
        "seconds": 0.25,
        "message": "expected: E\nhappened: H\\x1b[2J <&>\nmore\n"
        "likely cause: C\nread: R\nlog: L",
        "log": "L",
        "detail": {
            "expected": "E",
            "happened": "H\\x1b[2J <&>\nmore",
            "cause": "C",
            "read": "R",
        },
    }
    assert lab["tests"][0]["message"] == ""


def test_junit_is_well_formed_and_tells_errors_from_failures() -> None:
    suite = ElementTree.fromstring(junit_xml(ALL)).find("testsuite")
    assert suite is not None
    assert (suite.get("failures"), suite.get("errors")) == ("2", "1")
    kinds = [[child.tag for child in case] for case in suite.findall("testcase")]
    assert kinds == [[], ["failure"], ["failure"], ["error"]]
    failure = suite.find(".//failure")
    assert failure is not None and failure.text is not None
    assert "likely cause: C" in failure.text


def test_every_writer_writes_whole_files(tmp_path: Path) -> None:
    write_all(ALL, tmp_path / "new")
    names = sorted(path.name for path in (tmp_path / "new").iterdir())
    assert names == sorted(WRITERS)


GOLDEN = Path(__file__).parent / "golden"


@pytest.mark.parametrize("name", sorted(WRITERS))
def test_every_format_is_as_it_was(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """HVLAB_GOLDEN=write writes what is then to be read and committed."""
    for variable in list(os.environ):
        if variable.startswith(("GITHUB_", "CLASSROOM50_")):
            monkeypatch.delenv(variable)
    text = WRITERS[name](ALL)
    if os.environ.get("HVLAB_GOLDEN") == "write":
        GOLDEN.mkdir(exist_ok=True)
        (GOLDEN / name).write_text(text)
    assert (GOLDEN / name).read_text() == text


# The fields that each receiver publishes, and no other.
GRADESCOPE = "score execution_time output output_format visibility stdout_visibility"
GRADESCOPE_TEST = "score max_score status name number output output_format tags"
CLASSROOM50 = "schema classroom assignment submission commit release review datetime"
CLASSROOM50_TEST = "test-name passed score max-score"


def test_gradescope_has_its_fields_and_leaves_out_what_is_undecided() -> None:
    data = json.loads(gradescope_json(ALL))
    assert data.keys() == {*GRADESCOPE.split(), "extra_data", "tests"}
    fields = {*GRADESCOPE_TEST.split(), "visibility"}
    *decided, undecided = data["tests"]
    assert all(test.keys() == fields for test in decided)
    assert undecided.keys() == fields - {"score", "status"}
    assert [test["status"] for test in decided] == ["passed", "failed", "failed"]
    assert data["visibility"] == "visible" and data["output_format"] == "text"
    assert sum(test["score"] for test in decided) == data["score"] == 10


def test_classroom50_has_its_fields(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_SHA", "abc")
    data = json.loads(classroom50_json(ALL))
    assert data.keys() == {*CLASSROOM50.split(), "score", "max-score", "tests"}
    assert (data["schema"], data["commit"]) == ("classroom50/result/v1", "abc")
    assert all(test.keys() == {*CLASSROOM50_TEST.split()} for test in data["tests"])
    assert (data["score"], data["max-score"]) == (10, 40)


def test_autolab_ends_with_the_scores() -> None:
    feedback, last = map(json.loads, autolab_json(ALL).splitlines())
    assert last.keys() == {"scores", "scoreboard"}
    assert last["scoreboard"] == [10]
    assert sum(last["scores"].values()) == 10 and len(last["scores"]) == 4
    assert feedback["stages"] == ["h1"] and feedback["_presentation"] == "semantic"
    assert [row["passed"] for row in feedback["h1"].values()] == [True] + 3 * [False]


def test_csv_leaves_a_score_open() -> None:
    rows = list(csv.DictReader(results_csv(ALL).splitlines()))
    assert [row["score"] for row in rows] == ["10", "0", "0", ""]
    assert rows[1]["status"] == "fail" and rows[1]["test"] == "test_1"
