"""The command line of QEMU: the machine that every run has."""

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from .verdict import Infrastructure
from .vms import Setup

QEMU = "qemu-system-riscv64"
SECCOMP = "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny"
FLASH = 0x22000000  # bank 1 of QEMU virt's pflash
BUDGET_ADDRESS = 0x8000FFF8  # where M-mode looks for the budget, in ticks
VMS, TRAPS = "vms.cpio", "traps.log"  # in the folder of a run
INSTRUCTIONS_PER_TICK = 100  # mtime runs at 10 MHz, and -icount shift=0 at 1 GHz
# Idle time passes as on the wall, or is skipped. To skip it, QEMU's main loop
# turns the clock on as soon as it sees the hart asleep, and on a loaded machine
# that may be before the last instructions of the hart are counted: these then
# come on top, and a timer is late. While QEMU records (to nowhere), the main
# loop and the hart take turns, so that the clock depends on the guest alone.
# It aborts when a hart that has not trapped for 2^31 instructions stops: then
# the budget, a trap, must come first, and M-mode must not spin when it is over.
_REAL_IDLE = "shift=0,sleep=on"
_NO_IDLE = "shift=0,sleep=off"
RECORDED = f"{_NO_IDLE},rr=record,rrfile=/dev/null"
RECORD_MAX = (1 << 31) - (1 << 20)  # instructions


@dataclass(frozen=True)
class Board:
    """The machine of a run, and how long it runs at most."""

    budget: int = 100_000_000  # instructions
    cpu: str = "rv64"
    memory: str = "1G"
    append: str = ""  # to the hypervisor
    flash: bytes = b""  # what the machine's own pflash holds, from the start of bank 1
    steps: bool = False  # the log of traps also has what TrapLog.steps_since() counts
    interactive: bool = False  # idle time passes in real time, so that input can arrive

    @property
    def icount(self) -> str:
        """How virtual time passes."""
        if self.interactive:
            return _REAL_IDLE
        return RECORDED if self.budget < RECORD_MAX else _NO_IDLE


def qemu_version(qemu: str) -> str:
    """The version of QEMU, e.g. "7.2.22"."""
    try:
        done = subprocess.run(
            [qemu, "--version"], capture_output=True, text=True, timeout=60, check=True
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise Infrastructure(f"{qemu} could not be started: {error}") from error
    found = re.search(r"version (\S+)", done.stdout)
    return found[1] if found else "unknown"


def command(setup: Setup, folder: Path, board: Board) -> list[str]:
    """Of a run in this folder, where VMS lies ready, and the flash will."""
    argv = [setup.qemu, "-machine", "virt", "-cpu", board.cpu, "-m", board.memory]
    # No device but the board's own, no monitor, and no system call that
    # QEMU does not need for that. Ctrl-A X still leaves.
    argv += ["-bios", "none", "-nodefaults", "-display", "none"]
    argv += ["-chardev", "stdio,id=tty,mux=on,signal=off"]
    argv += ["-serial", "chardev:tty", "-sandbox", SECCOMP]
    # Its DMA would write over M-mode: devices know nothing of PMP.
    argv += ["-global", "fw_cfg_mem.dma_enabled=off"]
    argv += ["-kernel", str(setup.hv), "-initrd", str(folder / VMS)]
    argv += ["-append", board.append] if board.append else []
    argv += ["-icount", board.icount]
    # Devices that know what time it is: virtual, as all time here.
    argv += ["-rtc", "clock=vm"]
    argv += ["-d", "int,exec" if board.steps else "int", "-D", str(folder / TRAPS)]
    ticks = max(1, board.budget // INSTRUCTIONS_PER_TICK)
    loader = f"loader,addr={BUDGET_ADDRESS:#x},data={ticks},data-len=8"
    argv += ["-device", loader]
    if board.flash:
        (folder / "flash").write_bytes(board.flash)
        loader = f"loader,addr={FLASH:#x},force-raw=on,file={folder / 'flash'}"
        argv += ["-device", loader]
    return argv
