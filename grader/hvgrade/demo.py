"""What `make demo` does: the whole system, with somebody at the keyboard.

A real-time guest and two Debian Linux share one hart. One Linux is made to
crash, and starts afresh while the others run on. Then both power off, and the
hypervisor prints what each of its VMs has had.
"""

import io
import re
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pexpect

from .qemu import QEMU
from .show import EXIT_WORDS, in_kit, make
from .verdict import Infrastructure

LAB = "h5"
PATIENCE = 120  # seconds for one answer: nothing comes near it
SWITCH = "\x14"  # Ctrl-T
TICKS, PERIOD = 301, 10000  # of the real-time guest; microseconds
MACHINE = "-machine virt -cpu rv64 -m 1G -nographic -bios none".split()
VIRTUAL_TIME = ["-icount", "shift=0"]  # lateness is the hypervisor's, not the machine's
KEYS = """\
Two Linux and a real-time guest. root has no password.
    Ctrl-T       the keyboard goes to the next VM
    Ctrl-A X     leave
"""


@dataclass(frozen=True)
class Seen:
    """One line of the summary."""

    name: str
    words: str
    good: bool = True


class _Screen(io.StringIO):
    """Shows what it keeps."""

    def write(self, text: str) -> int:
        sys.stdout.write(text)
        sys.stdout.flush()
        return super().write(text)


class Session:
    """Somebody at the terminal of all VMs."""

    def __init__(self, argv: list[str]) -> None:
        self._screen = _Screen(newline="")
        self._qemu = pexpect.spawn(
            argv[0],
            [*argv[1:], *VIRTUAL_TIME],
            timeout=PATIENCE,
            encoding="utf-8",
            echo=False,
        )
        self._qemu.logfile_read = self._screen

    def wait(self, pattern: str) -> None:
        """Infrastructure, if it never comes."""
        try:
            self._qemu.expect(pattern)
        except (pexpect.EOF, pexpect.TIMEOUT):
            self._qemu.close(force=True)
            print()
            raise Infrastructure(f"never seen: {pattern}") from None

    def wait_in(self, vm: str, pattern: str) -> None:
        """The same, in a line of one VM, whatever the others say meanwhile."""
        self.wait(rf"\[{vm}\][^\n]*?{pattern}")

    def type(self, text: str) -> None:
        self._qemu.send(text)

    def moved(self) -> str:
        """Waits until the hypervisor says that the keyboard is another VM's."""
        self.wait(r"hv: the keyboard is (\w+)'s now")
        return str(self._qemu.match.group(1))

    def focus(self, vm: str, now: str = "") -> None:
        """Gives the keyboard to a VM; now says who has it."""
        while now != vm:
            self.type(SWITCH)
            now = self.moved()

    def log_in(self, vm: str) -> None:
        self.type("root\r")
        self.wait_in(vm, "# ")

    def end(self) -> tuple[int, str]:
        """QEMU's exit status, and all that was on the screen."""
        self.wait(pexpect.EOF)
        self._qemu.close()
        status = self._qemu.exitstatus
        return -1 if status is None else status, self._screen.getvalue()


def _archive(build: Path, vms: str) -> list[str]:
    """QEMU's command line for these VMs on the reference."""
    folder = build / f"{LAB}-reference-reference"
    whose = [f"LAB={LAB}", "BASE=reference", "IMPL=reference"]
    where = [f"BUILD={in_kit(build)}", f"OUT={in_kit(folder)}"]
    make("archive", *whose, *where, f"VM={vms}", f"ARGS=ticks={TICKS} period={PERIOD}")
    files = ["-kernel", str(folder / "hv.elf"), "-initrd", str(folder / "vms.cpio")]
    return [QEMU, *MACHINE, *files]


def _two_linux(argv: list[str]) -> list[Seen]:
    """A session at the keyboard. What was seen of each VM."""
    session = Session(argv)
    for _ in range(2):
        session.wait("hvlab login: ")
    session.focus("linux")
    session.log_in("linux")
    session.type("echo c > /proc/sysrq-trigger\r")
    session.wait("Kernel panic - not syncing: sysrq triggered crash")
    session.wait("hv: vm linux: starts afresh")
    session.focus("linux2")
    session.log_in("linux2")
    session.type("uname -a; uptime; cat /proc/interrupts\r")
    session.wait_in("linux2", "ttyS0")
    session.wait_in("linux", "hvlab login: ")
    session.type("poweroff -f\r")
    session.wait("hv: vm linux2: stopped: shutdown")
    session.focus("linux", now=session.moved())
    session.log_in("linux")
    session.type("poweroff -f\r")
    session.wait("hv: vm linux: stopped: shutdown")
    status, screen = session.end()
    ticks = re.search(rf"{TICKS} ticks, .* at worst (\d+) us", screen)
    late = f"at worst {ticks[1]} us late" if ticks else "its last line is missing"
    return [
        Seen("tick", f"{TICKS} ticks, {late}", bool(ticks)),
        Seen("linux", "made to crash, started afresh, logged in to, powered off"),
        Seen("linux2", "ran on meanwhile, logged in to, powered off"),
        Seen("hv", EXIT_WORDS.get(status, str(status)), status == 0),
        Seen("memory", "all of it was given back", "not given back" not in screen),
    ]


def _without_linux(argv: list[str]) -> list[Seen]:
    """Debian's kernel could not be had: guests of our own share the hart."""
    session = Session(argv)
    status, screen = session.end()
    ticks = re.search(rf"{TICKS} ticks, .* at worst (\d+) us", screen)
    return [
        Seen("tick", ticks[0] if ticks else "its last line is missing", bool(ticks)),
        Seen("linux", "not run: Debian's kernel could not be had"),
        Seen("hv", EXIT_WORDS.get(status, str(status)), status == 0),
    ]


def demo(build: Path, interactive: bool = False) -> int:
    """The reference on real guests. The exit code is 0 if all went well.

    interactive: the user is at the keyboard, and nothing is judged.
    """
    start = time.monotonic()
    try:
        argv = _archive(build, "tick linux linux2")
    except Infrastructure:
        print("---- without Debian's kernel: guests of our own")
        seen = _without_linux(_archive(build, "tick spin"))
    else:
        if interactive:
            print(KEYS, flush=True)
            return subprocess.run(argv, check=False).returncode
        seen = _two_linux(argv)
    print(f"\n==== make demo: seen in {time.monotonic() - start:.0f} s")
    for each in seen:
        print(f"{each.name:8} {'' if each.good else 'FAILED: '}{each.words}")
    return 0 if all(each.good for each in seen) else 1
