"""Submissions that are made to fail: mutants and cheats.

A mutant is the reference with one plausible mistake in it, described in a
file grader/mutants/LAB/*.toml; the tests that it names have to notice. A
cheat (grader/cheats/LAB/cheats.toml) wants points without the work.
"""

import os
import shutil
import subprocess
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .lab import KIT, Lab, LabError


@dataclass(frozen=True)
class Mutant:
    name: str
    file: str
    mistake: str
    find: str  # is in the file exactly once
    replace: str
    kills: tuple[str, ...]  # every test that fails, and no other does
    varies: tuple[str, ...] = ()  # but for these: with one QEMU or seed, not always


@dataclass(frozen=True)
class Cheat:
    name: str
    what: str
    aims: tuple[str, ...]  # the tests that it wants the points of
    folder: Path
    over_reference: bool  # its files replace those of the reference
    shell: str = ""  # run in the submission's folder: what no file can say


def _tables(path: Path, key: str) -> list[dict[str, Any]]:
    try:
        return list(tomllib.loads(path.read_text()).get(key, []))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise LabError(f"{path}: {error}") from error


def _tests(lab: Lab, names: list[str], path: Path) -> tuple[str, ...]:
    for name in names:
        if name != "*" and name not in lab.tests:
            raise LabError(f"{path}: there is no test {name!r}")
    return tuple(lab.tests) if names == ["*"] else tuple(names)


def load_mutants(lab: Lab, kit: Path = KIT) -> list[Mutant]:
    folder = kit / "grader/mutants" / lab.name
    return [
        Mutant(
            row["name"],
            row["file"],
            row["mistake"],
            row["find"],
            row["replace"],
            tuple(
                test
                for test in _tests(lab, row["kills"], path)
                if test not in _tests(lab, row.get("spares", []), path)
            ),
            _tests(lab, row.get("varies", []), path),
        )
        for path in sorted(folder.glob("*.toml"))
        for row in _tables(path, "mutant")
    ]


def own_tests(mutants: Iterable[Mutant]) -> set[str]:
    """Those that kill a mutant alone; what it only `varies` does not count."""
    return {mutant.kills[0] for mutant in mutants if len(mutant.kills) == 1}


def load_shared(lab: Lab, kit: Path = KIT) -> dict[str, str]:
    """The tests that kill no mutant alone, and why they stay."""
    path = kit / "grader/mutants" / lab.name / "shared.toml"
    try:
        shared: dict[str, str] = tomllib.loads(path.read_text())["shared"]
    except (OSError, KeyError, tomllib.TOMLDecodeError) as error:
        raise LabError(f"{path}: {error!r}") from error
    _tests(lab, list(shared), path)
    return shared


def load_cheats(lab: Lab, kit: Path = KIT) -> list[Cheat]:
    path = kit / "grader/cheats" / lab.name / "cheats.toml"
    return [
        Cheat(
            row["name"],
            row["what"],
            _tests(lab, row["aims"], path),
            path.parent / row["name"],
            row.get("over") == "reference",
            row.get("shell", ""),
        )
        for row in _tables(path, "cheat")
    ]


def cover(mutants: Iterable[Mutant], tests: Iterable[str]) -> list[Mutant]:
    """A few of the mutants: for each test one that it kills, alone if possible."""
    by_aim = sorted(mutants, key=lambda mutant: len(mutant.kills))
    found = (next((m for m in by_aim if t in m.kills), None) for t in tests)
    return list(dict.fromkeys(mutant for mutant in found if mutant))


def reference(lab: Lab, target: Path, kit: Path = KIT) -> Path:
    """Copies the reference of a lab to target, a folder like labs/."""
    folder = target / lab.dir.name
    shutil.copytree(kit / "grader/solutions" / lab.dir.name, folder)
    return folder


def plant_mutant(lab: Lab, mutant: Mutant, target: Path, kit: Path = KIT) -> None:
    """The reference with the mistake in it, as a submission in target."""
    path = reference(lab, target, kit) / mutant.file
    text = path.read_text()
    if text.count(mutant.find) != 1:
        found = text.count(mutant.find)
        raise LabError(
            f"mutant {mutant.name}: {path} has 'find' {found} times, not once"
        )
    path.write_text(text.replace(mutant.find, mutant.replace))


def plant_cheat(cheat: Cheat, folder: Path) -> None:
    """Lays the cheat's files over a submission; links stay links."""
    for source in cheat.folder.iterdir() if cheat.folder.is_dir() else ():
        target = folder / source.name
        target.unlink(missing_ok=True)
        shutil.copy(source, target, follow_symlinks=False)
    if cheat.shell:
        env = os.environ | {"CHEATS": str(cheat.folder.parent)}
        subprocess.run(["sh", "-ec", cheat.shell], cwd=folder, env=env, check=True)


def sample(lab: Lab, count: int, target: Path, stubs: Path, kit: Path = KIT) -> None:
    """A class of so many: the reference, stubs, cheats, and every mutant in turn.

    stubs: a folder like labs/ that is not solved. Each is a folder in target.
    """
    mutants, cheats = load_mutants(lab, kit), load_cheats(lab, kit)
    for number in range(count):
        folder = target / f"student-{number:03}" / lab.dir.name
        turn = number // 4
        if number % 4 == 0:
            reference(lab, folder.parent, kit)
        elif number % 4 == 1 and turn % 2:
            shutil.copytree(stubs / lab.dir.name, folder)
        elif number % 4 == 1:
            cheat = cheats[turn // 2 % len(cheats)]
            source = kit / "grader/solutions" if cheat.over_reference else stubs
            shutil.copytree(source / lab.dir.name, folder)
            plant_cheat(cheat, folder)
        else:
            mutant = mutants[(2 * turn + number % 4) % len(mutants)]
            plant_mutant(lab, mutant, folder.parent, kit)
