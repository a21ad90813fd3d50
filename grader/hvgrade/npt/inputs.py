"""Tables and calls for Hypothesis to choose from.

A case is the leaves of a table, and calls on it. Addresses lie around the
edges of leaves of all sizes, so that ranges meet leaves in every way; a whole
case lies somewhere in the 41 bits, often at their end.
"""

from collections.abc import Sequence

from hypothesis import strategies as st

from .calls import PAGES, Op
from .model import ALLOWED, GIB, GPA_END, MIB, PAGE, SPAN, Npt, Run, joined

Case = tuple[list[Run], list[Op]]

# Hypothesis shrinks towards the beginning of each list.
_STEPS = (0, 1, 2, 511)
_OFFSETS = sorted(
    {
        gib * GIB + block * 2 * MIB + page * PAGE
        for gib in (0, 1, 2)
        for block in _STEPS
        for page in _STEPS
        if gib < 2 or block < 2
    }
)
_SIZES = [*SPAN, *(offset for offset in _OFFSETS if offset not in (0, *SPAN))]
_SHIFTS = [0, 0, 2 * MIB, PAGE]  # of hpa against gpa
_TOPS = [4 * GIB, 4 * GIB, (1 << 56) - 8 * GIB]  # of hpa
_BASES = [0, GIB, 511 * GIB, 1022 * GIB, 2045 * GIB]  # of a case

FAR = 1536 * GIB  # only all 11 bits of the root's index lead there

OFFSETS = st.sampled_from(_OFFSETS)
SIZES = st.one_of(st.sampled_from(SPAN), st.sampled_from(_SIZES))
BASES = st.sampled_from(_BASES)


def _op(name: str, offset: int, size: int, perm: int, shift: int, top: int) -> Op:
    if name == "unmap":
        return Op(name, offset, size)
    if name == "protect":
        return Op(name, offset, size, perm)
    if shift == PAGE and size > 6 * MIB:
        size = 6 * MIB  # in leaves of 4 KiB, more would take every page
    return Op(name, offset, size, perm, offset + top + shift)


def _ops(*names: str) -> st.SearchStrategy[Op]:
    others = (ALLOWED, _SHIFTS, _TOPS)
    return st.builds(
        _op,
        st.sampled_from(names),
        OFFSETS,
        SIZES,
        *(st.sampled_from(values) for values in others),
    )


def leaves_after(base: int, ops: Sequence[Op]) -> list[Run]:
    """The leaves of a table of which these calls are the history."""
    npt = Npt()
    for op in ops:
        before = npt.runs
        op.moved(base).apply(npt)
        if npt.pages > PAGES // 4:
            npt.runs = before
    return joined(npt.runs)


def _case(base: int, history: Sequence[Op], ops: Sequence[Op]) -> Case:
    moved = [op.moved(base) for op in ops]
    inside = [op for op in moved if op.gpa + op.size <= GPA_END]
    return leaves_after(base, history), inside


HISTORIES = st.lists(_ops("map", "map", "unmap", "protect"), max_size=4)


def cases(*names: str, most: int = 3, empty: bool = False) -> st.SearchStrategy[Case]:
    """Calls of these functions, at most so many; empty: on an empty table."""
    history: st.SearchStrategy[list[Op]] = st.just([]) if empty else HISTORIES
    ops = st.lists(_ops(*names), min_size=1, max_size=most)
    return st.builds(_case, BASES, history, ops)
