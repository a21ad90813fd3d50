"""What `make trace` does: runs a lab's VMs, or one graded test, on a hypervisor
that takes notes, and writes the run as a page and as a Chrome trace.
"""

import json
import os
import shutil
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from .grade import grade
from .lab import KIT, LabError, find_labs
from .machine import Board, Machine, Setup, Vm
from .qemu import QEMU
from .run import (
    BUDGET as BUDGET_SPENT,
    SHUTDOWN,
    STATUS_WORDS,
    TODO,
    TODO_LINE,
    normalise,
)
from .show import LADDER, in_kit, make
from .tracing import chrome, merge, page as pages, ring
from .tracing.page import About
from .tracing.timeline import EXIT, HOST, Timeline
from .traps import HV, TrapLog, cause_words
from .verdict import Infrastructure

BUDGET = 2_000_000_000  # instructions
WALL = 120.0  # seconds: what has not ended by then is shown as far as it came
_LINES = 60  # of the console, on the page
_ROWS = 10  # of the summary


@dataclass(frozen=True)
class Wanted:
    """What to trace."""

    lab: str
    base: str
    impl: str
    build: Path
    vms: Sequence[str] = ()
    args: str = ""  # boot arguments of the first VM
    append: str = ""  # to the hypervisor
    memory: str = "1G"
    budget: int = BUDGET
    test: str = ""
    seed: int | None = None
    out: Path = KIT / "build/trace"

    @property
    def command(self) -> str:
        words = ["make trace"]
        words += [f"TEST={self.test}"] if self.test else [f"LAB={self.lab}"]
        words += [f'VM="{" ".join(self.vms)}"'] if self.vms else []
        words += [f'ARGS="{self.args}"'] if self.args else []
        words += [f"BASE={self.base} IMPL={self.impl}"]
        return " ".join(words)


def vms_of(wanted: Wanted) -> list[Vm]:
    """Names of the lab's guests, or folders."""
    found = []
    for word in wanted.vms:
        path = Path(os.path.abspath(word))
        found.append(Vm(path.name, program=str(path)) if "/" in word else Vm(word))
    pairs = [word.partition("=") for word in wanted.args.split()]
    if not all(equals for _, equals, _ in pairs):
        raise Infrastructure("ARGS= takes words like seed=7")
    first = found[0]
    bootargs = {key: value for key, _, value in pairs}
    return [Vm(first.name, bootargs, program=first.program), *found[1:]]


def _follow(machine: Machine) -> None:
    """Until it ends, or somebody has had enough."""
    end = time.monotonic() + WALL
    try:
        while machine.poll() and time.monotonic() < end:
            time.sleep(0.01)
    except KeyboardInterrupt:
        print("interrupted: the run as far as it came", flush=True)


def _run(wanted: Wanted) -> list[Path]:
    """The folder of a run of the VMs."""
    lab, build = wanted.lab, wanted.build
    whose = [f"LAB={lab}", f"BASE={wanted.base}", f"IMPL={wanted.impl}"]
    out = build / f"{lab}-{wanted.base}-{wanted.impl}"
    where = [f"BUILD={in_kit(build)}", f"OUT={in_kit(out)}"]
    linux = [name for name in wanted.vms if name.startswith("linux")]
    make("hv-trace", "guests", *whose, *where)
    if linux:
        make("linux-vm", *whose, *where, f"VM={' '.join(wanted.vms)}")
    append = wanted.append or (LADDER[lab].append if linux else "")
    setup = Setup(QEMU, out / "hv-trace.elf", build / "vms" / lab)
    folder = wanted.out / "run"
    with Machine(
        setup,
        vms_of(wanted),
        folder,
        Board(wanted.budget, memory=wanted.memory, append=append or "nocolor"),
        traced=True,
    ) as machine:
        _follow(machine)
    return [folder]


def _last_seed(build: Path) -> int | None:
    """The seed of the last grading: a test that failed there fails again."""
    try:
        seed = json.loads((build / "grade/results.json").read_text())["seed"]
    except (OSError, ValueError, KeyError):
        return None
    return seed if isinstance(seed, int) else None


def _test(wanted: Wanted) -> tuple[list[Path], str]:
    """The folders of a graded test's runs, and its verdict in words."""
    labs = [lab for lab in find_labs().values() if wanted.test in lab.tests]
    if not labs:
        raise LabError(f"there is no test {wanted.test!r}")
    if labs[0].tests[wanted.test].unit:
        text = f"{wanted.test} is a unit test: it runs on this machine, without QEMU"
        raise LabError(text)
    seed = _last_seed(wanted.build) if wanted.seed is None else wanted.seed
    record = grade(
        labs[0].name,
        build=in_kit(wanted.build),
        out=wanted.out / "grade",
        base=wanted.base,
        impl=wanted.impl,
        seed=seed,
        tests=[wanted.test],
        jobs=1,
        traced=True,
    )
    (result,) = record.labs[0].tests
    logs = wanted.out / "grade/logs" / labs[0].name
    folders = [path.parent for path in sorted(logs.rglob("ring"))]
    folders.sort(key=lambda folder: (folder / "ring").stat().st_mtime)
    verdict = f"{wanted.test}, seed {record.seed}: {result.status}"
    if not folders:
        raise Infrastructure(f"{verdict}; there was no run\n{result.message}")
    return folders, verdict


# ---- what is told of a run ---------------------------------------------------


def _ending(kept: ring.Ring, console: Sequence[str]) -> str:
    """How the run ended, in one sentence."""
    if kept.killed == "flood":
        return "There was no end of traps or of output, so it was ended."
    if kept.killed == "wall clock":
        return f"It had not ended after {WALL:.0f} s, so it was ended."
    if kept.killed or kept.status is None:
        return "It was interrupted."
    todo = [m for line in console if (m := TODO_LINE.fullmatch(line))]
    if kept.status == TODO and todo:
        return f"Task {todo[-1][1]} is not written yet: {todo[-1][2]}: {todo[-1][3]}."
    words = STATUS_WORDS.get(kept.status, "the power was cut with a code of its own")
    return f"{words[0].upper()}{words[1:]} (status {kept.status})."


def _notes(kept: ring.Ring, line: Timeline, flooded: bool) -> list[str]:
    """What a reader has to know before they believe the picture."""
    notes = []
    guests = any(event.kind != HOST for event in line.events)
    if not line.timed and guests:
        notes.append(
            "No exit came back through the given code, so there are no times: this "
            "is the order of the traps in QEMU's log. The world switch is broken, "
            "or the hypervisor died in the first exit."
        )
    if not guests and line.tail:
        notes.append("The guest was entered, and then there was no trap any more.")
    elif not guests:
        notes.append("No guest was ever entered.")
    if kept.lost:
        notes.append(
            f"The ring has room for {len(kept.records):,} records: the first "
            f"{kept.lost:,} are gone, and the run is shown from there on."
        )
    if flooded:
        notes.append("QEMU's log was cut off: what guests took later is missing.")
    if line.unmatched:
        notes.append(
            f"{line.unmatched:,} exits that the hypervisor noted are not in QEMU's "
            "log: something has written over the ring, or called vcpu_exit itself."
        )
    return notes


def read(folder: Path) -> tuple[ring.Ring, Timeline, list[str]]:
    """A run's folder: the ring, the timeline, and the lines of the console."""
    kept = ring.load(folder / "ring")
    elfs = {name: Path(path) for name, path in kept.kernels.items()}
    log = TrapLog(folder / "traps.log", elfs | {HV: Path(kept.hv)})
    spent = kept.status == BUDGET_SPENT and not kept.killed
    end = kept.budget - kept.own if spent else 0
    console = normalise((folder / "console.log").read_bytes()).rstrip("\n").split("\n")
    return kept, merge.build(log, kept, Path(kept.hv), [*elfs], end), console


def write(folder: Path, page: Path, command: str, verdict: str = "") -> list[str]:
    """A run as a page and, beside it, as a Chrome trace. The summary's lines."""
    kept, line, console = read(folder)
    notes = _notes(kept, line, line.symbols.flooded)
    names = ", ".join(line.vms) or "no VM"
    ending = _ending(kept, console)
    events = page.with_suffix(".json").name.replace("index", "trace")
    what = verdict.partition(",")[0] or f"Lab {Path(kept.hv).parent.name[:2]}"
    about = About(
        title=f"{what}: {names}",
        command=command,
        ending=f"{verdict}. {ending}" if verdict else ending,
        console=console[-_LINES:],
        notes=notes,
        well=kept.status == SHUTDOWN and not kept.killed,
        events=events,
    )
    page.write_text(pages.render(line, about))
    chrome.write(line, page.with_name(events))
    return [f"{names}: {ending}", *notes, *summary(line)]


def summary(line: Timeline) -> list[str]:
    """The exits by cause, the most expensive first."""
    rows: dict[str, list[float]] = defaultdict(list)
    for event in line.events:
        if event.kind == EXIT:
            words = cause_words(event.cause, event.is_async)
            rows[words].append(event.span - event.idle)
    if not rows:
        return ["no exits"]
    order = sorted(rows.items(), key=lambda row: -sum(row[1]))
    head = f"{'exits':>9} {'instructions':>13} {'mean':>9}  cause"
    lines = [head] if line.timed else [f"{'exits':>9}  cause"]
    for words, took in order[:_ROWS]:
        if line.timed:
            mean = f"{sum(took):13,.0f} {sum(took) / len(took):9,.0f}"
            lines.append(f"{len(took):9,} {mean}  {words}")
        else:
            lines.append(f"{len(took):9,}  {words}")
    if len(order) > _ROWS:
        lines.append(f"{'':9} and {len(order) - _ROWS} more causes, on the page")
    return lines


def trace(wanted: Wanted) -> int:
    """0 if there is a page, whatever became of the run."""
    shutil.rmtree(wanted.out, ignore_errors=True)
    wanted.out.mkdir(parents=True)
    verdict = ""
    if wanted.test:
        folders, verdict = _test(wanted)
        print(f"{verdict} (tracing adds instructions: the grade is make grade's)")
    else:
        folders = _run(wanted)
    for number, folder in enumerate(folders, 1):
        last = number == len(folders)
        page = wanted.out / ("index.html" if last else f"run{number}.html")
        for text in write(folder, page, wanted.command, verdict):
            print(text)
        print(f"\n{os.path.relpath(page)}: open it in a browser\n")
    return 0
