"""Boots the jobs of `make bench`, and reads what their guests have counted."""

import re
import shutil
import subprocess
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from .benchjobs import BEFORE, LAB, Job, growth_jobs, jobs
from .build import CC
from .lab import KIT
from .machine import Board, Machine, Setup
from .marks import LINUX_ROWS, ROWS, Row
from .qemu import QEMU, qemu_version
from .run import Run
from .show import in_kit, make
from .verdict import Failure

SEED = 7
BUDGET = 8_000_000_000


@dataclass
class Figure:
    count: int
    mean: float
    least: float
    most: float

    def plus(self, other: float) -> "Figure":
        three = (self.mean, self.least, self.most)
        return Figure(self.count, *(round(x + other, 3) for x in three))


@dataclass
class Bench:
    """All that was measured."""

    impl: str
    seed: int
    qemu: str
    compiler: str
    figures: dict[str, Figure] = field(default_factory=dict)
    growth: dict[str, dict[str, float]] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)  # and why
    linux: bool = False  # its files are there, so its rows count

    @property
    def platform(self) -> str:
        """What the counts depend on: both decide which instructions there are."""
        version = ".".join(self.qemu.split(".")[:2])
        return f"QEMU {version}, GCC {self.compiler.split('.')[0]}"


def rows(bench: Bench) -> list[Row]:
    """Those that count: of Linux only if it can be had."""
    return [*ROWS, *(LINUX_ROWS if bench.linux else ())]


def reached(row: Row, bench: Bench) -> bool | None:
    """Is the figure at or below its goal? None: there is no goal."""
    if row.goal is None:
        return None
    figure = bench.figures.get(row.key)
    return figure is not None and figure.mean <= row.goal


class Runner:
    """Boots the guests of one implementation."""

    def __init__(self, build: Path, impl: str, seed: int) -> None:
        self.build, self.impl = build, impl
        self.folder = build / "bench"
        done = subprocess.run([CC, "-dumpversion"], capture_output=True, text=True)
        compiler = done.stdout.strip() or "unknown"
        self.bench = Bench(impl, seed, qemu_version(QEMU), compiler)

    def out(self, lab: str) -> Path:
        return self.build / f"{lab}-{self.impl}-{self.impl}"

    def prepare(self) -> None:
        """Builds; and makes of the guest the two kinds of machine that it needs."""
        whose = [
            f"BASE={self.impl}",
            f"IMPL={self.impl}",
            f"BUILD={in_kit(self.build)}",
        ]
        for lab, what in (LAB, ("hv", "guests")), (BEFORE, ("hv",)):
            make(*what, f"LAB={lab}", *whose, f"OUT={in_kit(self.out(lab))}")
        source = KIT / "labs/h5_multi_vm/guests/bench"
        for name in ("bench", "devices", "mmio"):
            vm = self.folder / "vms" / name
            shutil.rmtree(vm, ignore_errors=True)
            vm.mkdir(parents=True)
            kernel = self.build / "vms" / LAB / "bench/kernel"
            (vm / "kernel").symlink_to(kernel.resolve())
            tree = (source / "vm.dts").read_text()
            if name != "bench":
                extra = (source / f"{name}.dts").read_text()
                tree += extra.replace('/include/ "vm.dts"\n', "")
            (vm / "vm.dts").write_text(tree)

    def boot(self, job: Job, number: int) -> Run:
        setup = Setup(QEMU, self.out(job.lab) / "hv.elf", self.folder / "vms")
        folder = self.folder / f"run{number}"
        board = Board(BUDGET, append=job.append)
        with Machine(setup, job.vms, folder, board) as machine:
            return machine.finish()

    def run(self, numbered: tuple[int, Job]) -> dict[str, Figure] | str:
        """What one boot has measured, or why it has not."""
        number, job = numbered
        try:
            run = self.boot(job, number)
        except Failure as failure:
            return failure.verdict.happened.splitlines()[0]
        found = switches(run.guest_lines)
        lines = [re.sub(r"^\[\w+\] ", "", line) for line in run.guest_lines]
        found |= parse(lines)
        if run.status or not found:
            bad = [line for line in lines if line.startswith("FAILED")]
            return (bad or [f"the run ended with status {run.status}"])[0]
        return {job.names.get(key, key): value for key, value in found.items()}

    def run_all(self, every: Sequence[Job]) -> list[dict[str, Figure] | str]:
        with ThreadPoolExecutor(2) as pool:
            return list(pool.map(self.run, enumerate(every)))

    def measure(self) -> None:
        """The figures."""
        every = jobs(self.bench.seed)
        found: dict[str, Figure] = {}
        for job, result in zip(every, self.run_all(every), strict=True):
            if isinstance(result, str):
                self.bench.missing[job.name] = result
            elif job.name in ("switch", "switch_fp"):
                found[job.name] = result["switch"]
            else:
                found |= result
        for size in ("4k", "2m"):
            if f"touch_{size}" in found:
                zeroing = found[f"zero_{size}"].mean
                found[f"touch_{size}"] = found[f"touch_{size}"].plus(-zeroing)
        if "call" in found and "before" in found:
            found["multi"] = found["call"].plus(-found["before"].mean)
        self.bench.figures |= {r.key: found[r.key] for r in ROWS if r.key in found}

    def grow(self) -> None:
        """How cost grows, with the number of VMs and the size of RAM."""
        every = growth_jobs()
        for job, result in zip(every, self.run_all(every), strict=True):
            what, key, n = job.name.split()
            if isinstance(result, str):
                self.bench.missing[job.name] = result
                continue
            what = {"vms": "VMs", "ram": "MiB"}.get(what, what)
            names = {"touch": ["touch_4k", "touch_2m"]}.get(key, [key])
            for name in names:
                row = self.bench.growth.setdefault(f"{name}, {what}", {})
                row[n] = result[name].mean


def parse(lines: Sequence[str]) -> dict[str, Figure]:
    """The lines "bench: NAME COUNT TOTAL LEAST MOST"; the first of each name."""
    found: dict[str, Figure] = {}
    for line in lines:
        match = re.fullmatch(r"bench: (\w+) (\d+) (\d+) (\d+) (\d+)", line)
        if match and int(match[2]):
            count, total, least, most = map(int, match.groups()[1:])
            mean = round(total / count, 1)
            found.setdefault(match[1], Figure(count, mean, least, most))
    return found


def switches(lines: Sequence[str]) -> dict[str, Figure]:
    """What is between one turn and the next, while every VM noted its turns."""
    turns: dict[str, list[tuple[int, int]]] = {}
    for line in lines:
        if match := re.fullmatch(r"\[(\w+)\] bench: turn (\d+) (\d+)", line):
            turns.setdefault(match[1], []).append((int(match[2]), int(match[3])))
    if not turns:
        return {}
    begin = max(spans[0][0] for spans in turns.values())
    end = min(spans[-1][1] for spans in turns.values())
    spans = sorted(span for each in turns.values() for span in each)
    costs = [
        after[0] - before[1]
        for before, after in zip(spans, spans[1:], strict=False)
        if before[1] >= begin and after[0] <= end
    ]
    if not costs:
        return {}
    mean = round(sum(costs) / len(costs), 1)
    return {"switch": Figure(len(costs), mean, min(costs), max(costs))}
