"""Verdicts: nothing fails open, and nothing from a console does harm."""

from dataclasses import dataclass, field

import pytest

from hvgrade.verdict import Failure, Infrastructure, Unwritten, clean, judge


@dataclass
class Looked:
    looked: set[str] = field(default_factory=set)
    legs: set[str] = field(default_factory=lambda: {"console", "traps"})


BOTH = Looked({"console", "traps"})
UNIT = Looked({"answers"}, legs={"answers"})


def test_a_test_that_looked_at_all_its_legs_passes() -> None:
    assert judge(None, [BOTH, BOTH], "log").status == "pass"
    assert judge(None, [UNIT], "log").status == "pass"


@pytest.mark.parametrize(
    ("runs", "words"),
    [
        ([], "without a run"),
        ([Looked({"console"})], "traps"),
        ([Looked({"traps"})], "console"),
        ([BOTH, Looked()], "console, traps"),
        ([Looked(legs={"answers"})], "answers"),
    ],
)
def test_a_test_that_did_not_look_does_not_pass(runs: list[Looked], words: str) -> None:
    verdict = judge(None, runs, "log")
    assert verdict.status == "infrastructure"
    assert words in verdict.happened


@pytest.mark.parametrize(
    "error",
    [
        AssertionError(),
        Infrastructure("broken"),
        ZeroDivisionError(),
        SystemExit(0),
        KeyboardInterrupt(),
        pytest.skip.Exception("not here"),
        pytest.xfail.Exception("expected"),
    ],
)
def test_any_other_exception_is_infrastructure(error: BaseException) -> None:
    assert judge(error, [BOTH], "log").status == "infrastructure"


def test_failures_keep_their_five_parts_in_order() -> None:
    verdict = judge(Failure("E", "H", "C", "R", "L"), [], "")
    assert verdict.status == "fail"
    assert verdict.message == (
        "expected: E\nhappened: H\nlikely cause: C\nread: R\nlog: L"
    )
    assert judge(Unwritten("E", "H", "C"), [], "").status == "unwritten"


def test_control_characters_do_not_survive() -> None:
    assert clean("a\x1b[2Jb\x00\x7f\x9b\ud800") == "a\\x1b[2Jb\\x00\\x7f\\x9b\\xd800"
    assert clean("naïve\n\t→\n") == "naïve\n    →"


def test_long_text_is_cut() -> None:
    assert len(clean("x" * 100_000)) < 2000
    assert clean("x\n" * 1000).count("\n") < 20
