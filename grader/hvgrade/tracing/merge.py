"""A traced run as a timeline: QEMU's trap log and the ring, made into one.

The log (traps.py) has every trap in order, but no time, and the code under
test cannot touch it. The ring (ring.py) has times, but only of what passes
through given code. Where the ring has nothing, because the world switch is
broken or was never reached, the order of the log is what is left.
"""

from collections.abc import Container, Iterator, Sequence
from pathlib import Path

from ..traps import HV, Trap, TrapLog
from .exits import Reader, world_switch
from .ring import Ring
from .timeline import (
    EXIT,
    GUEST_PAGE_FAULTS,
    HOST,
    HOST_LANE,
    INNER,
    VIRTUAL_INSTRUCTION,
    VS_ECALL,
    Event,
    Timeline,
)
from .ways import follow

_MACHINE = {3, 7, 11}  # interrupts of M-mode
# What no guest can take itself, and what h1.h does not let it (hedeleg).
_ONLY_EXITS = (*GUEST_PAGE_FAULTS, VS_ECALL, VIRTUAL_INSTRUCTION)
_NOT_DELEGATED = (*_ONLY_EXITS, 1, 2, 5, 7)


def _may_fault(hv: Path) -> set[int]:
    """Instructions of the hypervisor that are allowed to trap: .extable."""
    from elftools.elf.elffile import ELFFile

    with hv.open("rb") as file:
        elf = ELFFile(file)
        table = elf.get_section_by_name(".symtab")
        found = [table.get_symbol_by_name(name) for name in ("_extable", "_eextable")]
        data = elf.get_section_by_name(".rodata")
        if not all(found) or data is None:
            return set()
        start, end = (symbols[0]["st_value"] - data["sh_addr"] for symbols in found)
        rows = data.data()[start:end]
    return {int.from_bytes(rows[i : i + 8], "little") for i in range(0, len(rows), 16)}


def match(traps: Sequence[Trap], exits: Sequence[Event], wrapped: bool) -> list[int]:
    """For each trap, the number of the exit that it is, or -1.

    Both are in order, and a cause that is the guest's own is never an exit. The
    first is the first, unless the ring has lost it: then the last is the last.
    """
    step = -1 if wrapped else 1
    found = [-1] * len(traps)
    at = len(exits) - 1 if wrapped else 0
    for i in range(len(traps))[::step]:
        if not 0 <= at < len(exits):
            break
        trap, exit_ = traps[i], exits[at]
        if (trap.cause, trap.is_async, trap.epc) == (
            exit_.cause,
            exit_.is_async,
            exit_.epc,
        ):
            found[i] = at
            at += step
    return found


class _Rest:
    """Traps that are no exits of the ring: whose they are, and about when."""

    def __init__(self, log: TrapLog, vms: Sequence[str], hv: Path) -> None:
        self.log, self.vms = log, vms
        self._may_fault = _may_fault(hv)
        self._seen: dict[tuple[int, int], int] = {}

    def lane(self, trap: Trap, vm: int) -> int:
        """HOST_LANE, or the VM: the given one, if there is no better reason."""
        if trap.is_async and trap.cause in _MACHINE or trap.epc in self._may_fault:
            return HOST_LANE
        key = trap.epc, vm
        if key not in self._seen:
            self._seen[key] = self._by_address(trap, vm)
        return self._seen[key]

    def _by_address(self, trap: Trap, vm: int) -> int:
        guests = [
            i
            for i, name in enumerate(self.vms)
            if name in self.log.symbols and self.log.symbols[name].has(trap.epc)
        ]
        if vm in guests or not guests and vm >= 0 and not self._in_hv(trap):
            return vm
        if guests:
            return guests[0]
        return HOST_LANE if self._in_hv(trap) or not self.vms else 0

    def _in_hv(self, trap: Trap) -> bool:
        return HV in self.log.symbols and self.log.symbols[HV].has(trap.epc)


def _spread(
    traps: Sequence[tuple[Trap, int]], start: float, span: float, exits: Container[int]
) -> Iterator[Event]:
    """Traps with their lanes, one after the other in that time."""
    for i, (trap, lane) in enumerate(traps, 1):
        kind = HOST if lane == HOST_LANE else INNER
        if kind == INNER and not trap.is_async and trap.cause in exits:
            kind = EXIT  # one that never came as far as the ring
        detail = f"tval {trap.tval:#x}" if trap.tval and not trap.is_async else ""
        at = start + span * i / (len(traps) + 1)
        yield Event(
            kind, lane, trap.cause, trap.is_async, trap.epc, detail, at, exact=False
        )


def _gap(
    traps: Sequence[Trap], before: Event | None, after: Event, rest: _Rest
) -> Iterator[Event]:
    """Traps between two exits: while the first is handled, or the guest runs."""
    lanes = [(trap, rest.lane(trap, after.vm)) for trap in traps]
    host = [pair for pair in lanes if pair[1] == HOST_LANE]
    guest = [pair for pair in lanes if pair[1] != HOST_LANE]
    if before:
        yield from _spread(host, before.start, before.span, ())
    yield from _spread(guest, after.start - after.ran, after.ran, _ONLY_EXITS)


def _tail(
    traps: Sequence[Trap], before: Event | None, rest: _Rest, end: float
) -> Iterator[Event]:
    """Traps after the last exit that the ring knows. They may be exits as well."""
    start = before.start + before.span if before else end
    lanes = [(trap, rest.lane(trap, before.vm if before else 0)) for trap in traps]
    yield from _spread(lanes, start, max(end - start, len(traps)), _NOT_DELEGATED)


def _add_rest(
    traps: Sequence[Trap],
    exits: list[Event],
    found: list[int],
    rest: _Rest,
    end: float,
    wrapped: bool,
) -> list[Event]:
    """The exits and all other traps, in order."""
    events: list[Event] = []
    waiting: list[Trap] = []
    before: Event | None = None
    for trap, number in zip(traps, found, strict=True):
        if number < 0:
            waiting.append(trap)
            continue
        if before or not wrapped:  # else the ring has lost what was there
            events += _gap(waiting, before, exits[number], rest)
        before, waiting = exits[number], []
    if before or not exits:
        events += _tail(waiting, before, rest, end)
    return sorted([*exits, *events], key=lambda event: event.start)


def build(
    log: TrapLog, ring: Ring, hv: Path, names: Sequence[str], end: float = 0
) -> Timeline:
    """The timeline of a run. names: the VMs', if the ring does not tell them.

    end: when it ended, in instructions, if that is known.
    """
    switch = world_switch(hv)
    reader = Reader(ring, switch, end)
    vms = ring.vms or list(names)
    vms += [f"VM {i}" for i in range(len(vms), 1 + max([-1, *_lanes(reader)]))]
    traps, wrapped = log.traps, ring.lost > 0
    found = match(traps, reader.events, wrapped)
    last = max(end, ring.records[-1].when if ring.records else 0.0)
    rest = _Rest(log, vms, hv)
    matched = sum(number >= 0 for number in found)
    events = _add_rest(traps, reader.events, found, rest, last, wrapped)
    # One guest that was entered and never left again has a time, too.
    guests = any(event.kind != HOST for event in events)
    timed = bool(reader.events or reader.tail and not guests)
    if not timed:
        for order, event in enumerate(events):
            event.start, event.span = float(order), 0.6
    return Timeline(
        vms=vms,
        timed=timed,
        events=events,
        turns=reader.turns if timed else [],
        idle=reader.idle if timed else [],
        tail=reader.tail,
        ways=follow(ring, reader, events),
        lost=ring.lost,
        unmatched=len(reader.events) - matched if not log.flooded else 0,
        switch=switch,
        symbols=log,
    )


def _lanes(reader: Reader) -> set[int]:
    return {event.vm for event in reader.events}
