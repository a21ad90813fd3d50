"""hv guest, hv break: a guest's own symbols, and stops that are only its.

Guests share their addresses with each other, and from lab h2 on with M-mode.
So the symbols of one guest are there at a time, and a breakpoint at one of its
addresses has a condition: $in_guest, which asks for V = 1 and the vCPU.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import gdb

from .machine import Problem, hypervisor, running_vm
from .session import Session, loaded_at


@dataclass
class _Guest:
    """The guest whose symbols are there; "" for none."""

    name: str = ""
    path: Path = Path()
    ranges: list[range] = field(default_factory=list)

    def has(self, address: int) -> bool:
        return any(address in each for each in self.ranges)


class Guests:
    def __init__(self, session: Session) -> None:
        self.session = session
        self.guest = _Guest()
        self.hint = ""
        gdb.events.breakpoint_created.connect(self._keep_in_guest)
        gdb.events.stop.connect(self._whose)

    def symbol(self, vm: str, address: int) -> str:
        """<function+offset> in that VM, if its symbols are there; else ""."""
        if vm != self.guest.name:
            return ""
        said = gdb.execute(f"info symbol 0x{address:x}", to_string=True)
        for line in said.splitlines():
            found = re.match(r"(\S+)(?: \+ (\d+))? in section \S+ of (.*)", line)
            if found and Path(found[3]).resolve() == self.guest.path:
                return f"<{found[1]}+{found[2] or 0}>"
        return ""

    def load(self, name: str) -> None:
        """Makes the symbols those of this VM."""
        if name == self.guest.name:
            return
        if name not in self.session.vms:
            names = ", ".join(self.session.vms)
            raise Problem(f"there is no VM {name}: {names}")
        path = (self.session.vms[name] / "kernel").resolve()
        try:
            ranges = loaded_at(path)
        except OSError as error:
            raise Problem(f"{path}: {error.strerror}") from None
        if ranges is None:
            raise Problem(f"the kernel of {name} is an Image, without symbols")
        moved = self._unload()
        gdb.execute(f"add-symbol-file {path}", to_string=True)
        self.guest = _Guest(name, path, ranges)
        for address, condition, enabled in moved:
            point = gdb.Breakpoint(f"*0x{address:x}")
            point.condition, point.enabled = condition, enabled

    def _unload(self) -> list[tuple[int, str, bool]]:
        """Takes the symbols away, and with them the breakpoints: gdb cannot
        bear those in a file that goes. Says where they were."""
        moved = []
        for point in gdb.breakpoints():
            places = [place.address for place in point.locations or ()]
            if any(self.guest.has(address) for address in places):
                moved += [(a, point.condition, point.enabled) for a in places]
                point.delete()
        if self.guest.name:
            start = self.guest.ranges[0].start
            gdb.execute(f"remove-symbol-file -a 0x{start:x}", to_string=True)
        return moved

    def _keep_in_guest(self, point: Any) -> None:
        """A new breakpoint in the guest must not stop anybody else there."""
        if point.type != gdb.BP_BREAKPOINT or not point.is_valid():
            return
        if any(self.guest.has(place.address) for place in point.locations or ()):
            own = f'$in_guest("{self.guest.name}")'
            more = f" && ({point.condition})" if point.condition else ""
            point.condition = own + more

    def _whose(self, event: Any) -> None:
        """After a stop in a guest whose symbols are not there."""
        try:
            name = running_vm()
        except (Problem, gdb.error, gdb.MemoryError):
            return
        other = name and name != self.guest.name and name in self.session.vms
        if other and self.hint != name and self.guest.name:
            print(
                f"hv: this is VM {name}; names are {self.guest.name}'s: hv guest {name}"
            )
        self.hint = name

    # ---- the commands ----------------------------------------------------------

    def show(self, argument: str) -> None:
        """hv guest [VM]"""
        if argument:
            hypervisor()
            self.load(argument)
            print(
                f"hv: names and lines are those of {argument} too, from {self.guest.path}"
            )
            return
        for name, folder in self.session.vms.items():
            mark = "*" if name == self.guest.name else " "
            print(f"{mark} {name:<16} {folder}/kernel")

    def stop_at(self, argument: str) -> None:
        """hv break VM PLACE [if CONDITION]"""
        name, _, place = argument.partition(" ")
        if not place:
            raise Problem("hv break VM PLACE: a function, FILE:LINE, or *ADDRESS")
        self.load(name)
        rest, lines = gdb.decode_line(place)
        there = [line.pc for line in lines or () if self.guest.has(line.pc)]
        if not there:
            raise Problem(f"{place} is not in the guest {name}")
        point = gdb.Breakpoint(f"*0x{there[0]:x}")
        if rest:
            condition = rest.strip().removeprefix("if ").strip()
            point.condition = f"{point.condition} && ({condition})"


class InGuest(gdb.Function):
    """$in_guest("VM"): does that VM run right now?"""

    def __init__(self) -> None:
        super().__init__("in_guest")

    def invoke(self, name: Any) -> int:
        try:
            return int(running_vm() == name.string())
        except Problem:
            return 0
