"""What `make linux` does: run Debian's kernel, and say how far it came.

It runs under virtual time with an instruction budget, so it ends by
itself, whatever the hypervisor under it does.
"""

import fcntl
import os
import re
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .lab import KIT
from .machine import Board, Machine, Setup, Vm
from .qemu import QEMU
from .verdict import Infrastructure

BUDGET = 2_000_000_000  # instructions: only a broken hypervisor needs so many
EXIT_WORDS = {
    0: "the VM shut itself down",
    3: "the hypervisor stopped the VM",
    4: "the machine or the VM is not fit to run",
    5: "the hypervisor panicked",
    6: "a task that is not written yet was reached",
    7: "the instruction budget was spent",
}


@dataclass(frozen=True)
class Rung:
    """One step of the ladder: what Linux shows in this lab, and how it ends."""

    pattern: str  # on the console
    words: str
    then: str  # what happens next, and which lab moves it on
    append: str = ""  # to the hypervisor: how long Linux may wait in vain


LADDER = {
    "h1": Rung(
        r"Linux version \S+",
        "Debian's kernel prints its banner through the SBI console",
        "It then waits for a timer tick that nobody sends: that is lab h3.",
        append="limit=500",
    ),
    "h2": Rung(
        r"Linux version \S+",
        "Debian's kernel runs at 0x80000000, in memory backed as it is touched",
        "It waits for the same timer tick as in h1: that is lab h3.",
        append="limit=500",
    ),
    "h3": Rung(
        r"Linux \(none\) .*riscv64.*",
        "Debian's Linux reaches userspace on injected timer ticks",
        "It powers off through the SBI. It cannot hear you yet: that is lab h4.",
    ),
    "h4": Rung(
        r"hvlab login:",
        "Debian's Linux offers a login on the UART that was passed through",
        "make qemu LAB=h4 VM=linux lets you in: root, no password.",
    ),
    "h5": Rung(
        r"hvlab login:",
        "Debian's Linux offers a login on a UART that is emulated",
        "make demo runs two of them, and a real-time guest, on one hart.",
    ),
}


def make(*words: str) -> None:
    """Run a target of the Makefile; its own words are enough when it fails."""
    given = [word for word in words if word.startswith("BUILD=")]
    build = KIT / (given[0].removeprefix("BUILD=") if given else "build")
    build.mkdir(parents=True, exist_ok=True)
    with (build / ".lock").open("w") as lock:  # as gradings do: see build.py
        fcntl.flock(lock, fcntl.LOCK_EX)
        command = ["make", "-s", "-C", str(KIT), *words]
        if subprocess.run(command, check=False).returncode:
            raise Infrastructure(f"make {' '.join(words)} failed")


def in_kit(path: Path) -> str:
    """As make calls it: by any other name, it would not know what depends on it."""
    return os.path.relpath(path, KIT)


def follow(machine: Machine) -> Iterator[str]:
    """The lines of the console as they come, until the machine has ended."""
    rest = ""
    with (machine.dir / "console.log").open(errors="replace", newline="") as file:
        running = True
        while running:
            running = machine.poll()
            rest += file.read()
            *lines, rest = rest.split("\n")
            yield from (line.rstrip("\r") for line in lines)
            time.sleep(0.01)
    if rest:
        yield rest.rstrip("\r")


@dataclass
class Shown:
    """One run: its console, QEMU's exit status and the wall-clock seconds."""

    lines: list[str]
    status: int
    seconds: float

    def matching(self, pattern: str) -> str:
        """The first part of the console that matches, or ""."""
        for line in self.lines:
            if found := re.search(pattern, line):
                return found[0]
        return ""


def run(setup: Setup, vm: Vm, folder: Path, append: str = "") -> Shown:
    """Boot one VM and print its console while it runs."""
    start = time.monotonic()
    lines = []
    with Machine(setup, [vm], folder, Board(BUDGET, append=append)) as machine:
        for line in follow(machine):
            print(line, flush=True)
            lines.append(line)
        status = machine.process.wait()
    return Shown(lines, status, time.monotonic() - start)


def linux(lab: str, base: str, impl: str, build: Path) -> int:
    """How far Linux gets. The exit code is 0 if the lab's rung is reached."""
    folder = build / f"{lab}-{base}-{impl}"
    make("hv", f"LAB={lab}", f"BASE={base}", f"IMPL={impl}", f"OUT={in_kit(folder)}")
    make("linux-vm", f"LAB={lab}")
    setup = Setup(QEMU, folder / "hv.elf", build / "vms" / lab)
    rung = LADDER[lab]
    shown = run(setup, Vm("linux"), folder / "linux", rung.append)
    kernel_lines = sum(line.startswith("[ ") for line in shown.lines)
    reached = shown.matching(rung.pattern)
    print()
    print(f"Linux printed {kernel_lines} lines in {shown.seconds:.1f} s.", end=" ")
    print(f"The run ended: {EXIT_WORDS.get(shown.status, shown.status)}.")
    if reached:
        print(f"Lab {lab}, reached: {rung.words} ({reached}).\n{rung.then}")
    else:
        print(f"Lab {lab}, not reached yet: {rung.words}.")
    return 0 if reached else 1
