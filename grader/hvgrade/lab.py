"""Reads lab.toml: which files are submitted, the tasks, the tests, the points.

Everything else in the grader takes its names from here. A broken lab.toml is
the kit's fault and is reported in one line (LabError), never scored.
"""

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TITLE = 36  # characters of a test's title: what the table has room for
KIT = Path(__file__).resolve().parents[2]


class LabError(Exception):
    """One line: which lab.toml, and what is wrong with it."""


@dataclass(frozen=True)
class Task:
    id: str
    title: str
    file: str
    read: str  # relative to the lab's folder, e.g. "README.md#h11-detect"


@dataclass(frozen=True)
class GradedTest:
    name: str
    task: str
    points: int
    title: str
    linux: bool = False  # does it boot Debian's kernel?
    unit: bool = False  # does it run pure files on this machine, without QEMU?


@dataclass(frozen=True)
class Lab:
    name: str
    title: str
    dir: Path
    files: tuple[str, ...]
    tasks: dict[str, Task]
    tests: dict[str, GradedTest]

    @property
    def linux(self) -> bool:
        """Does a test boot Debian's kernel?"""
        return any(test.linux for test in self.tests.values())

    def read_of(self, task: str) -> str:
        """Where to read about a task, as a path from the root of the kit."""
        found = self.tasks.get(task)
        if found is None:
            return ""
        return f"labs/{self.dir.name}/{found.read}"


def _field(table: dict[str, Any], key: str, kind: type, what: str) -> Any:
    value = table.get(key)
    if type(value) is not kind or value == "":
        raise LabError(f"{what}: '{key}' must be a {kind.__name__}")
    return value


def _text(table: dict[str, Any], key: str, what: str) -> str:
    return str(_field(table, key, str, what))


def _flag(table: dict[str, Any], key: str, what: str) -> bool:
    return key in table and bool(_field(table, key, bool, what))


def _tables(raw: dict[str, Any], key: str) -> list[dict[str, Any]]:
    tables = raw.get(key, [])
    if not isinstance(tables, list) or not all(isinstance(t, dict) for t in tables):
        raise LabError(f"'{key}' must be a list of [[{key}]] tables")
    if not tables:
        raise LabError(f"there is no [[{key}]]")
    return tables


def _parse(raw: dict[str, Any], folder: Path) -> Lab:
    files = _field(raw, "files", list, "lab")
    for name in files:
        if not isinstance(name, str) or not re.fullmatch(r"\w[\w.-]*", name):
            raise LabError(f"files: {name!r} is not a plain file name")

    tasks: dict[str, Task] = {}
    for table in _tables(raw, "task"):
        task_id = _text(table, "id", "task")
        what = f"task {task_id}"
        if task_id in tasks:
            raise LabError(f"{what} is there twice")
        task = Task(
            task_id, *(_text(table, k, what) for k in ("title", "file", "read"))
        )
        if task.file not in files:
            raise LabError(f"{what}: file {task.file!r} is not in 'files'")
        tasks[task_id] = task

    tests: dict[str, GradedTest] = {}
    for table in _tables(raw, "test"):
        name = _text(table, "name", "test")
        if name in tests:
            raise LabError(f"test {name} is there twice")
        test = GradedTest(
            name,
            _text(table, "task", name),
            _field(table, "points", int, name),
            _text(table, "title", name),
            _flag(table, "linux", name),
            _flag(table, "unit", name),
        )
        if test.task not in tasks:
            raise LabError(f"{name}: there is no task {test.task!r}")
        if test.points < 1:
            raise LabError(f"{name}: points must be at least 1")
        if len(test.title) > TITLE:
            raise LabError(f"{name}: the title is longer than {TITLE} characters")
        tests[name] = test

    total = sum(test.points for test in tests.values())
    if total != 100:
        raise LabError(f"the points sum to {total}, not 100")
    return Lab(
        _text(raw, "lab", "lab"),
        _text(raw, "title", "lab"),
        folder,
        tuple(files),
        tasks,
        tests,
    )


def load_lab(path: Path) -> Lab:
    """The lab that the file lab.toml at path describes."""
    try:
        lab = _parse(tomllib.loads(path.read_text()), path.parent)
        if not path.parent.name.startswith(lab.name + "_"):
            raise LabError(f"lab = {lab.name!r} in the folder {path.parent.name}")
        return lab
    except OSError as error:
        raise LabError(f"{path}: {error.strerror}") from error
    except (LabError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise LabError(f"{path}: {error}") from error


def find_labs(kit: Path = KIT) -> dict[str, Lab]:
    """Every lab of the kit by name, h1 first."""
    labs = [load_lab(path) for path in kit.glob("labs/h*_*/lab.toml")]
    labs.sort(key=lambda lab: (len(lab.name), lab.name))
    return {lab.name: lab for lab in labs}
