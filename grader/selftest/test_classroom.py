"""A whole class: who is graded, what is kept, what is told, and what is not scored."""

import csv
import json
import os
import shutil
import subprocess
import tarfile
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from test_grading import HONEST
from tinykit import GOOD, Kit

from hvgrade import classroom, sandbox
from hvgrade.classroom import Course, Entry, collect, entries, grade_all
from hvgrade.intake import take
from hvgrade.lab import Lab, load_lab
from hvgrade.similar import pairs, shingles
from hvgrade.verdict import Infrastructure

BAD = "say('nothing'); off(0)"
BROKEN = "os.kill(os.getpid(), 9)"
FORMULA, MARKUP = "=1+1", "<script>alert(1)<"


@pytest.fixture
def course(kit: Kit) -> Course:
    kit.tests(HONEST, {"test_pass": 100})
    lab = load_lab(kit.root / "labs/h1_tiny/lab.toml")
    out = kit.root / "out"
    return Course(lab, out, 7, "build", kit=kit.root, qemu=str(kit.qemu))


@pytest.fixture
def hand_in(kit: Kit) -> Callable[..., Path]:
    """Writes a submission; an archive if the name says so."""

    def write(name: str, code: str) -> Path:
        folder = kit.root / "class" / name.removesuffix(".tar.gz")
        (folder / "h1_tiny").mkdir(parents=True)
        (folder / "h1_tiny/code.py").write_text(code)
        if name.endswith(".tar.gz"):
            with tarfile.open(kit.root / "class" / name, "w:gz") as archive:
                archive.add(folder, "me")
            shutil.rmtree(folder)
        return kit.root / "class"

    return write


def go(course: Course, folder: Path, jobs: int = 2) -> dict[str, str]:
    """Grades, and says how each ended."""
    ends: dict[str, str] = {}
    every = entries(folder)
    grade_all(course, every, jobs, lambda e, end: ends.__setitem__(e.name, end))
    collect(course, every)
    return ends


def gradebook(course: Course) -> dict[str, dict[str, str]]:
    rows = csv.DictReader((course.out / "gradebook.csv").read_text().splitlines())
    return {row["name"]: row for row in rows}


def test_a_class_is_graded_and_told(
    course: Course, hand_in: Callable[..., Path]
) -> None:
    for name in ("anna", "ben.tar.gz", FORMULA):
        hand_in(name, GOOD)
    hand_in(MARKUP, BAD)
    hand_in("broken", BROKEN)
    folder = hand_in("late", BAD)
    (folder / "late/h1_tiny/code.py").unlink()
    ends = go(course, folder)
    assert ends.pop("broken") == "infrastructure"
    assert set(ends.values()) == {"graded"} and len(ends) == 5
    book = gradebook(course)
    scores = {name: row["score"] for name, row in book.items()}
    good = dict.fromkeys(("anna", "ben.tar.gz", f"'{FORMULA}"), "100")
    assert scores == good | {MARKUP: "0", "late": "0", "broken": ""}
    assert book["broken"]["state"] == "infrastructure"
    assert (book["broken"]["attempts"], book["anna"]["attempts"]) == ("2", "1")
    assert book[MARKUP]["test_pass"] == "fail"
    page = (course.out / "index.html").read_text()
    assert "<script>" not in page and "&lt;script&gt;" in page
    assert "<b>1 without a score</b>" in page
    slug = next(e.slug for e in entries(folder) if e.name == MARKUP)
    assert f'href="logs/{slug}/test_pass/"' in page
    assert (course.out / f"logs/{slug}/test_pass/console.log").read_bytes()
    assert not list(course.out.rglob("vms.cpio"))
    record = json.loads((course.out / f"records/{slug}.json").read_text())
    assert record["name"] == MARKUP and record["result"]["seed"] == 7


def test_it_goes_on_where_it_stopped(
    course: Course, hand_in: Callable[..., Path]
) -> None:
    for name in ("anna", "ben", "cleo"):
        folder = hand_in(name, GOOD)

    def interrupt(entry: Entry, end: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        grade_all(course, entries(folder), 1, interrupt)
    records = sorted((course.out / "records").iterdir())
    assert 1 <= len(records) < 3
    assert all(json.loads(path.read_text())["digest"] for path in records)
    collect(course, entries(folder))
    assert [row["state"] for row in gradebook(course).values()].count("missing")
    times = {path: path.stat().st_mtime_ns for path in records}
    ends = go(course, folder)
    assert sorted(ends.values()).count("already graded") == len(records)
    assert {path: path.stat().st_mtime_ns for path in records} == times
    (folder / "ben/h1_tiny/code.py").write_text(BAD)
    ends = go(course, folder)
    assert ends == {"anna": "already graded", "ben": "graded", "cleo": "already graded"}
    assert gradebook(course)["ben"]["score"] == "0"


def scratch() -> set[Path]:
    return set(Path(tempfile.gettempdir()).glob(f"hvlab-class-{os.getpid()}-*"))


def test_an_interrupted_class_drops_what_is_running(
    course: Course, hand_in: Callable[..., Path]
) -> None:
    hand_in("anna", GOOD)
    folder = hand_in("slow", "time.sleep(300)\n" + GOOD)

    def interrupt(entry: Entry, end: str) -> None:
        raise KeyboardInterrupt

    start = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        grade_all(course, entries(folder), 2, interrupt)
    assert time.monotonic() - start < 100
    assert [path.name for path in (course.out / "records").iterdir()] == ["anna.json"]
    assert not scratch()


def test_what_a_killed_class_left_is_removed(
    course: Course, hand_in: Callable[..., Path]
) -> None:
    temporary = Path(tempfile.gettempdir())
    gone = subprocess.Popen(["true"])
    gone.wait()
    left = temporary / f"hvlab-class-{gone.pid}-x"
    other = temporary / f"hvlab-class-{os.getppid()}-x"
    try:
        for path in (left, other):
            path.mkdir()
        go(course, hand_in("anna", GOOD))
        assert not left.exists() and other.exists()
    finally:
        shutil.rmtree(other)


def test_odd_submissions_stop_nobody(
    course: Course, hand_in: Callable[..., Path]
) -> None:
    folder = hand_in("good", GOOD)
    (folder / "two\nlines").mkdir()
    os.mkfifo(folder / "fifo")
    (folder / "empty.zip").touch()
    (folder / os.fsdecode(b"\xff")).touch()
    (folder / os.fsdecode(b"\xfe")).touch()
    ends = go(course, folder)
    assert len(ends) == 6 and set(ends.values()) == {"graded"}
    scores = {name: row["score"] for name, row in gradebook(course).items()}
    assert scores.pop("good") == "100" and set(scores.values()) == {"0"}
    assert "two\\nlines" in scores and "\\udcff" in scores


def test_one_that_cannot_be_read_stops_nobody(
    course: Course, hand_in: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(lab: Lab, path: Path, target: Path) -> str:
        if path.name == "anna":
            raise OSError("the disk is full")
        return take(lab, path, target)

    monkeypatch.setattr(classroom, "take", broken)
    for name in ("anna", "ben"):
        folder = hand_in(name, GOOD)
    ends = go(course, folder)
    assert ends == {
        "anna": "could not be graded: the disk is full",
        "ben": "graded",
    }
    assert gradebook(course)["anna"]["state"] == "missing"


def test_links_among_the_submissions_are_refused(
    course: Course, hand_in: Callable[..., Path]
) -> None:
    folder = hand_in("anna", GOOD)
    (folder / "ben").symlink_to("anna")
    with pytest.raises(Infrastructure, match="symbolic links: .'ben'"):
        entries(folder)


def test_trouble_of_the_grader_is_tried_again_next_time(
    course: Course, hand_in: Callable[..., Path], kit: Kit
) -> None:
    folder = hand_in("anna", GOOD)
    qemu = kit.qemu.read_text()
    kit.qemu.write_text(qemu.replace("exec(open", "sys.exit('broken'); exec(open"))
    assert go(course, folder) == {"anna": "infrastructure"}
    kit.qemu.write_text(qemu)
    assert go(course, folder) == {"anna": "graded"}
    assert gradebook(course)["anna"]["score"] == "100"


def test_names_become_different_file_names(tmp_path: Path) -> None:
    names = [
        "a b",
        "a_b",
        "a/b"[:1] + "\nb",
        "ä",
        "ö",
        "x" * 300,
        "x" * 299,
        "-o",
        "..",
    ]
    slugs = [Entry("the same", tmp_path / name).slug for name in names]
    assert len(set(slugs)) == len(names)
    assert all(slug.isascii() and len(slug) < 80 for slug in slugs)
    assert not any(slug.startswith(("-", ".")) or "/" in slug for slug in slugs)


def test_another_class_in_the_same_place_is_refused(course: Course) -> None:
    first = classroom.course(course.lab, course.out, 3, "build")
    assert classroom.course(course.lab, course.out, None, "build").seed == first.seed
    with pytest.raises(Infrastructure, match="seed 3"):
        classroom.course(course.lab, course.out, 4, "build")


def test_without_a_sandbox_nothing_is_run(
    course: Course, hand_in: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sandbox, "kind", lambda: sandbox.NONE)
    with pytest.raises(Infrastructure, match="no sandbox"):
        go(course, hand_in("anna", GOOD))


# ---- who copied? ------------------------------------------------------------------

GIVEN = "int f(int a) { return a; }\n"
OWN = """
/* Sums what is even. */
static int sum(const int *list, int count)
{
    int total = 0;
    for (int i = 0; i < count; i++) {
        if (list[i] % 2 == 0 && list[i] > 16)
            total += list[i] * 3 - 1;
    }
    return total;
}
"""
OTHER = """
static long fold(long seed, struct node *node)
{
    while (node) {
        switch (node->kind) {
        case 1: seed ^= node->left << 7; break;
        default: seed = ~seed + node->right;
        }
        node = node->next ? node->next->next : 0;
    }
    return seed;
}
"""


def test_a_renamed_and_reformatted_copy_is_noticed() -> None:
    renamed = OWN.replace("total", "acc").replace("list", "p").replace("\n", " ")
    renamed = renamed.replace("/* Sums what is even. */", "// mine\n")
    class_ = {
        "anna": shingles([GIVEN, OWN]),
        "ben": shingles([renamed, GIVEN]),
        "cleo": shingles([GIVEN, OTHER]),
        "dan": shingles([GIVEN]),
        "eve": shingles([GIVEN]),
    }
    found = pairs(class_, shingles([GIVEN]))
    assert [(pair.first, pair.second) for pair in found] == [("anna", "ben")]
    assert found[0].alike > 0.95
