"""The ring from its first record to its last: exits, turns, and idle time."""

from collections.abc import Sequence
from pathlib import Path

from .ring import Record, Ring, What
from .sbinames import sbi_name
from .timeline import EXIT, GUEST_PAGE_FAULTS, VIRTUAL_INSTRUCTION, VS_ECALL, Event

INTERRUPT = 0x8000  # in a record's number
WFI = 0x10500073
_TRAP_ENTRY = 3  # instructions from stvec to vcpu_exit
_MOST_SWITCH = 400  # instructions: what is longer is no world switch
_RET, _SRET = (0x8082, 0x8067), (0x10200073,)


def _straight(hv: Path, name: str, ends: Sequence[int]) -> int:
    """Instructions from a function's first to one of these; 0 if there is none.

    A world switch has no branches: to count is enough.
    """
    from elftools.elf.elffile import ELFFile  # slow to import, rarely needed

    with hv.open("rb") as file:
        elf = ELFFile(file)
        symbols = elf.get_section_by_name(".symtab").get_symbol_by_name(name)
        text = elf.get_section_by_name(".text")
        if not symbols or symbols[0]["st_value"] < text["sh_addr"]:
            return 0
        code = text.data()[symbols[0]["st_value"] - text["sh_addr"] :]
    at = 0
    for count in range(1, _MOST_SWITCH):
        half = int.from_bytes(code[at : at + 2], "little")
        size = 4 if half & 3 == 3 else 2
        if int.from_bytes(code[at : at + size], "little") in ends:
            return count
        at += size
    return 0


def world_switch(hv: Path) -> tuple[int, int]:
    """Instructions from the guest to the host, and back; 0 where it is not known."""
    out = _straight(hv, "vcpu_exit", _RET)
    return out + _TRAP_ENTRY if out else 0, _straight(hv, "vcpu_enter", _SRET)


def _detail(cause: int, is_async: bool, value: int) -> str:
    if is_async:
        return ""
    if cause == VS_ECALL:
        return sbi_name(value >> 32, value & 0xFFFFFFFF)
    if cause in GUEST_PAGE_FAULTS:
        return f"guest-physical {value:#x}"
    if cause == VIRTUAL_INSTRUCTION and value == WFI:
        return "wfi"
    return f"tval {value:#x}" if value else ""


class Reader:
    """The ring, from the first record to the last."""

    def __init__(self, ring: Ring, switch: tuple[int, int], end: float) -> None:
        """end: when the run is known to have ended, or 0."""
        self.out, self.back = switch
        self.events: list[Event] = []
        self.turns: list[tuple[float, float, int]] = []
        self.idle: list[tuple[float, float]] = []
        self.tail: tuple[float, float, int] | None = None
        self.within: list[Event | None] = []  # by record: the exit it belongs to
        self._open: Event | None = None  # the exit that is being handled
        self._entered: dict[int, float] = {}
        self._since: float | None = None  # waits
        self._turn: float = 0
        for record in ring.records:
            self._take(record)
            self.within.append(self._open)
        if ring.records:
            self._finish(ring.records[-1], max(end, ring.records[-1].when))

    def _finish(self, last: Record, end: float) -> None:
        """What went on when the run was cut off."""
        if self._since is not None:
            self._rest(end)
        elif last.what == What.ENTER:
            self.tail = (
                last.when + self.back,
                max(end, last.when + self.back),
                last.vm,
            )
        if self._open:
            self._close(end)
            self.turns.append((self._turn, end, last.vm))

    def _rest(self, until: float) -> None:
        if self._since is None:
            return
        self.idle.append((self._since, until))
        if self._open:
            self._open.idle += until - self._since
        self._since = None

    def _close(self, when: float) -> None:
        if self._open:
            self._open.span = max(0, when - self._open.start)
            self._open = None

    def _take(self, record: Record) -> None:
        when, what, vm = record.when, record.what, record.vm
        if what == What.ENTER:
            self._close(when + self.back)
            self._entered[vm] = when + self.back
        elif what == What.EXIT:
            start = when - self.out
            entered = self._entered.get(vm, start)
            is_async = bool(record.number & INTERRUPT)
            cause = record.number & ~INTERRUPT
            self._open = Event(
                EXIT,
                vm,
                cause,
                is_async,
                record.at,
                _detail(cause, is_async, record.detail),
                start,
                ran=max(0, start - entered),
            )
            self.events.append(self._open)
        elif what == What.TURN:
            self._turn = when
        elif what == What.TURN_OVER:
            self._close(when)
            self.turns.append((self._turn, when, vm))
        elif what in (What.WAIT, What.IDLE):
            self._since = when
        elif what in (What.WAIT_OVER, What.IDLE_OVER):
            self._rest(when)
