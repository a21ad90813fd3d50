"""What a person sees fits 80 columns and cannot be forged by a console."""

import io

import pytest

from hvgrade.lab import GradedTest
from hvgrade.record import LabRecord, Record, TestRecord
from hvgrade.table import Watcher, console, show
from hvgrade.verdict import Verdict


def record() -> Record:
    lab = LabRecord("h1", "A lab", ignored=["h1_lab/evil.c"])

    def add(name: str, seconds: float, verdict: Verdict) -> None:
        test = GradedTest(name, "h1.6", 12, "[bold]a title of 36 characters, long")
        lab.tests.append(TestRecord.of(test, verdict, seconds))

    todo = Verdict("unwritten", "x", "h1.1: labs/h1_lab/isa.c:8: look", "", "READ")
    add("test_good", 1.0, Verdict("pass"))
    add("test_a", 0.1, todo)
    add("test_b", 0.1, todo)
    path = "build/grade/logs/h1/" + 50 * "x" + "/console.log"
    bad = Verdict("fail", "[red]E" * 40, "H\n  line\n" * 3, "C " * 60, "README", path)
    add("test_bad", 0.1, bad)
    add("test_bad_too", 0.1, bad)
    add("test_ours", 0.1, Verdict("infrastructure", happened="a machine broke"))
    return Record(7, "9.9", "mine", "mine", "2025-01-01", [], 1.5, [lab])


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("COLUMNS", "200")
    file = io.StringIO()
    show(record(), console(file))
    return file.getvalue()


def test_it_fits_80_columns_except_what_is_copied(shown: str) -> None:
    copied = ("  log", "  read", "  again", "the same again")
    wide = [
        line
        for line in shown.splitlines()
        if len(line) > 80 and not line.startswith(copied)
    ]
    assert wide == []


def test_every_test_has_its_row_with_the_title_whole(shown: str) -> None:
    assert shown.count("[bold]a title of 36 characters, long") == 6
    words = " ".join(shown.split())
    for row in ("h1.6 pass 12/12 1.0 s", "h1.6 fail 0/12 0.1 s"):
        assert row in words
    assert "h1.6 grader error -/12" in words


def test_a_failure_shows_its_five_parts_and_how_to_run_it_again(shown: str) -> None:
    block = shown[shown.index("test_bad: fail (12 points)") :]
    places = [
        block.index(part)
        for part in ("expected", "happened", "likely cause", "read", "log", "again")
    ]
    assert places == sorted(places)
    assert "make grade LAB=h1 SEED=7 BASE=mine TEST=test_bad" in block
    assert 50 * "x" + "/console.log" in block
    assert "[red]E" in block


def test_the_last_line_repeats_what_was_asked_for() -> None:
    file = io.StringIO()
    one = record()
    one.selected = ["test_a", "test_b[0]"]
    show(one, console(file))
    last = file.getvalue().splitlines()[-1]
    again = "make grade LAB=h1 SEED=7 BASE=mine TEST='test_a test_b[0]'"
    assert last == f"the same again: {again}"


def test_the_same_todo_is_told_once(shown: str) -> None:
    assert shown.count("h1.1 is not written yet: 2 tests stop there") == 1
    assert shown.count("labs/h1_lab/isa.c:8: look") == 1


def test_the_total_and_what_is_undecided(shown: str) -> None:
    assert "12 of 72 points" in shown
    assert "12 points are undecided" in shown
    assert "h1_lab/evil.c" in shown


def test_no_colour_where_none_is_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("FORCE_COLOR", "1")
    file = io.StringIO()
    show(record(), console(file))
    assert "\x1b[3" not in file.getvalue()


def test_without_a_terminal_there_is_no_progress() -> None:
    file = io.StringIO()
    with Watcher(console(file)) as watch:
        watch({"event": "lab", "lab": "h1", "tests": ["test_a"]})
        watch({"event": "start", "lab": "h1", "name": "test_a"})
        watch({"event": "result", "lab": "h1", "name": "test_a"})
    assert file.getvalue().strip() == ""
