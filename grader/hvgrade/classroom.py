"""make grade-class: every submission of a class, each by itself.

A submission is an archive or a folder in SUBMISSIONS. Its record is one file
in OUT/records, written whole; what is there already is not graded again. An
infrastructure error is tried twice, and is then listed apart: it is no score.
"""

import hashlib
import json
import os
import re
import secrets
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import report, sandbox
from .grade import Prepared, grade, prepare
from .intake import take
from .lab import KIT, Lab
from .lanes import lanes
from .pack import version
from .qemu import QEMU
from .record import results_json, write_atomically
from .session import test_folder
from .verdict import PASS, Infrastructure

SCHEMA = "hvlab/class/v1"
ATTEMPTS = 2
LOG = 256 << 10  # bytes of a log that are kept
_KEPT = "console.log", "traps.log", "unit.log", "commands.txt", "command.txt"


@dataclass(frozen=True)
class Entry:
    """One submission: what it is called, and where it is."""

    name: str
    path: Path

    @property
    def slug(self) -> str:
        """The name as a file name, different for different names."""
        name = self.path.name
        plain = re.sub(r"[^\w.-]+", "_", name, flags=re.ASCII).lstrip(".-")[:60]
        if plain == name:
            return plain
        return f"{plain or 'x'}-{hashlib.sha256(os.fsencode(name)).hexdigest()[:8]}"


@dataclass(frozen=True)
class Course:
    """What all the gradings of a class have in common."""

    lab: Lab
    out: Path
    seed: int
    build: str
    base: str = "reference"
    kit: Path = KIT
    qemu: str = QEMU

    def record(self, entry: Entry) -> Path:
        return self.out / "records" / f"{entry.slug}.json"


def entries(folder: Path) -> list[Entry]:
    """The submissions in a folder, by name; what begins with a dot is none."""
    if not folder.is_dir():
        raise Infrastructure(f"SUBMISSIONS={folder} is not a folder")
    found = sorted(path for path in folder.iterdir() if path.name[0] != ".")
    if not found:
        raise Infrastructure(f"there is no submission in {folder}")
    every = [Entry(_printable(path.name), path) for path in found]
    links = [entry.name for entry in every if entry.path.is_symlink()]
    if links:  # whoever follows one may hand in what another has written
        raise Infrastructure(f"in {folder} there are symbolic links: {links[:3]}")
    return every


def _printable(name: str) -> str:
    """Without what would break a line, a terminal or an encoding."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in name)


def course(lab: Lab, out: Path, seed: int | None, build: str) -> Course:
    """The class in OUT, new or begun: then its seed stays, and its kit has to."""
    path = out / "class.json"
    kit = version()
    if path.is_file():
        old = json.loads(path.read_text())
        if old["lab"] != lab.name or seed not in (None, old["seed"]):
            raise Infrastructure(f"{out} holds lab {old['lab']}, seed {old['seed']}")
        if old["kit"] != kit:
            raise Infrastructure(f"{out} was graded with kit {old['kit']}, not {kit}")
        return Course(lab, out, old["seed"], build)
    seed = secrets.randbelow(1 << 32) if seed is None else seed
    out.mkdir(parents=True, exist_ok=True)
    data = {"schema": SCHEMA, "lab": lab.name, "seed": seed, "kit": kit}
    write_atomically(path, json.dumps(data) + "\n")
    return Course(lab, out, seed, build)


def _decided(this: Course, entry: Entry, digest: str) -> bool:
    """Is it graded already, with these very files?"""
    try:
        data = json.loads(this.record(entry).read_text())
    except (OSError, ValueError):
        return False
    return bool(data["digest"] == digest and data["result"]["complete"])


def _keep_logs(this: Course, entry: Entry, work: Path, result: dict[str, Any]) -> None:
    """The logs of tests that did not pass, each cut, in OUT/logs/NAME."""
    target = this.out / "logs" / entry.slug
    shutil.rmtree(target, ignore_errors=True)
    logs = work / "logs" / this.lab.name
    wanted = {Path("build.log"): work / this.lab.name / "build.log"}
    for test in result["labs"][0]["tests"]:
        if test["status"] != PASS:
            folder = logs / test_folder(test["name"])
            for file in (file for name in _KEPT for file in folder.rglob(name)):
                wanted[file.relative_to(logs)] = file
    for name, file in wanted.items():
        if not file.is_file():
            continue
        copy = target / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        with file.open("rb") as source:
            copy.write_bytes(source.read(LOG))


class _Stopped(BaseException):
    """The class is interrupted: so is this grading of it."""


def grade_one(
    this: Course, entry: Entry, ready: Prepared, stop: threading.Event
) -> str:
    """Grades a submission, if it is not graded yet; says how that ended."""

    def watch(_: object) -> None:
        if stop.is_set():
            raise _Stopped

    files = this.out / "files" / entry.slug
    shutil.rmtree(files, ignore_errors=True)
    digest = take(this.lab, entry.path, files)
    if _decided(this, entry, digest):
        return "already graded"
    this.record(entry).parent.mkdir(parents=True, exist_ok=True)
    for attempt in range(1, ATTEMPTS + 1):
        with tempfile.TemporaryDirectory(prefix=_scratch(os.getpid())) as folder:
            work = Path(folder)
            work.chmod(0o755)  # for nobody, who runs it where there is no bubblewrap
            record = grade(
                this.lab.name,
                kit=this.kit,
                qemu=this.qemu,
                build=this.build,
                submission=files,
                out=work,
                base=this.base,
                seed=this.seed,
                jobs=1,
                prepared=ready,
                watch=watch,
            )
            result = json.loads(results_json(record).replace(f"{work}/", ""))
            if result["complete"] or attempt == ATTEMPTS:
                _keep_logs(this, entry, work, result)
                break
    data = {
        "schema": SCHEMA,
        "name": entry.name,
        "slug": entry.slug,
        "digest": digest,
        "attempts": attempt,
        "result": result,
    }
    write_atomically(this.record(entry), json.dumps(data, indent=1) + "\n")
    return "graded" if result["complete"] else "infrastructure"


def grade_all(
    this: Course,
    chosen: Sequence[Entry],
    jobs: int,
    watch: Callable[[Entry, str], None],
) -> None:
    """Grades submissions, jobs at a time; interrupted, it drops those it began."""
    if sandbox.kind() == sandbox.NONE:
        raise Infrastructure(
            "there is no sandbox here, and submissions are anybody's code: "
            "install bubblewrap, or run this in a container"
        )
    _remove_what_was_left()
    with tempfile.TemporaryDirectory(prefix=_scratch(os.getpid())) as work:
        ready = prepare(this.lab, this.kit, this.build, this.base, Path(work))
    stop = threading.Event()
    with lanes(jobs, stop) as pool:
        futures = {
            pool.submit(grade_one, this, one, ready, stop): one for one in chosen
        }
        for future in as_completed(futures):
            watch(futures[future], _end(future))


def _end(future: Future[str]) -> str:
    """How a grading ended. One that could not even begin stops no other."""
    try:
        return future.result()
    except (Infrastructure, OSError, MemoryError) as error:
        return f"could not be graded: {error}"


def _scratch(pid: int) -> str:
    return f"hvlab-class-{pid}-"


def _remove_what_was_left() -> None:
    """The scratch folders of gradings that were killed, and could not do it."""
    for path in Path(tempfile.gettempdir()).glob(f"{_scratch(0)[:-2]}*"):
        pid = path.name.split("-")[2]
        if pid.isdecimal() and not Path(f"/proc/{pid}").exists():
            shutil.rmtree(path, ignore_errors=True)


def collect(this: Course, every: Iterable[Entry]) -> report.Class:
    """The gradebook and the page, from the records that are there."""
    every = list(every)
    found = []
    for entry in every:
        path = this.record(entry)
        if path.is_file():
            found.append(json.loads(path.read_text()))
    graded = {data["name"] for data in found}
    missing = [entry.name for entry in every if entry.name not in graded]
    whole = report.Class(this.lab, this.seed, found, missing)
    report.write(whole, this.out)
    return whole
