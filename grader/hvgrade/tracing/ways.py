"""The way of each interrupt: the wire, hvip, the guest, its claim, its completion."""

from collections.abc import Sequence

from .exits import Reader
from .ring import Record, Ring, What
from .sbinames import sbi_name
from .timeline import (
    EXIT,
    HOST_LANE,
    INNER,
    TIMER_CALLS,
    VSEI,
    VSSI,
    VSTI,
    Event,
    Way,
)


_TAKEN = "taken by the guest"


class _Ways:
    """Follows each interrupt through the records and the guest's own traps."""

    def __init__(self) -> None:
        self.ways: list[Way] = []
        self._claims: list[Record] = []  # on the hardware, not raised yet
        self._line: Record | None = None  # just set high by an emulated device
        self._raised: dict[tuple[int, int], Way] = {}  # by VM and interrupt
        self._by_source: dict[tuple[int, int], Way] = {}
        self._taken: dict[int, Event] = {}  # by VM: the last external one
        self._completed: tuple[int, Way] | None = None

    def _new(self, name: str, vm: int) -> Way:
        self.ways.append(Way(name, vm))
        return self.ways[-1]

    def taken(self, event: Event) -> None:
        """The guest takes an interrupt. An external one is whose it claims then."""
        way = self._raised.get((event.vm, event.cause))
        if event.cause == VSEI:
            self._taken[event.vm] = event
        elif way and len(way.stations) < 3:
            way.add(event.start, event.vm, _TAKEN)

    def timer_set(self, event: Event) -> None:
        """The guest sets its timer: the last interrupt of it is over."""
        way = self._raised.pop((event.vm, VSTI), None)
        if way:
            way.add(event.start, event.vm, "over: the guest sets its timer again")

    def take(self, record: Record, within: Event | None) -> None:
        what, vm, number = record.what, record.vm, record.number
        if what == What.CLAIM:
            self._claims.append(record)
        elif what == What.LINE_HIGH:
            self._line = record
        elif what == What.RAISE:
            self._raise(record, within)
        elif what == What.VCLAIM and number:
            self._claim(record, within)
        elif what == What.VCOMPLETE:
            done = self._by_source.pop((vm, number), None)
            if done:
                at = within.start if within else record.when
                done.add(at, vm, "completed by the guest")
                self._completed = number, done
        elif what == What.COMPLETE:
            self._complete(record)

    def _raise(self, record: Record, within: Event | None) -> None:
        vm, irq, when = record.vm, record.number, record.when
        if irq != VSEI:
            name = {VSTI: "timer", VSSI: "software interrupt"}.get(irq, f"hvip {irq}")
            if (vm, irq) not in self._raised:
                way = self._new(name, vm)
                trapped = within and within.is_async  # else the host was idle
                at = within.start if within and trapped else when
                what = "the host's timer" if irq == VSTI else "asked for by the guest"
                way.add(at, HOST_LANE, what)
                way.add(when, HOST_LANE, "injected: hvip")
                self._raised[vm, irq] = way
            return
        for claim in self._claims:
            self._wire(claim, "claimed on the hardware", record)
        if self._line:
            self._wire(self._line, "an emulated device raises its line", record)
        self._claims, self._line = [], None

    def _wire(self, wire: Record, what: str, record: Record) -> None:
        key = record.vm, wire.number
        if key in self._by_source:
            return
        way = self._new(f"source {wire.number}", record.vm)
        way.add(wire.when, HOST_LANE, what)
        way.add(record.when, HOST_LANE, "injected: hvip.VSEIP")
        self._by_source[key] = way

    def _claim(self, record: Record, within: Event | None) -> None:
        key = record.vm, record.number
        way = self._by_source.get(key) or self._new(
            f"source {record.number}", record.vm
        )
        self._by_source[key] = way
        taken = self._taken.get(record.vm)
        if taken and (not way.stations or taken.start >= way.stations[-1].at):
            way.add(taken.start, record.vm, _TAKEN)
        at = within.start if within else record.when
        way.add(at, record.vm, "claimed by the guest")

    def _complete(self, record: Record) -> None:
        for claim in self._claims:
            if claim.number == record.number:  # the host's own
                way = self._new(f"source {record.number}", HOST_LANE)
                way.add(claim.when, HOST_LANE, "claimed on the hardware")
                way.add(record.when, HOST_LANE, "completed: it is the host's own")
        self._claims = [c for c in self._claims if c.number != record.number]
        if self._completed and self._completed[0] == record.number:
            self._completed[1].add(record.when, HOST_LANE, "completed on the hardware")
            self._completed = None


def follow(ring: Ring, reader: Reader, events: Sequence[Event]) -> list[Way]:
    steps: list[tuple[float, int, Record | Event, Event | None]] = [
        (record.when, 1, record, within)
        for record, within in zip(ring.records, reader.within, strict=True)
    ]
    steps += [(e.start, 0, e, None) for e in events if e.kind == INNER and e.is_async]
    timers = {sbi_name(extension, 0) for extension in TIMER_CALLS}
    steps += [
        (e.start, 0, e, None) for e in events if e.kind == EXIT and e.detail in timers
    ]
    ways = _Ways()
    for _, _, step, within in sorted(steps, key=lambda step: step[:2]):
        if isinstance(step, Record):
            ways.take(step, within)
        elif step.kind == INNER:
            ways.taken(step)
        else:
            ways.timer_set(step)
    return [way for way in ways.ways if len(way.stations) > 1]
