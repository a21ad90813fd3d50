"""Every mutant of a pure file loses the unit tests that are named for it.

Native builds are fast, so all mutants are run: against the unit tests that they
fail and one that they pass. HVLAB_MUTANTS=all runs them against all unit tests.
test_kit.py runs some of them in whole gradings.
"""

import importlib.util
import inspect
import os
import random
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

from hvgrade import unit as module
from hvgrade.build import Tree, build_driver
from hvgrade.lab import KIT, Lab, find_labs
from hvgrade.scratch import collect
from hvgrade.unit import Unit
from hvgrade.variants import Mutant, load_mutants, plant_mutant
from hvgrade.verdict import Failure

BUILD = os.environ.get("HVLAB_BUILD", "build")
ALL = os.environ.get("HVLAB_MUTANTS") == "all"
SEED = int(os.environ.get("HVLAB_SEED", "7"))
FINISHED = ("h2", "h3", "h4", "h5")  # all their mutants of pure files are there
LABS = [lab for lab in find_labs().values() if lab.name in FINISHED]


@cache
def functions(lab: str) -> dict[str, Callable[..., None]]:
    """The lab's unit tests, as plain functions."""
    found: dict[str, Callable[..., None]] = {}
    for path in sorted((KIT / "grader/tests" / lab).glob("test_*unit*.py")):
        spec = importlib.util.spec_from_file_location(f"{lab}_{path.stem}", path)
        assert spec and spec.loader
        loaded = importlib.util.module_from_spec(spec)
        sys.modules[spec.name] = loaded
        spec.loader.exec_module(loaded)
        found |= {k: v for k, v in vars(loaded).items() if k.startswith("test_")}
    return found


def unit_kills(lab: Lab, mutant: Mutant) -> list[str]:
    return [name for name in mutant.kills if lab.tests[name].unit]


def run_test(lab: Lab, name: str, program: Path, folder: Path) -> str:
    """The message of a unit test that fails, or ""."""
    task = lab.tests[name].task
    unit = Unit(program, folder / name, f"{SEED}/{name}", lab.read_of(task), {})
    available = {"unit": unit, "rng": random.Random(f"{SEED}/{name}"), "seed": SEED}
    test = functions(lab.name)[name]
    try:
        test(**{key: available[key] for key in inspect.signature(test).parameters})
    except Failure as failure:
        return failure.verdict.message
    finally:
        unit.close()
    return ""


def mutants() -> Iterator[object]:
    for lab in LABS:
        for mutant in load_mutants(lab):
            if unit_kills(lab, mutant):
                yield pytest.param(lab, mutant, id=f"{lab.name}-{mutant.name}")


@pytest.mark.parametrize("lab, mutant", mutants())
def test_mutant_loses_its_unit_tests(
    lab: Lab, mutant: Mutant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SHRINK", 0)
    plant_mutant(lab, mutant, tmp_path / "labs")
    tree = Tree(KIT, BUILD, tmp_path / "work")
    collect(lab, [], tmp_path / "labs", tree, "reference", "mine")
    program = build_driver(lab, tree, "mine")
    kills = unit_kills(lab, mutant)
    tests = [name for name, test in lab.tests.items() if test.unit]
    survivors = [name for name in tests if name not in kills]
    if not ALL:
        survivors = survivors[-1:]
    for name in kills:
        message = run_test(lab, name, program, tmp_path)
        assert message, f"{name} passes"
        parts = ("expected: ", "happened: ", "likely cause: ", "read: ", "log: ")
        assert all(part in message for part in parts), message
    for name in survivors:
        assert run_test(lab, name, program, tmp_path) == "", name
