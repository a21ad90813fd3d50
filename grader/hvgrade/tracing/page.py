"""A timeline as one web page that needs nothing else: templates/trace.

The page holds the data as arrays, and whatever is said more than once only
once: 100,000 exits are 3 MB.
"""

import json
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2

from .timeline import EXIT, HOST, HOST_LANE, Event, Timeline
from ..traps import HV, cause_words

TEMPLATES = Path(__file__).parents[1] / "templates/trace"


@dataclass(frozen=True)
class About:
    """What the page says of the run, besides the timeline."""

    title: str
    command: str  # that made it
    ending: str
    console: Sequence[str]
    notes: Sequence[str]
    well: bool  # it ended as it should
    events: str = "trace.json"  # the Chrome trace beside the page


class _Table:
    """Numbers things in the order in which they are first seen."""

    def __init__(self) -> None:
        self.numbers: dict[Hashable, int] = {}

    def number(self, thing: Hashable) -> int:
        return self.numbers.setdefault(thing, len(self.numbers))


def place(timeline: Timeline, event: Event) -> str:
    """The function that trapped, or its address."""
    name = HV if event.vm == HOST_LANE else timeline.vms[event.vm]
    symbols = timeline.symbols.symbols.get(name)
    return symbols and symbols.at(event.epc) or f"{event.epc:#x}"


def _cause(kind: str, cause: int, is_async: bool) -> dict[str, Any]:
    number = f"interrupt {cause}" if is_async else f"cause {cause}"
    words = cause_words(cause, is_async)
    return {
        "kind": kind,
        "words": words,
        "number": number,
        "key": f"{number[0]}{cause}",
    }


def data(timeline: Timeline, about: About) -> dict[str, Any]:
    """What the page's script reads: see model.js."""
    causes, places, details, texts = _Table(), _Table(), _Table(), _Table()
    spots: dict[tuple[int, int], str] = {}
    columns: dict[str, list[int]] = {
        name: [] for name in ("t", "d", "w", "r", "vm", "c", "pc", "de", "x")
    }
    last = 0
    for event in timeline.events:
        spot = event.vm, event.epc
        if spot not in spots:
            at = place(timeline, event)
            address = f"{event.epc:#x}"
            spots[spot] = at if at == address else f"{at}\t{address}"
        start, end = round(event.start), round(event.start + event.span)
        for name, value in {
            "t": start - last,
            "d": end - start,
            "w": round(event.idle),
            "r": round(event.ran),
            "vm": event.vm,
            "c": causes.number((event.kind, event.cause, event.is_async)),
            "pc": places.number(spots[spot]),
            "de": details.number(event.detail),
            "x": int(event.exact),
        }.items():
            columns[name].append(value)
        last = start
    return {
        "title": about.title,
        "timed": timeline.timed,
        "begin": round(timeline.begin),
        "end": round(timeline.end),
        "vms": timeline.vms,
        "causes": [_cause(*key) for key in causes.numbers],  # type: ignore[misc]
        "places": list(places.numbers),
        "details": list(details.numbers),
        "events": columns,
        "turns": [[round(a), round(b), vm] for a, b, vm in timeline.turns],
        "idle": [[round(a), round(b)] for a, b in timeline.idle],
        "tail": [round(x) for x in timeline.tail or ()],
        "ways": [
            [
                way.name,
                way.vm,
                [[round(s.at), s.lane, texts.number(s.what)] for s in way.stations],
            ]
            for way in timeline.ways
        ],
        "texts": list(texts.numbers),
    }


def _as_script(value: object) -> str:
    """JSON that no HTML parser takes for the end of the script."""
    return json.dumps(value, separators=(",", ":")).replace("<", "\\u003c")


def render(timeline: Timeline, about: About) -> str:
    loader = jinja2.FileSystemLoader(TEMPLATES)
    env = jinja2.Environment(loader=loader, autoescape=True, trim_blocks=True)
    kinds = {
        kind: sum(e.kind == kind for e in timeline.events)
        for kind in {EXIT, HOST, *(e.kind for e in timeline.events)}
    }
    return env.get_template("page.html").render(
        timeline=timeline,
        about=about,
        kinds=kinds,
        data=_as_script(data(timeline, about)),
    )
