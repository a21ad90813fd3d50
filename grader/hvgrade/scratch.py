"""The scratch copy of a submission: of its files those that lab.toml lists."""

import os
import shutil
import stat
from collections.abc import Sequence
from pathlib import Path

from .lab import Lab
from .tree import Tree
from .verdict import Failure

MAX_FILE = 256 << 10  # bytes of a submitted file


def read_plain(path: Path) -> bytes:
    """The bytes of a plain, small file. OSError or ValueError says what it is."""
    fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(fd, "rb") as file:
        status = os.fstat(fd)
        if not stat.S_ISREG(status.st_mode):
            raise ValueError("is not a plain file")
        if status.st_size > MAX_FILE:
            raise ValueError(f"is larger than {MAX_FILE >> 10} KiB")
        return file.read(MAX_FILE)


def copy_submission(lab: Lab, source: Path, tree: Tree) -> list[str]:
    """Copies the lab's files into the scratch tree; returns what was ignored."""
    folder = source / lab.dir.name
    target = tree.submission / lab.dir.name
    target.mkdir(parents=True)
    problems = []
    if folder.is_symlink() or not folder.is_dir():
        problems = [f"{folder} is not a folder"]
    for name in () if problems else lab.files:
        try:
            (target / name).write_bytes(read_plain(folder / name))
        except FileNotFoundError:
            problems.append(f"{name} is missing")
        except ValueError as error:
            problems.append(f"{name} {error}")
        except OSError:
            problems.append(f"{name} is a symbolic link or cannot be read")
    if problems:
        raise Failure(
            f"the files {', '.join(lab.files)}, plain and of at most 256 KiB",
            "\n".join(problems),
            "a file was renamed, or not handed in",
            "",
            str(tree.log),
        )
    entries = sorted(entry.name for entry in folder.iterdir())
    return [name for name in entries if name not in lab.files][:100]


def fresh(tree: Tree) -> None:
    """Removes what an earlier grading left in this place."""
    for folder in (tree.submission, tree.out):
        shutil.rmtree(folder, ignore_errors=True)
    tree.log.unlink(missing_ok=True)


def collect(
    lab: Lab, earlier: Sequence[Lab], submission: Path, tree: Tree, base: str, impl: str
) -> list[str]:
    """Makes the scratch copy of a submission; returns what was ignored."""
    fresh(tree)
    ignored: list[str] = []
    mine = [lab] * (impl == "mine") + [*earlier] * (base == "mine")
    tree.submission.mkdir(parents=True)
    for each in mine:
        names = copy_submission(each, submission, tree)
        ignored += [f"{each.dir.name}/{name}" for name in names]
    return ignored
