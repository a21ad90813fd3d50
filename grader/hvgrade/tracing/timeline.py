"""What a traced run is made into: its traps in time, and the ways of interrupts."""

from dataclasses import dataclass, field

from ..traps import TrapLog

EXIT, INNER, HOST = "exit", "inner", "host"  # an exit, the guest's own, the host's own
HOST_LANE = -1  # the hypervisor's; a VM's lane is its number
TIMER_CALLS = (0, 0x54494D45)  # SBI extensions that set the guest's timer
VS_ECALL, VIRTUAL_INSTRUCTION = 10, 22
GUEST_PAGE_FAULTS = (20, 21, 23)
VSSI, VSTI, VSEI = 2, 6, 10


@dataclass
class Event:
    """A trap: an exit, one that the guest took itself, or one of the host's."""

    kind: str
    vm: int  # its lane; HOST_LANE for the host's own
    cause: int
    is_async: bool
    epc: int
    detail: str  # the SBI call, the address, ...
    start: float
    span: float = 0  # until the guest goes on, or gives up the hart
    idle: float = 0  # of that, waiting
    ran: float = 0  # before it, the guest ran for so long
    exact: bool = True  # else start is a guess: only the order is known


@dataclass
class Station:
    """One stop of an interrupt on its way to the guest and back."""

    at: float
    lane: int
    what: str


@dataclass
class Way:
    """An interrupt, from the wire to its completion."""

    name: str
    vm: int
    stations: list[Station] = field(default_factory=list)

    def add(self, at: float, lane: int, what: str) -> None:
        self.stations.append(Station(at, lane, what))


@dataclass
class Timeline:
    vms: list[str]
    timed: bool  # else the axis is the order of the traps
    events: list[Event]
    turns: list[tuple[float, float, int]]  # from, to, whose
    idle: list[tuple[float, float]]  # the hart had nothing to do
    tail: tuple[float, float, int] | None  # the guest ran on to the end of the run
    ways: list[Way]
    lost: int  # records that the ring had no room for
    unmatched: int  # exits in the ring that QEMU did not record
    switch: tuple[int, int]  # instructions: guest to host, host to guest
    symbols: TrapLog

    @property
    def begin(self) -> float:
        """When the first VM gets the hart: what is before is not shown."""
        starts = [e.start for e in self.events[:1]] + [t[0] for t in self.turns[:1]]
        return min(starts, default=0)

    @property
    def end(self) -> float:
        ends = [e.start + e.span for e in self.events] + [t[1] for t in self.turns]
        ends += [self.tail[1]] if self.tail else []
        return max([1.0, *ends])

    @property
    def exits(self) -> list[Event]:
        return [event for event in self.events if event.kind == EXIT]
