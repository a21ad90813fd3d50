"""What an answer of a driver looks like, by its command (grader/unit/).

The student's code runs in the driver's process and knows what it knows, so it can
answer in its place. What does not even look like an answer is its doing, and no
trouble of the grader's.
"""

import re
from collections.abc import Callable, Sequence
from functools import cache

_B, _D, _N, _X = "[01]", "-?[0-9]{1,10}", "[0-9]{1,20}", "[0-9a-f]{1,16}"
_INSN = f"(-|{_X},{_X},{_X},{_X},{_X})"
_RUN = f"{_X},[012],{_X},{_X},{_X}"
_STALE = "(leaf|split|pointer|-)"  # hart.c
_TABLE = f"{_D} {_N} {_N} {_N} {_STALE},{_X} (-|{_X}) {_N}( {_RUN})* ;.*"
_PLIC = f"{_X} {_X}( {_X}){{8}}( {_X} {_X})*"
_SCHED = f"{_X} {_X}( {_N} {_X})*"
_NOTHING = "reset root put leave bus device state ids sched".split()
_SHAPES = {
    "init": f"{_D} {_B} {_B} {_B} {_N}",
    "walk": f"{_D} {_D} {_B} {_N}",
    **dict.fromkeys(("map", "unmap", "protect"), _TABLE),
    "plug": f"{_B} {_N} {_B}",
    "access": f"{_B} {_X} {_N} [rw-] {_X} {_X} {_N} {_X}",
    **dict.fromkeys(("add", "remove"), f"{_X} {_X}"),
    "pop": f"([?-]|{_X}) {_X} {_X} {_X}",
    **dict.fromkeys("read write line complete best claim".split(), _PLIC),
    "refresh": f"{_X} {_B} {_X}",
    "pick": f"(-|{_X}) {_SCHED}",
    **dict.fromkeys(("wake", "spend", "block"), _SCHED),
    **dict.fromkeys(_NOTHING, ""),
}
_MANY: dict[str, tuple[str, Callable[[int], int]]] = {  # how many, by arguments
    "decode": (_INSN, lambda count: count),
    "decode_all": (_INSN, lambda _: 49152),  # all that are compressed
    "htinst": (_INSN, lambda count: count),
    "extend": (_X, lambda count: count // 3),
}
COMMANDS = frozenset((*_SHAPES, *_MANY))


@cache
def _pattern(name: str, arguments: int) -> re.Pattern[str]:
    if name not in _MANY:
        return re.compile(_SHAPES.get(name, ".*"))
    one, count = _MANY[name]
    return re.compile(f"{one}( {one}){{{count(arguments) - 1}}}")


def fits(command: str, answer: Sequence[str]) -> bool:
    """Could a driver have answered this?"""
    name, *arguments = command.split()
    pattern = _pattern(name, len(arguments))
    return pattern.fullmatch(" ".join(answer)) is not None
