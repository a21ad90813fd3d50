"""Lab h2, task 3, on this machine: npt_unmap and npt_protect."""

from hypothesis import strategies as st

from hvgrade.npt.calls import RWX, leaves, map_, protect, unmap
from hvgrade.npt.inputs import FAR, Case, cases
from hvgrade.npt.model import ALLOWED, GIB, GPA_END, MIB, PAGE, R, U, W, X, Run
from hvgrade.npt.script import Script
from hvgrade.unit import Unit

# A range for every way in which it can meet a leaf: the whole leaf, its ends,
# its middle, several leaves of several sizes, holes.
_TABLES: list[list[Run]] = [
    [leaves(0, 2, 2, R | W)],
    [leaves(0, 1, 3, R | X)],
    [leaves(0, 0, 3), leaves(2 * MIB, 1, 2), leaves(GIB, 2)],
    [leaves(2 * MIB - PAGE, 0, 2)],
    [leaves(0, 0, perm=X), leaves(2 * MIB, 1, perm=X), leaves(GIB, 2, perm=X)],
    [leaves(0, 0, 512, R | W), leaves(2 * MIB, 1, 1, R | X)],
]
_FAR_TABLE = [leaves(FAR, 0, 3), leaves(FAR + 2 * MIB, 1, 2), leaves(FAR + GIB, 2)]
_RANGES = [
    (0, PAGE),
    (PAGE, PAGE),
    (0, 2 * MIB),
    (2 * MIB, 2 * MIB),
    (2 * MIB - PAGE, 2 * PAGE),
    (2 * MIB + PAGE, 2 * PAGE),
    (GIB - PAGE, 2 * PAGE),
    (0, GIB),
    (PAGE, GIB),
    (PAGE, GIB + 4 * MIB),
    (0, 2 * GIB),
    (3 * GIB, GIB),
]
_MEETINGS = [(table, gpa, size) for table in _TABLES for gpa, size in _RANGES]
_MEETINGS += [(_FAR_TABLE, FAR + gpa, size) for gpa, size in _RANGES]


def test_unmap_takes_exactly_the_range(unit: Unit) -> None:
    def body(case: Case) -> None:
        Script(unit, *case).run()

    wrong = [
        unmap(5, PAGE),
        unmap(0, PAGE + 8),
        unmap(GPA_END, PAGE),
        unmap(GPA_END - PAGE, 2 * PAGE),
        unmap((1 << 64) - PAGE, 2 * PAGE),
    ]
    examples = [(table, [unmap(gpa, size)]) for table, gpa, size in _MEETINGS]
    examples += [
        (_TABLES[2], wrong),
        ([leaves(2047 * GIB, 2)], [unmap(GPA_END - PAGE, PAGE)]),
    ]
    unit.check(cases("unmap"), body, examples=examples)


def test_protect_changes_exactly_the_range(unit: Unit) -> None:
    def body(case: Case) -> None:
        Script(unit, *case).run()

    wrong = [
        *(protect(0, PAGE, perm) for perm in (0, W, W | X, RWX | U, R | 1 << 9)),
        protect(5, PAGE),
        protect(0, PAGE + 8),
        protect(GPA_END, PAGE),
        protect(GPA_END - PAGE, 2 * PAGE),
        protect((1 << 64) - PAGE, 2 * PAGE),
    ]
    examples = [(table, [protect(gpa, size)]) for table, gpa, size in _MEETINGS]
    examples += [
        (_TABLES[2], wrong),
        (_TABLES[2], [protect(0, 2 * GIB, p) for p in ALLOWED]),
    ]
    unit.check(cases("protect"), body, examples=examples)


def test_less_is_fenced(unit: Unit) -> None:
    def body(case: Case) -> None:
        Script(unit, *case, fences=True).run()

    examples = [
        (table, [op])
        for table, gpa, size in _MEETINGS
        for op in (unmap(gpa, size), protect(gpa, size, X))
    ]
    unit.check(cases("unmap", "protect"), body, examples=examples)


def test_empty_tables_are_freed(unit: Unit) -> None:
    def body(case: Case) -> None:
        Script(unit, *case, pages=True, cut=True).run()

    examples = [(table, [unmap(gpa, size)]) for table, gpa, size in _MEETINGS]
    examples += [
        ([leaves(0, 0, 2)], [unmap(0, PAGE), unmap(PAGE, PAGE)]),
        ([leaves(0, 2)], [unmap(PAGE, PAGE), unmap(0, GIB)]),
        ([leaves(GIB - PAGE, 0, 2)], [unmap(GIB, PAGE), unmap(GIB - PAGE, PAGE)]),
    ]
    unit.check(cases("unmap", most=4), body, examples=examples)


def test_split_without_pages_changes_nothing(unit: Unit) -> None:
    def body(case: tuple[Case, int]) -> None:
        (start, ops), free = case
        Script(unit, start, ops, free).run()

    meetings = [
        ([leaves(base, level, 2, perm)], base + gpa, size)
        for base, level, perm in ((0, 2, R | W), (0, 1, R), (0, 1, X), (FAR, 1, R))
        for gpa, size in (
            (PAGE, PAGE),
            (2 * MIB, 2 * MIB),
            (0, 4 * MIB),
            (PAGE, 2 * MIB),
            (PAGE, GIB),
        )
    ]
    meetings += [([leaves(2 * MIB, 1)], 0, 2 * MIB + PAGE)]  # begins with a hole
    examples = [
        ((table, [op]), free)
        for table, gpa, size in meetings
        for op in (unmap(gpa, size), protect(gpa, size, R | X))
        for free in range(4)
    ]
    inputs = st.tuples(cases("unmap", "protect"), st.integers(0, 4))
    unit.check(inputs, body, examples=examples)


def test_any_sequence_translates_right(unit: Unit) -> None:
    def body(case: Case) -> None:
        Script(unit, *case, pages=True).run()

    examples: list[Case] = []
    for base in (0, FAR):
        again = [
            map_(0, GIB, perm=R | W),
            unmap(PAGE, 2 * MIB),
            map_(PAGE, 2 * MIB),
            protect(0, 2 * GIB, R | X),
            map_(0, 4 * MIB),
            unmap(0, 2 * GIB),
            map_(2 * MIB, 2 * MIB + PAGE),
            map_(0, 4 * MIB),
            map_(6 * MIB, 2 * MIB, hpa=4 * GIB + PAGE),
            map_(0, PAGE, perm=X),
            map_(0, PAGE),
        ]
        hole = [map_(0, PAGE), protect(0, 2 * PAGE), unmap(0, PAGE)]
        for ops in (again, hole):
            examples.append(([], [op.moved(base) for op in ops]))
    unit.check(
        cases("map", "map", "unmap", "protect", most=9, empty=True),
        body,
        examples=examples,
    )
