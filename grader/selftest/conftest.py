"""Fixtures of the grader's own tests."""

from pathlib import Path

import pytest
from _pytest.terminal import TerminalReporter
from tinykit import Kit, MakeRun

from hvgrade.run import Run
from hvgrade.traps import TrapLog


@pytest.fixture
def kit(tmp_path: Path) -> Kit:
    return Kit(tmp_path / "kit")


@pytest.fixture
def make_run(tmp_path: Path) -> MakeRun:
    """A finished run with this console and this trap log."""

    def make(console: str | bytes = "", traps: str = "", status: int = 0) -> Run:
        raw = console if isinstance(console, bytes) else console.encode()
        log = tmp_path / "traps.log"
        log.write_text(traps)
        return Run(
            tmp_path,
            status,
            raw,
            TrapLog(log, {}),
            1000,
            "labs/h1_tiny/README.md#h11",
            {"h1.7": "labs/h1_tiny/README.md#h17"},
        )

    return make


def pytest_terminal_summary(terminalreporter: TerminalReporter) -> None:
    """How many cheats and hostile submissions were tried, and to what end."""
    counts = {
        outcome: sum(
            "::test_cheat_earns_nothing[" in report.nodeid
            for report in terminalreporter.stats.get(outcome, [])
            if report.when == "call"
        )
        for outcome in ("passed", "failed")
    }
    total = sum(counts.values())
    if total:
        line = f"cheats and hostile submissions: {total} tried, "
        terminalreporter.line(f"{line}{counts['failed']} gained or left something")
