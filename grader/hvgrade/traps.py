"""The second witness: QEMU's own log of every trap the machine took (-d int).

The code under test cannot write this log. A line gives hart, cause and epc;
the ELF files of the guests and of the hypervisor give the function. The log
does not say whether the hart was in VS-mode, but some causes do: 10 and 20 to
23 come only from a guest, 9 only from the hypervisor.
"""

import bisect
import os
import re
import struct
from collections.abc import Callable, Iterator
from functools import cached_property, lru_cache
from pathlib import Path
from typing import NamedTuple

from .verdict import Infrastructure

TRAP_LOG_CAP = 32 << 20  # bytes, about 230,000 traps

_PREFIX = "riscv_cpu_do_interrupt:"
_STEP = "Trace "
_LINE = re.compile(
    _PREFIX + r" hart:(\d+), async:([01]), cause:([0-9a-f]{1,16}), "
    r"epc:0x([0-9a-f]{1,16}), tval:0x([0-9a-f]{1,16}), desc=(\S*)\s*"
)
_EXCEPTIONS = {
    0: "instruction address misaligned",
    1: "instruction access fault",
    2: "illegal instruction",
    3: "breakpoint",
    4: "load address misaligned",
    5: "load access fault",
    6: "store/AMO address misaligned",
    7: "store/AMO access fault",
    8: "environment call from U-mode or VU-mode",
    9: "environment call from HS-mode",
    10: "environment call from VS-mode",
    11: "environment call from M-mode",
    12: "instruction page fault",
    13: "load page fault",
    15: "store/AMO page fault",
    20: "instruction guest-page fault",
    21: "load guest-page fault",
    22: "virtual instruction",
    23: "store/AMO guest-page fault",
}
_INTERRUPTS = {
    1: "supervisor software interrupt",
    2: "VS software interrupt",
    3: "machine software interrupt",
    5: "supervisor timer interrupt",
    6: "VS timer interrupt",
    7: "machine timer interrupt",
    9: "supervisor external interrupt",
    10: "VS external interrupt",
    11: "machine external interrupt",
    12: "supervisor guest external interrupt",
}
_GUEST_ONLY = {10, 20, 21, 22, 23}
_HV_ONLY = {9}
_STT_NOTYPE, _STT_FUNC = 0, 2
HV = "hv"


class Trap(NamedTuple):
    hart: int
    is_async: bool  # an interrupt, not an exception
    cause: int
    epc: int
    tval: int
    desc: str  # QEMU's name for the cause; cause_words() is ours

    @property
    def words(self) -> str:
        return cause_words(self.cause, self.is_async)


def cause_words(cause: int, is_async: bool = False) -> str:
    names = _INTERRUPTS if is_async else _EXCEPTIONS
    return names.get(cause, f"cause {cause}")


class Symbols:
    """The functions of one ELF file. A file that is no ELF has none."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.code: list[range] = []
        self.end = 0  # the symbol _end: behind all that the file loads
        self._ranges: dict[str, range] = {}
        with path.open("rb") as file:
            if file.read(4) == b"\x7fELF":
                file.seek(0)
                self._read(file)
        spans = sorted((r.start, r.stop, name) for name, r in self._ranges.items())
        self._starts = [start for start, _, _ in spans]
        self._spans = spans

    def _read(self, file: object) -> None:
        from elftools.elf.elffile import ELFFile  # slow to import, rarely needed

        elf = ELFFile(file)
        for section in elf.iter_sections():
            if section["sh_flags"] & 4 and section["sh_size"]:  # SHF_EXECINSTR
                start = section["sh_addr"]
                self.code.append(range(start, start + section["sh_size"]))
        table = elf.get_section_by_name(".symtab")
        names = elf.get_section(table["sh_link"]).data() if table else b""
        found: list[tuple[int, int, str]] = []
        # By hand, as there are thousands: name, info, other, section, value, size.
        for row in struct.iter_unpack("<IBBHQQ", table.data() if table else b""):
            name = names[row[0] : names.find(b"\0", row[0])].decode(errors="replace")
            kind, address = row[1] & 15, row[4]
            if name == "_end":
                self.end = address
            named = name and not name.startswith(("$", ".L"))
            if named and kind in (_STT_NOTYPE, _STT_FUNC) and self.has(address):
                found.append((address, row[5], name))
        starts = sorted({address for address, _, _ in found})
        for address, size, name in found:
            if not size:  # assembly without .size: up to the next symbol
                after = bisect.bisect_right(starts, address)
                end = next(c.stop for c in self.code if address in c)
                size = min([end, *starts[after : after + 1]]) - address
            self._ranges.setdefault(name, range(address, address + size))

    def has(self, address: int) -> bool:
        """Is address inside this file's code?"""
        return any(address in code for code in self.code)

    def find(self, name: str) -> range | None:
        """The addresses of the function of that name."""
        return self._ranges.get(name)

    def at(self, address: int) -> str | None:
        """ "name+0x4" for an address inside this file's code."""
        if not self.has(address):
            return None
        index = bisect.bisect_right(self._starts, address) - 1
        if index < 0:
            return f"{address:#x}"
        start, _, name = self._spans[index]
        return f"{name}+{address - start:#x}" if address != start else name


@lru_cache
def _symbols(elf: Path, status: tuple[int, ...]) -> Symbols:
    """Read once, though many runs have the same ELF files."""
    return Symbols(elf)


def symbols(elf: Path) -> Symbols:
    """The functions of an ELF file."""
    status = os.stat(elf)
    return _symbols(elf, (status.st_ino, status.st_size, status.st_mtime_ns))


class TrapLog:
    """The traps of one run, and the ELF files that can name their addresses."""

    def __init__(self, path: Path, elfs: dict[str, Path], cap: int = TRAP_LOG_CAP):
        """elfs: the kernel of each guest by the VM's name, and hv.elf as "hv"."""
        self.path = path
        self.symbols = {name: symbols(elf) for name, elf in elfs.items()}
        try:
            self.flooded = path.stat().st_size > cap
        except OSError as error:
            raise Infrastructure(f"QEMU left no trap log: {error}") from error
        self._cap = cap
        self._steps: list[int] = []  # after each trap; annotate() leaves them out

    def __iter__(self) -> Iterator[Trap]:
        """Reads the log line by line. A form that is not known is an error."""
        left, self._steps = self._cap, []
        with self.path.open(encoding="ascii", errors="replace") as file:
            for line in file:
                left -= len(line)
                if left < 0 or not line.endswith("\n"):
                    return  # QEMU was killed in the middle of a line
                match = _LINE.match(line)
                if match:
                    hart, is_async, cause, epc, tval, desc = match.groups()
                    self._steps.append(0)
                    numbers = int(cause, 16), int(epc, 16), int(tval, 16)
                    yield Trap(int(hart), is_async == "1", *numbers, desc)
                elif line.startswith(_STEP) and self._steps:
                    self._steps[-1] += 1
                elif line.startswith(_PREFIX):
                    raise Infrastructure(f"unknown form of trap log: {line.strip()}")

    @cached_property
    def traps(self) -> list[Trap]:
        return list(self)

    def steps_since(self, cause: int) -> int:
        """How often a hart was set going after the first exception of that cause.

        QEMU records it with -d exec. A hart that sleeps is not set going; one
        whose wfi ends at once is, behind each of them.
        """
        causes = [None if trap.is_async else trap.cause for trap in self.traps]
        return sum(self._steps[causes.index(cause) :]) if cause in causes else 0

    def where(self, trap: Trap) -> str:
        """The function that trapped: "sbi_ecall+0x4 in hello"."""
        names = []
        for name, symbols in self.symbols.items():
            others = _GUEST_ONLY if name == HV else _HV_ONLY
            at = symbols.at(trap.epc)
            if at and (trap.is_async or trap.cause not in others):
                names.append(f"{at} in {name}")
        return " or ".join(names) or f"{trap.epc:#x}"

    def inside(self, vm: str | None, symbol: str | None) -> Callable[[Trap], bool]:
        """Did a trap happen in that VM's code, and there in that function?"""
        if vm is None and symbol is None:
            return lambda trap: True
        guests = [name for name in self.symbols if name != HV]
        if vm is None and len(guests) != 1:
            raise Infrastructure(f"inside {symbol!r}: say in which of {guests}")
        name = vm or guests[0]
        found = self.symbols.get(name)
        if found is None or not found.code:
            raise Infrastructure(f"there are no symbols of {name}")
        spans = found.code
        if symbol is not None:
            span = found.find(symbol)
            if span is None:
                raise Infrastructure(f"{found.path}: there is no function {symbol!r}")
            spans = [span]
        return lambda trap: any(trap.epc in span for span in spans)

    def select(
        self,
        cause: int | None = None,
        *,
        vm: str | None = None,
        inside: str | None = None,
        is_async: bool = False,
    ) -> list[Trap]:
        """The traps of that cause (any, if None) from that place (any, if None)."""
        here = self.inside(vm, inside)
        return [
            trap
            for trap in self.traps
            if (cause is None or (trap.cause, trap.is_async) == (cause, is_async))
            and here(trap)
        ]

    def annotate(self) -> None:
        """Rewrites the log: every line gains the cause in words and the function."""
        part = self.path.with_suffix(".part")
        places: dict[tuple[int, bool, int], str] = {}  # guests trap in loops
        with part.open("w") as file:
            for trap in self.traps:
                key = trap.epc, trap.is_async, trap.cause
                if key not in places:
                    places[key] = self.where(trap)
                kind = "interrupt" if trap.is_async else "exception"
                file.write(
                    f"{_PREFIX} hart:{trap.hart}, async:{trap.is_async:d}, "
                    f"cause:{trap.cause:016x}, epc:0x{trap.epc:016x}, "
                    f"tval:0x{trap.tval:016x}, desc={trap.desc}"
                    f"  # {kind}: {trap.words}, at {places[key]}\n"
                )
        part.replace(self.path)
