"""Fixtures of the grader's own tests."""

from pathlib import Path

import pytest
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
