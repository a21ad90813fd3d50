"""What `make bench` does: what things cost a guest of lab h5, in instructions.

The guest labs/h5_multi_vm/guests/bench measures, one boot per measurement, and
prints counts. Under -icount shift=0 these are instructions of the whole machine
and the same in every run. Here they are put beside the goals and beside what
others have published for Bao, Xvisor and KVM.
"""

import json
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from .build import CC
from .grade import QEMU
from .lab import KIT
from .machine import Machine, Setup, Vm, qemu_version
from .marks import LINUX_ROWS, ROWS, Row
from .record import write_atomically
from .run import Run
from .several import memory
from .show import in_kit, make
from .verdict import Failure, Infrastructure

LAB, BEFORE = "h5", "h4"
BASELINE = KIT / "grader/bench.json"
SCHEMA = "hvlab/bench/v1"
TOLERANCE = 1.03  # bench-check: what is beyond that has regressed
SEED = 7
BUDGET = 8_000_000_000
RAM_BASE = 0xA0000000
MIB = 1 << 20
SSTC = {("/cpus/cpu@0", "riscv,isa"): "rv64imafdc_sstc"}
SLICE = "slice=1"  # millisecond: to see many switches in little time
DOORBELL = ("/soc/doorbell", "hv,peer")
VMS = (1, 2, 4, 8, 16)
RAM = (16, 64, 256, 512)  # MiB
LINUXES = (1, 2, 4)  # as many as have room on a machine of 1 GiB


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


@dataclass(frozen=True)
class Job:
    """One boot. The figures are called as the guest calls them, then renamed."""

    name: str
    vms: Sequence[Vm]
    names: Mapping[str, str] = field(default_factory=dict)
    append: str = ""
    lab: str = LAB


def guest(name: str, what: str = "", **more: Any) -> Vm:
    """A VM that measures; more: set, program, and boot arguments."""
    properties, program = more.pop("set", {}), more.pop("program", "bench")
    return Vm(name, {"do": what, **more}, properties, program=program)


def alone(what: str, name: str = "", **more: Any) -> Job:
    names = {what: name} if name else {}
    return Job(name or what or "boot", [guest("bench", what, **more)], names)


def pair(what: str, name: str, **more: Any) -> Job:
    """Two VMs, each the other's peer."""
    vms = []
    for me, peer in (("a", "b"), ("b", "a")):
        number = "ab".index(me)
        vms.append(guest(me, what, me=number, set={DOORBELL: peer}, **more))
    return Job(name, vms, append=SLICE)


def jobs(seed: int) -> list[Job]:
    """Every measurement, but for Linux and for how cost grows."""
    found = [alone(what) for what in ("", "call", "probe", "set_timer")]
    found += [
        alone("set_timer", "set_timer_sstc", set=SSTC),
        alone("stimecmp", set=SSTC),
        alone("deadline", seed=seed, timer="sbi"),
        alone("deadline", "deadline_sstc", seed=seed, set=SSTC),
        alone("touch"),
        alone("claim_none"),
        alone("uart", "vuart"),
    ]
    found += [alone(what, program="mmio") for what in ("load", "store", "byte")]
    found += [alone(what, program="devices") for what in ("claim", "uart")]
    found += [
        pair("turns", "switch"),
        pair("turns", "switch_fp", fp=1),
        pair("doorbell", "doorbell"),
    ]
    before = guest("bench", "call")
    return [*found, Job("before", [before], {"call": "before"}, lab=BEFORE)]


def sleepers(n: int) -> list[Vm]:
    return [guest(f"sleep{i}", "sleep") for i in range(n)]


def growth_jobs() -> list[Job]:
    """One VM measures, and the others sleep with a deadline; or all of them run."""
    found = []
    for n in VMS:
        for what in ("", "call", "set_timer"):
            vms = [guest("bench", what), *sleepers(n - 1)]
            found.append(Job(f"vms {what or 'boot'} {n}", vms))
        if n > 1:
            vms = [guest(f"vm{i}", "turns", n=6) for i in range(n)]
            found.append(Job(f"vms switch {n}", vms, append=SLICE))
    for size in RAM:
        for what in ("", "call", "touch"):
            vm = guest("bench", what, set=memory(size * MIB + (64 << 10), RAM_BASE))
            found.append(Job(f"ram {what or 'boot'} {size}", [vm]))
    for n in (1, 2, 32, 127):
        for what in ("claim_none", "claim"):
            vm = guest("bench", what, sources=n)
            found.append(Job(f"sources {what} {n}", [vm]))
    return found


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
        with Machine(
            setup, job.vms, folder, budget=BUDGET, append=job.append
        ) as machine:
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


# ---- Debian Linux ------------------------------------------------------------


@dataclass
class Boot:
    """The kernel's own clock at two of its lines, in seconds."""

    init: float
    off: float


def _clock(console: str, line: str) -> float:
    found = re.findall(rf"\[ *(\d+\.\d+)\] {line}", console)
    if not found:
        raise Infrastructure(f"Linux never said {line!r}")
    return float(found[-1])


def _boot(console: str) -> Boot:
    return Boot(_clock(console, "Run /init"), _clock(console, "reboot: Power down"))


def linux(runner: Runner) -> None:
    """The same kernel and initrd, on the hypervisor and on QEMU with OpenSBI."""
    make("linux-vm", f"LAB={LAB}", f"BUILD={in_kit(runner.build)}")
    runner.bench.linux = True
    source = (runner.build / "vms" / LAB / "linux").resolve()
    folder = runner.folder / "vms/linux"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / "kernel").symlink_to((source / "kernel").resolve())
    shutil.copy(source / "vm.dts", folder)
    busybox = (source / "kernel").resolve().parent / "busybox"
    argv = ["common/guest/mkinitrd.py", "-o", str(folder / "initrd")]
    argv += [str(busybox), "labs/h5_multi_vm/guests/bench/init"]
    subprocess.run([sys.executable, *argv], cwd=KIT, check=True)
    run = runner.boot(Job("linux", [Vm("linux")]), 1000)
    found = _boot("\n".join(run.guest_lines))
    bare = _boot(_bare(folder))
    values = {
        "init": found.init,
        "init_bare": bare.init,
        "init_ratio": found.init / bare.init,
        "off": found.off,
        "off_bare": bare.off,
    }
    for key, value in values.items():
        value = round(value, 4)
        runner.bench.figures[key] = Figure(1, value, value, value)
    _linux_growth(runner)


def _linux_growth(runner: Runner) -> None:
    """Linux beside VMs that sleep, and several Linux that share the hart."""
    small = memory(128 * MIB)
    every = [Job(f"beside {n}", [Vm("linux"), *sleepers(n - 1)]) for n in VMS]
    for n in LINUXES:
        vms = [Vm(f"linux{i}", set=small, program="linux") for i in range(n)]
        every.append(Job(f"shared {n}", vms))

    def last(numbered: tuple[int, Job]) -> Boot:
        number, job = numbered
        return _boot("\n".join(runner.boot(job, 1001 + number).guest_lines))

    with ThreadPoolExecutor(2) as pool:
        boots = list(pool.map(last, enumerate(every)))
    for job, boot in zip(every, boots, strict=True):
        what, count = job.name.split()
        found = {"Linux to /init, VMs": boot.init, "Linux to power-off, VMs": boot.off}
        if what == "shared":
            found = {"each if all are Linux, VMs": boot.off / int(count)}
        for name, value in found.items():
            runner.bench.growth.setdefault(name, {})[count] = round(value, 4)


def _bare(folder: Path) -> str:
    """Linux on QEMU's own OpenSBI: its console."""
    argv = [QEMU, *"-machine virt -cpu rv64 -m 256M -display none".split()]
    argv += ["-nodefaults", "-serial", "stdio"]
    argv += ["-kernel", str(folder / "kernel"), "-initrd", str(folder / "initrd")]
    argv += ["-append", "earlycon=sbi console=ttyS0 panic=-1"]
    # As for the hypervisor; the seed is for the random bytes of the device tree.
    argv += ["-icount", "shift=0,sleep=off,rr=record,rrfile=/dev/null"]
    argv += ["-rtc", "clock=vm", "-seed", str(SEED)]
    done = subprocess.run(
        argv, stdin=subprocess.DEVNULL, capture_output=True, timeout=300, check=False
    )
    return done.stdout.decode(errors="replace")


# ---- the record --------------------------------------------------


def rows(bench: Bench) -> list[Row]:
    """Those that count: of Linux only if it can be had."""
    return [*ROWS, *(LINUX_ROWS if bench.linux else ())]


def reached(row: Row, bench: Bench) -> bool | None:
    """Is the figure at or below its goal? None: there is no goal."""
    if row.goal is None:
        return None
    figure = bench.figures.get(row.key)
    return figure is not None and figure.mean <= row.goal


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
