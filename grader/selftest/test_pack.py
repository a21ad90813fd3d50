"""What is packed: a student's files, the students' kit, autograders, CI files."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import stubs

from hvgrade import pack, sandbox
from hvgrade.intake import find
from hvgrade.lab import KIT, find_labs

BUILD = os.environ.get("HVLAB_BUILD", "build")
H1, H2 = (find_labs()[name] for name in ("h1", "h2"))


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("release") / "kit"
    pack.release(folder, KIT, BUILD)
    return folder


@pytest.fixture
def kit(released: Path, tmp_path: Path) -> Path:
    """A students' kit to work in."""
    shutil.copytree(released, tmp_path / "kit")
    return tmp_path / "kit"


def solution_lines() -> Iterator[bytes]:
    """Lines that only the reference has: long ones, of code."""
    texts = [path.read_text() for path in (KIT / "common").rglob("*.[chS]")]
    given = "\n".join([*stubs.stubs().values(), *texts])
    for path in sorted((KIT / "grader/solutions").rglob("*.[chS]")):
        for line in path.read_text().splitlines():
            if len(line.strip()) >= 40 and line.strip() not in given:
                yield line.strip().encode()


def test_the_students_kit_has_no_solutions(released: Path) -> None:
    for name in pack.WITHHELD:
        assert (KIT / name).exists() and not (released / name).exists()
    lines = set(solution_lines())
    assert len(lines) > 100
    for path in sorted(p for p in released.rglob("*") if p.is_file()):
        content = path.read_bytes()
        if path.suffix != ".md":  # a handout may quote some
            found = [line for line in lines if line in content]
            assert len(found) < 3, (path, found)  # two files may say the same once
        assert b"BEGIN SOLUTION" not in content, path
    names = {path.stem for path in (released / "grader/reference").iterdir()}
    assert names == {path.name for path in (KIT / "grader/solutions").iterdir()}


def offline(argv: list[str]) -> list[str]:
    if sandbox.kind() != sandbox.BUBBLEWRAP:
        return argv
    return ["bwrap", "--dev-bind", "/", "/", "--unshare-net", *argv]


def test_the_students_kit_grades_offline(kit: Path) -> None:
    for name in H2.files:
        source = KIT / "grader/solutions" / H2.dir.name / name
        shutil.copy(source, kit / "labs" / H2.dir.name / name)
    unit, booted = list(H2.tests)[0], list(H2.tests)[-1]
    argv = ["make", "-C", str(kit), "grade", "LAB=h2", f"TEST={unit} {booted}"]
    done = subprocess.run(offline(argv), capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads((kit / "build/grade/results.json").read_text())["score"]


def test_submit_packs_the_files_and_says_what_they_are(kit: Path) -> None:
    argv = ["make", "-s", "-C", str(kit), "submit", "LAB=h1"]
    subprocess.run(argv, check=True, capture_output=True)
    path = kit / "build/hvlab-h1.tar.gz"
    with tarfile.open(path) as archive:
        names = {Path(name).name for name in archive.getnames()}
        file = archive.extractfile("h1_simple_hv/manifest.json")
        assert file
        manifest = json.load(file)
    assert names == {*H1.files, "manifest.json"}
    assert manifest["kit"] == (kit / "VERSION").read_text().strip()
    files = find(H1, path)
    sums = {name: hashlib.sha256(text).hexdigest() for name, text in files.items()}
    assert {k: v["sha256"] for k, v in manifest["files"].items()} == sums
    before = path.read_bytes()
    subprocess.run(argv, check=True, capture_output=True)
    assert path.read_bytes() == before


def shell(script: str, folder: Path, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-c", script],
        cwd=folder,
        env=os.environ | env,
        capture_output=True,
        text=True,
    )


def test_gradescope_runs_its_zip(tmp_path: Path) -> None:
    home = tmp_path / "autograder"
    with zipfile.ZipFile(pack.gradescope(H1, tmp_path, KIT, BUILD)) as archive:
        for info in archive.infolist():
            made = Path(archive.extract(info, home / "source"))
            made.chmod(info.external_attr >> 16 & 0o777)
    shutil.copytree(home / "source/hvlab", home / "hvlab")  # as setup.sh does
    shutil.copytree(KIT / "labs/h1_simple_hv", home / "submission")
    done = shell("source/run_autograder", home, AUTOGRADER=str(home))
    assert done.returncode == 0, done.stderr
    data = json.loads((home / "results/results.json").read_text())
    assert data["score"] == 0 and len(data["tests"]) >= len(H1.tests) - 1
    (home / "hvlab/labs/h1_simple_hv/lab.toml").unlink()  # the grader is broken
    (home / "results/results.json").unlink()
    assert shell("source/run_autograder", home, AUTOGRADER=str(home)).returncode
    assert not (home / "results/results.json").exists()


def test_autolab_prints_the_scores_last(tmp_path: Path) -> None:
    folder = pack.autolab(H1, tmp_path, KIT, BUILD)
    shutil.copy(pack.submit(H1, tmp_path), folder / "handin.tar.gz")
    done = shell("make", folder)
    assert done.returncode == 0, done.stderr
    last = json.loads(done.stdout.splitlines()[-1])
    assert last["scoreboard"] == [0] and set(last["scores"]) <= set(H1.tests)


def script_of(path: Path) -> str:
    """The commands of a CI file that come after its packages are installed."""
    lines = path.read_text().split("./setup.sh", 1)[1].splitlines()[1:]
    commands = [line.strip().removeprefix("- ") for line in lines]
    return "\n".join(c for c in commands if c.startswith("make ")).join(
        ["set -e\n./setup.sh\n", "\n"]
    )


@pytest.mark.parametrize("name", ["github.yml", "gitlab.yml"])
def test_the_script_of_a_ci_file_grades(kit: Path, name: str) -> None:
    path = kit / "grader/ci" / name
    assert script_of(path).count("\n") == 3
    done = shell(script_of(path), kit, LAB="h1")
    assert done.returncode and "0 of " in done.stdout, done.stderr
    kept = re.findall(r"build/grade/([\w.*]+)", path.read_text())
    assert all(list((kit / "build/grade").glob(pattern)) for pattern in kept)
