"""What `make bench` does: what things cost a guest of lab h5, in instructions.

The guest labs/h5_multi_vm/guests/bench measures, one boot per measurement, and
prints counts. Under -icount shift=0 these are instructions of the whole machine
and the same in every run. Here they are put beside the goals and beside what
others have published for Bao, Xvisor and KVM.
"""

import json
import time
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from .benchlinux import linux
from .benchrun import SEED, Bench, Runner, reached, rows
from .lab import KIT
from .marks import ROWS
from .record import write_atomically
from .verdict import Failure, Infrastructure

BASELINE = KIT / "grader/bench.json"
SCHEMA = "hvlab/bench/v1"
TOLERANCE = 1.03  # bench-check: what is beyond that has regressed


def as_json(bench: Bench) -> dict[str, Any]:
    data: dict[str, Any] = {"schema": SCHEMA, "platform": bench.platform}
    data |= asdict(bench)
    for row in rows(bench):
        if row.key in bench.figures:
            data["figures"][row.key] |= asdict(row) | {"reached": reached(row, bench)}
    return data


def bench(build: Path, impl: str, seed: int | None) -> int:
    """Measures all, shows it, writes it. The exit code is 0 if all goals are met."""
    from .benchtable import show  # rich takes a while to import
    from .table import console

    out, start = console(), time.monotonic()
    runner = Runner(build, impl, SEED if seed is None else seed)
    path = build / "bench/bench.json"
    path.unlink(missing_ok=True)
    runner.prepare()
    runner.measure()
    runner.grow()
    try:
        linux(runner)
    except (Failure, Infrastructure) as error:
        runner.bench.missing["Linux"] = str(error)
    write_atomically(path, json.dumps(as_json(runner.bench), indent=1) + "\n")
    return show(runner.bench, out, time.monotonic() - start)


# ---- the baseline -------------------------------------------------------------


def read_baseline() -> dict[str, Any]:
    """By platform. Empty, if there is none."""
    if not BASELINE.exists():
        return {}
    found: dict[str, Any] = json.loads(BASELINE.read_text())
    return found


def write_baseline(build: Path) -> int:
    """What `make bench` has found is the mark for this platform from now on.

    The profile is taken anew. docs/bench.py draws its charts from both.
    """
    from .profile import profile

    path = build / "bench/bench.json"
    if not path.exists():
        raise Infrastructure("make bench comes first")
    found = json.loads(path.read_text())
    runner = Runner(build, "reference", SEED)
    if found["impl"] != "reference" or found["seed"] != SEED or found["missing"]:
        raise Infrastructure(f"{path} is not a whole run of the reference, seed {SEED}")
    runner.prepare()
    known = read_baseline()
    known[found["platform"]] = {
        "figures": {key: each["mean"] for key, each in found["figures"].items()},
        "growth": found["growth"],
        "profile": profile(runner),
    }
    text = json.dumps(dict(sorted(known.items())), indent=1)
    write_atomically(BASELINE, text + "\n")
    return 0


def regressions(found: Bench, known: Mapping[str, float]) -> list[str]:
    """A line for every figure that is missing, or more than 3 % above its mark."""
    lines = []
    for row in ROWS:
        if row.key not in known:
            continue
        figure, mark = found.figures.get(row.key), known[row.key]
        if figure is None:
            lines.append(f"{row.title}: not measured")
        elif figure.mean > max(mark * TOLERANCE, mark + 2):
            more = f"+{100 * (figure.mean / mark - 1):.1f} %" if mark else "new"
            lines.append(f"{row.title}: {figure.mean:,} after {mark:,} ({more})")
    return lines


def check(build: Path) -> int:
    """0: nothing costs more than the baseline says; 1: something does; 2: unknown."""
    runner = Runner(build, "reference", SEED)
    entry = read_baseline().get(runner.bench.platform)
    if entry is None:
        known = ", ".join(read_baseline()) or "none"
        print(
            f"bench-check: no baseline for {runner.bench.platform}; there is: {known}"
        )
        return 2
    runner.prepare()
    runner.measure()
    lines = regressions(runner.bench, entry["figures"])
    for line in lines:
        print(f"bench-check: {line}")
    if lines:
        print("bench-check: costs more than 3 % above grader/bench.json. If that is")
        print("bench-check: meant to be: make bench-baseline, and commit the file.")
        return 1
    marks = sum(row.key in entry["figures"] for row in ROWS)
    print(
        f"bench-check: {marks} figures within 3 % of {runner.bench.platform}'s baseline"
    )
    return 0
