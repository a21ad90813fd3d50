"""The labs themselves, graded for real: reference, stubs, mutants, cheats.

Every mutant is run against the tests that it fails and one that it passes.
By default only as many mutants as it takes to see every test fail once;
HVLAB_MUTANTS=all runs all of them against all tests.
"""

import os
import re
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pytest
import stubs

from hvgrade import build
from hvgrade.build import Tree, build_guests, build_hv
from hvgrade.grade import grade
from hvgrade.lab import KIT, Lab, find_labs
from hvgrade.machine import Machine, Setup, Vm
from hvgrade.qemu import QEMU
from hvgrade.record import Record
from hvgrade.run import Run
from hvgrade.variants import (
    Cheat,
    Mutant,
    cover,
    load_cheats,
    load_mutants,
    load_shared,
    own_tests,
    plant_cheat,
    plant_mutant,
    reference,
)
from hvgrade.verdict import FAIL, PASS, UNWRITTEN

BUILD = os.environ.get("HVLAB_BUILD", "build")
ALL = os.environ.get("HVLAB_MUTANTS") == "all"
# Every lab that can be graded has full marks and stubs at 0. The labs that are
# finished, with handout, mutants and cheats, are held to all the rest as well.
GRADED = list(find_labs().values())
FINISHED = ("h1", "h2", "h3", "h4", "h5")
LABS = [lab for lab in GRADED if lab.name in FINISHED]
MUTANTS = {lab.name: load_mutants(lab) for lab in LABS}
CHEATS = {lab.name: load_cheats(lab) for lab in GRADED}
SOME = 3  # of a mutant's or a cheat's tests so many are run, by default

labs = pytest.mark.parametrize("lab", LABS, ids=[lab.name for lab in LABS])
graded_labs = pytest.mark.parametrize("lab", GRADED, ids=[lab.name for lab in GRADED])


def graded(
    lab: Lab,
    tmp: Path,
    submission: Path | None = None,
    tests: Sequence[str] = (),
    seed: int = 7,
    out: str = "out",
) -> Record:
    """Grades a submission; the reference, if there is none."""
    return grade(
        lab.name,
        build=BUILD,
        submission=submission,
        impl="mine" if submission else "reference",
        out=tmp / out,
        seed=seed,
        tests=tests,
        jobs=1,
    )


def statuses(record: Record) -> dict[str, str]:
    return {test.name: test.status for lab in record.labs for test in lab.tests}


def messages(record: Record) -> str:
    found = [test for lab in record.labs for test in lab.tests]
    return "\n\n".join(f"{test.name}: {test.status}\n{test.message}" for test in found)


def without_linux(lab: Lab) -> list[str]:
    return [test.name for test in lab.tests.values() if not test.linux]


def write_stubs(lab: Lab, target: Path) -> Path:
    """The files that a student begins with, made anew from the reference."""
    for path, text in stubs.stubs().items():
        if path.parent.name == lab.dir.name:
            (target / path.parent.name).mkdir(parents=True, exist_ok=True)
            (target / path.parent.name / path.name).write_text(text)
    return target / lab.dir.name


def snapshot(folder: Path) -> dict[str, tuple[int, bytes]]:
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {str(p): (p.stat().st_mtime_ns, p.read_bytes()) for p in files}


@graded_labs
def test_the_reference_has_full_marks(lab: Lab, tmp_path: Path) -> None:
    record = graded(lab, tmp_path)
    assert set(statuses(record).values()) == {PASS}, messages(record)
    left = sum(test.points for test in record.labs[0].not_run)
    assert (record.score, record.exit_code) == (100 - left, 0)


@graded_labs
def test_stubs_are_unwritten_and_grading_leaves_them_alone(
    lab: Lab, tmp_path: Path
) -> None:
    folder = write_stubs(lab, tmp_path / "labs")
    before = snapshot(folder)
    record = graded(lab, tmp_path, tmp_path / "labs")
    assert set(statuses(record).values()) == {UNWRITTEN}, messages(record)
    assert (record.score, record.exit_code) == (0, 1)
    assert snapshot(folder) == before


@labs
def test_a_seed_decides_what_the_guests_see(lab: Lab, tmp_path: Path) -> None:
    def logs(seed: int, tests: Sequence[str], out: str) -> dict[str, list[str]]:
        record = graded(lab, tmp_path, tests=tests, seed=seed, out=out)
        assert set(statuses(record).values()) == {PASS}, messages(record)
        found: dict[str, list[str]] = {}
        for path in sorted((tmp_path / out / "logs" / lab.name).rglob("*.log")):
            test = path.relative_to(tmp_path / out / "logs" / lab.name).parts[0]
            found.setdefault(test, []).append(path.read_text())
        return found

    tests = without_linux(lab)
    first, other = logs(7, tests, "a"), logs(8, tests, "b")
    same = [test for test in first if first[test] == other[test]]
    assert same in ([], ["test_machine_without_h_is_refused"])
    again = logs(7, tests[:SOME], "c")
    assert again == {test: first[test] for test in again}


@graded_labs
def test_stubs_agree_with_the_reference(lab: Lab, tmp_path: Path) -> None:
    folder = write_stubs(lab, tmp_path)
    assert {path.name for path in folder.iterdir()} == set(lab.files)
    assert all("TODO" in path.read_text() for path in folder.iterdir())


@labs
def test_every_test_is_killed_and_can_be_read_about(lab: Lab) -> None:
    killed = {test for mutant in MUTANTS[lab.name] for test in mutant.kills}
    assert set(lab.tests) - killed == set()
    alone = own_tests(MUTANTS[lab.name])
    shared = load_shared(lab)
    assert set(shared) == set(lab.tests) - alone, "kills no mutant alone: say why"
    names = [mutant.name for mutant in MUTANTS[lab.name]]
    assert len(names) == len(set(names))
    for task in lab.tasks.values():
        path, _, anchor = task.read.partition("#")
        headings = re.findall(r"^#+ (.*)$", (lab.dir / path).read_text(), re.M)
        anchors = [
            re.sub(r"[^\w -]", "", h).lower().replace(" ", "-") for h in headings
        ]
        assert anchor in anchors


def _mutants() -> list[object]:
    chosen = [
        (lab, mutant)
        for lab in LABS
        for mutant in (
            MUTANTS[lab.name] if ALL else cover(MUTANTS[lab.name], without_linux(lab))
        )
    ]
    return [pytest.param(lab, m, id=f"{lab.name}-{m.name}") for lab, m in chosen]


@labs
def test_every_mutant_can_be_planted(lab: Lab, tmp_path: Path) -> None:
    for mutant in MUTANTS[lab.name]:
        plant_mutant(lab, mutant, tmp_path / mutant.name)


@pytest.mark.parametrize("lab, mutant", _mutants())
def test_mutant_loses_the_tests_named_for_it(
    lab: Lab, mutant: Mutant, tmp_path: Path
) -> None:
    plant_mutant(lab, mutant, tmp_path / "labs")
    tests = list(lab.tests) if ALL else without_linux(lab)
    tests = [test for test in tests if test not in mutant.varies]
    kills = [test for test in tests if test in mutant.kills]
    survivors = [test for test in tests if test not in mutant.kills]
    if not ALL:
        kills, survivors = kills[:SOME], survivors[-1:]
    record = graded(lab, tmp_path, tmp_path / "labs", kills + survivors)
    left = {test.name for test in record.labs[0].not_run}
    expected = dict.fromkeys(kills, FAIL) | dict.fromkeys(survivors, PASS)
    expected = {test: end for test, end in expected.items() if test not in left}
    assert statuses(record) == expected, messages(record)
    for test in record.labs[0].tests:
        if test.status == FAIL:
            parts = ("expected", "happened", "cause", "read")
            assert all(test.detail[part] for part in parts) and test.log


def _cheats() -> list[object]:
    chosen = [(lab, cheat) for lab in GRADED for cheat in CHEATS[lab.name]]
    return [pytest.param(lab, c, id=f"{lab.name}-{c.name}") for lab, c in chosen]


def left_behind(tmp: Path) -> list[str]:
    """Files with the name that cheats use, and processes of this grading."""
    mark = "hvlab-was-here*"
    folders = Path(tempfile.gettempdir()), Path("/dev/shm"), Path.home(), KIT
    found = [str(path) for folder in folders for path in folder.glob(mark)]
    found += [str(path) for path in tmp.rglob(mark) if "labs" not in path.parts]
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().decode(errors="replace").split("\0")
        except OSError:
            continue  # it has just ended
        if path.parent.name != str(os.getpid()) and str(tmp) in " ".join(words):
            found.append(" ".join(words))
    return found


@pytest.mark.parametrize("lab, cheat", _cheats())
def test_cheat_earns_nothing(
    lab: Lab, cheat: Cheat, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(build, "CPU_LIMIT", 3)  # some want to be compiled for ever
    if cheat.over_reference:
        folder = reference(lab, tmp_path / "labs")
    else:
        folder = write_stubs(lab, tmp_path / "labs")
    plant_cheat(cheat, folder)
    aims = [test for test in cheat.aims if not lab.tests[test].linux]
    aims = aims if ALL else aims[:: max(1, len(aims) // SOME)][:SOME]
    record = graded(lab, tmp_path, tmp_path / "labs", aims)
    assert record.score == 0, messages(record)
    assert set(statuses(record).values()) <= {FAIL, UNWRITTEN}, messages(record)
    assert left_behind(tmp_path) == []


def boot_reference(lab: Lab, vm: str, tmp: Path) -> Run:
    """One run of a guest on the reference, outside of any graded test."""
    tree = Tree(KIT, BUILD, tmp / "tree")
    build_guests(lab, tree, False)
    hv = build_hv(lab, tree, "reference", "reference")
    setup = Setup(QEMU, hv, tree.vms / lab.name, KIT)
    with Machine(setup, [Vm(vm)], tmp / "run") as machine:
        return machine.finish()


def test_the_vandal_rewrites_the_hypervisor(tmp_path: Path) -> None:
    lab = find_labs()["h1"]
    run = boot_reference(lab, "vandal", tmp_path)
    run.expect_line("hv: vm vandal owns you: shutdown", likely="the vandal missed")


def test_the_sbi_is_complete_enough_for_any_payload(tmp_path: Path) -> None:
    run = boot_reference(find_labs()["h5"], "sbi", tmp_path)
    line = "every call is answered as it should be"
    run.expect_line(line, likely="common/hv/h5/sbi.c, or sbi.c of lab h1")
    run.expect_line("hv: vm sbi: stopped: it stopped its hart", likely="HSM")
