"""make progress is honest about what it knows, and make doctor about a machine."""

import os
import subprocess
from datetime import datetime, timezone
from pathlib import Path

import pytest
from tinykit import GOOD, Kit

from hvgrade import progress
from hvgrade.grade import grade
from hvgrade.lab import KIT, find_labs
from hvgrade.record import LabRecord, NotRun, TestRecord
from hvgrade.verdict import FAIL, INFRASTRUCTURE, PASS, Verdict

LABS = find_labs()


def graded(name: str, lab: str = "h1", **statuses: str) -> LabRecord:
    """A record of this lab: every test has `name`, but for those named."""
    found = LabRecord(lab, "A lab")
    for test in LABS[lab].tests.values():
        verdict = Verdict(statuses.get(test.name, name))
        found.tests.append(TestRecord.of(test, verdict, 0.1))
    return found


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(progress, "find_labs", lambda kit: LABS)
    return tmp_path / "build/progress.json"


def now() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="seconds")


def keep(path: Path, *labs: LabRecord, started: str = "") -> None:
    own = {lab.lab: progress.digest(LABS[lab.lab], KIT / "labs") for lab in labs}
    progress.keep(path, labs, started or now(), own)


def shown(kept: Path) -> str:
    kit = kept.parents[1]
    if not (kit / "labs").exists():
        (kit / "labs").symlink_to(KIT / "labs")
    return "\n".join(progress.lines(kit))


def test_without_a_record_it_says_what_to_type(kept: Path) -> None:
    assert "make grade LAB=h1" in shown(kept)
    kept.parent.mkdir()
    kept.write_text('{"schema": "hvlab/progress/v1", "labs": 7}')
    assert "Nothing is graded yet" in shown(kept)


def test_points_per_lab_and_task_and_the_first_task_that_is_not_full(
    kept: Path,
) -> None:
    keep(kept, graded(PASS, test_registers_survive_1000_exits=FAIL))
    said = shown(kept)
    assert all(len(line) <= 80 for line in said.splitlines())
    assert "  91/100  just now" in said and "   0/9" in said
    assert "next: h1.3  The world switch (0 of 9 points)" in said
    assert "read   labs/h1_simple_hv/README.md#h13-the-world-switch" in said
    keep(kept, graded(PASS))
    assert "next: h2.1" in shown(kept)


def test_what_is_not_decided_stays_and_what_cannot_run_does_not_count(
    kept: Path,
) -> None:
    keep(kept, graded(PASS))
    keep(kept, graded(INFRASTRUCTURE))
    assert " 100/100" in shown(kept)
    lab = graded(PASS)
    linux = next(test for test in LABS["h1"].tests.values() if test.linux)
    lab.tests = [test for test in lab.tests if test.name != linux.name]
    lab.not_run = [NotRun.of(linux, "no kernel")]
    keep(kept, lab)
    assert "  96/96 " in shown(kept) and "not all can run" in shown(kept)


def test_it_says_how_old_it_is_and_that_files_have_changed(kept: Path) -> None:
    keep(kept, graded(PASS), started="2020-01-01T00:00:00+00:00")
    assert "days ago" in shown(kept) and "changed since" not in shown(kept)
    progress.keep(kept, [graded(PASS)], now(), {"h1": "of other files"})
    assert "Your files of h1 have changed since: make grade LAB=h1" in shown(kept)


def test_a_grading_of_your_own_files_is_kept_and_no_other(kit: Kit) -> None:
    kit.code(GOOD)
    kit.tests("def test_it(boot):\n    boot().expect_line('hello')\n", {"test_it": 100})
    path, qemu = kit.root / "build/progress.json", str(kit.qemu)
    grade(kit=kit.root, qemu=qemu, impl="reference")
    grade(kit=kit.root, qemu=qemu, out=kit.root / "out", submission=KIT / "labs")
    assert not path.exists()
    grade(kit=kit.root, qemu=qemu)
    assert [*progress.load(path)] == ["h1"]


def doctor(**env: str) -> tuple[int, str]:
    done = subprocess.run(
        ["/bin/bash", str(KIT / "common/doctor.sh")],
        env=env,
        capture_output=True,
        text=True,
    )
    return done.returncode, done.stdout + done.stderr


def test_the_doctor_finds_all_of_it_here() -> None:
    status, said = doctor(**os.environ)
    assert status == 0, said
    assert said.count("will run") == len(LABS) and "not known" not in said
    assert all(len(line) <= 80 for line in said.splitlines())


def test_the_doctor_says_what_is_missing_and_what_to_type(tmp_path: Path) -> None:
    for (
        name
    ) in "awk basename cat dirname dpkg-query fold grep head id mktemp rm sed sort".split():
        (tmp_path / name).symlink_to(Path("/usr/bin") / name)
    (tmp_path / "bash").symlink_to("/bin/bash")
    (tmp_path / "env").symlink_to("/usr/bin/env")
    old = tmp_path / "qemu-system-riscv64"
    old.write_text("#!/bin/sh\necho 'QEMU emulator version 6.2.0'\n")
    old.chmod(0o755)
    (tmp_path / "dpkg-query").unlink()
    status, said = doctor(PATH=str(tmp_path), HOME=str(tmp_path))
    assert status == 1 and "will run" not in said
    assert "6.2.0" in said and "this QEMU is too old" in said
    assert (
        said.splitlines()[-1]
        == "  docker build -t hvlab . && docker run --rm -it hvlab"
    )
    assert "\n  ./setup.sh\n" in said
