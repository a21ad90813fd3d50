"""Debian Linux for `make bench`: on the hypervisor, and on QEMU with OpenSBI."""

import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from .benchjobs import LAB, MIB, VMS, Job, sleepers
from .benchrun import SEED, Figure, Runner
from .lab import KIT
from .machine import Vm
from .qemu import QEMU, RECORDED
from .several import memory
from .show import in_kit, make
from .verdict import Infrastructure

LINUXES = (1, 2, 4)  # as many as have room on a machine of 1 GiB


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
    argv += ["-icount", RECORDED]
    argv += ["-rtc", "clock=vm", "-seed", str(SEED)]
    done = subprocess.run(
        argv, stdin=subprocess.DEVNULL, capture_output=True, timeout=300, check=False
    )
    return done.stdout.decode(errors="replace")
