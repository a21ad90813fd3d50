"""make bench: what it makes of the guest's lines; and make bench-check."""

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from hvgrade import bench
from hvgrade.bench import regressions
from hvgrade.benchrun import Bench, Figure, parse, reached, switches
from hvgrade.lab import KIT
from hvgrade.marks import ROWS
from hvgrade.profile import parts_of

BUILD = KIT / os.environ.get("HVLAB_BUILD", "build")


def measured(**means: float) -> Bench:
    figures = {key: Figure(10, mean, mean, mean) for key, mean in means.items()}
    return Bench("reference", 7, "7.2.22", "12.2.0", figures)


def test_a_line_is_a_figure() -> None:
    lines = ["bench: call 4 402 100 102", "bench: turn 1 2", "bench: none 0 0 0 0"]
    assert parse(lines) == {"call": Figure(4, 100.5, 100, 102)}


def test_switches_are_between_the_turns_that_all_note() -> None:
    lines = [
        "[a] bench: turn 0 100",
        "[b] bench: turn 150 300",  # b begins: what was before does not count
        "[a] bench: turn 310 400",
        "[b] bench: turn 412 500",
        "[a] bench: turn 520 600",  # a ends: what b prints does not count
        "[b] bench: turn 9000 9100",
    ]
    assert switches(lines) == {"switch": Figure(3, 14.0, 10, 20)}
    assert switches(["[a] something else"]) == {}


def test_the_platform_is_what_the_counts_depend_on() -> None:
    assert measured().platform == "QEMU 7.2, GCC 12"


def test_a_goal_is_reached_at_or_below() -> None:
    call = next(row for row in ROWS if row.key == "call")
    assert call.goal == 150
    assert reached(call, measured(call=150)) is True
    assert reached(call, measured(call=150.1)) is False
    assert reached(call, measured()) is False
    probe = next(row for row in ROWS if row.key == "probe")
    assert reached(probe, measured(probe=9999)) is None


@pytest.mark.parametrize(
    ("mean", "said"),
    [(200, 0), (206, 0), (206.2, 1), (100, 0)],
)
def test_three_percent_more_is_a_regression(mean: float, said: int) -> None:
    assert len(regressions(measured(call=mean), {"call": 200})) == said


def test_what_is_not_measured_any_more_is_a_regression() -> None:
    lines = regressions(measured(), {"call": 200})
    assert lines == ["SBI BASE.get_spec_version: not measured"]


def test_parts_of_an_exit() -> None:
    counts = {"trap_entry": 3, "vcpu_exit": 40, "sbi_base": 13, "vcpu_enter": 42}
    parts = parts_of(Counter(counts))
    assert parts == {"switch out": 43, "work": 13, "switch in": 42}


def test_nothing_costs_more_than_the_baseline(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS"):
        monkeypatch.delenv(name, raising=False)
    status = bench.check(Path(BUILD))
    shown = capsys.readouterr().out
    if status == 2:
        pytest.skip(shown.strip())
    assert status == 0, shown


def test_the_charts_are_made_from_the_baseline() -> None:
    argv = [sys.executable, "docs/bench.py", "--check"]
    done = subprocess.run(argv, cwd=KIT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
