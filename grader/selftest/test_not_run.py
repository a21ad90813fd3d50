"""A test that boots Debian's kernel, on a machine that cannot have it."""

from pathlib import Path

from rich.console import Console
from test_grading import HONEST
from tinykit import TOML, Kit

from hvgrade.grade import grade
from hvgrade.table import show

LINUX = """
def test_linux(boot):
    look(boot("linux"))
"""
ROW = '[[test]]\nname = "{}"\ntitle = "{}"\ntask = "h1.1"\npoints = {}\n'


def test_without_its_kernel_it_is_not_run_and_does_not_count(kit: Kit) -> None:
    kit.tests(HONEST + LINUX, {"test_pass": 60, "test_linux": 40})
    rows = ROW.format("test_pass", "pass", 60)
    rows += ROW.format("test_linux", "Debian's kernel", 40) + "linux = true\n"
    kit.write("labs/h1_tiny/lab.toml", TOML + rows)
    makefile = (kit.root / "Makefile").read_text()
    reason = "fetch-linux: cannot fetch from nowhere"
    kit.write("Makefile", makefile + f"linux-vm:\n\t@echo {reason}; exit 1\n")

    record = grade("h1", kit=kit.root, qemu=str(kit.qemu), jobs=1)
    assert (record.score, record.max_score, record.exit_code) == (60, 60, 0)
    (left,) = record.labs[0].not_run
    assert (left.name, left.points, left.reason) == ("test_linux", 40, reason)

    out = Console(width=80, record=True, file=(kit.root / "shown").open("w"))
    show(record, out)
    shown = out.export_text()
    assert "not run" in shown and reason in shown and "40 points" in shown


def test_it_is_not_looked_for_when_no_such_test_is_asked_for(kit: Kit) -> None:
    kit.tests(HONEST, {"test_pass": 100})
    record = grade("h1", kit=kit.root, qemu=str(kit.qemu), jobs=1)
    assert record.labs[0].not_run == []
    assert "linux-vm" not in (Path(kit.root) / "build/grade/h1/build.log").read_text()
