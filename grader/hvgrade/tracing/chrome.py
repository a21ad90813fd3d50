"""A timeline in the Trace Event Format, which Perfetto and Chromium open.

One process, and a thread for each lane. An exit is a complete event ("X") of
the hypervisor's thread, the guest's time between two exits one of its own; what
the guest takes itself is an instant ("i"). An interrupt's way is a flow, which
begins ("s"), goes on ("t") and ends ("f") in slices of its stations.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .timeline import EXIT, HOST_LANE, Timeline, Way
from ..traps import cause_words

PID = 1
_STATION = 0.001  # microseconds: long enough for a slice to hold a flow
Event = dict[str, Any]


def _us(instructions: float) -> float:
    """The format counts in microseconds; an instruction is a nanosecond."""
    return round(instructions / 1000, 3)


def _lane(lane: int) -> int:
    """Thread ids from 1 on: the hypervisor, then the VMs."""
    return lane + 2 if lane != HOST_LANE else 1


def _names(timeline: Timeline) -> Iterator[Event]:
    named = {"ph": "M", "pid": PID, "cat": "__metadata", "ts": 0}
    yield named | {"tid": 1, "name": "process_name", "args": {"name": "hvlab"}}
    for lane, name in enumerate(["hypervisor", *timeline.vms], HOST_LANE):
        tid = _lane(lane)
        yield named | {"tid": tid, "name": "thread_name", "args": {"name": name}}
        yield named | {
            "tid": tid,
            "name": "thread_sort_index",
            "args": {"sort_index": tid},
        }


def _slices(timeline: Timeline) -> Iterator[Event]:
    for event in timeline.events:
        words = cause_words(event.cause, event.is_async)
        args = {"pc": f"{event.epc:#x}", "cause": event.cause}
        if event.detail:
            args["detail"] = event.detail
        if event.kind != EXIT:
            yield {
                "ph": "i",
                "pid": PID,
                "tid": _lane(event.vm),
                "ts": _us(event.start),
                "s": "t",
                "name": words,
                "cat": event.kind,
                "args": args,
            }
            continue
        args["instructions"] = round(event.span - event.idle)
        if event.ran:
            yield {
                "ph": "X",
                "pid": PID,
                "tid": _lane(event.vm),
                "ts": _us(event.start - event.ran),
                "dur": _us(event.ran),
                "name": "guest runs",
                "cat": "guest",
            }
        yield {
            "ph": "X",
            "pid": PID,
            "tid": _lane(HOST_LANE),
            "ts": _us(event.start),
            "dur": _us(event.span),
            "name": event.detail if event.cause == 10 and event.detail else words,
            "cat": "exit",
            "args": args | {"vm": timeline.vms[event.vm]},
        }


def _flow(way: Way, number: int) -> Iterator[Event]:
    shared = {"pid": PID, "cat": "interrupt"}
    last = len(way.stations) - 1
    for i, station in enumerate(way.stations):
        where = shared | {"tid": _lane(station.lane), "ts": _us(station.at)}
        yield where | {
            "ph": "X",
            "dur": _STATION,
            "name": f"{way.name}: {station.what}",
        }
        step = where | {"ph": "s" if i == 0 else "t" if i < last else "f"}
        step |= {"name": way.name, "id": number}
        yield step | ({"bp": "e"} if i else {})


def trace_events(timeline: Timeline) -> list[Event]:
    """The events, by time."""
    events = [*_slices(timeline)]
    for number, way in enumerate(timeline.ways, 1):
        events += _flow(way, number)
    events.sort(key=lambda event: (event["ts"], -event.get("dur", 0)))
    return [*_names(timeline), *events]


def write(timeline: Timeline, path: Path) -> None:
    """One event to a line."""
    lines = (json.dumps(e, separators=(",", ":")) for e in trace_events(timeline))
    with path.open("w") as file:
        file.write('{"displayTimeUnit":"ns","traceEvents":[\n')
        file.write(",\n".join(lines))
        file.write("\n]}\n")
