"""make demo: the whole system, as somebody at the keyboard sees it."""

import os
from pathlib import Path

import pytest

from hvgrade.demo import demo
from hvgrade.lab import KIT

BUILD = KIT / os.environ.get("HVLAB_BUILD", "build")


def test_the_demo_ends_by_itself_and_all_is_well(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS"):
        monkeypatch.delenv(name, raising=False)
    status = demo(Path(BUILD))
    shown = capsys.readouterr().out
    assert status == 0, shown[-3000:]
    summary = shown.partition("==== make demo: seen in ")[2].splitlines()[1:]
    assert [line.split()[0] for line in summary[:2]] == ["tick", "linux"]
