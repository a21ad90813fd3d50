"""Lab h2, tasks 1 and 2, on this machine: npt_init, npt_walk, npt_map."""

from hypothesis import strategies as st

from hvgrade.npt.calls import RWX, Op, built, error_words, leaves, map_
from hvgrade.npt.inputs import (
    BASES,
    FAR,
    HISTORIES,
    OFFSETS,
    SIZES,
    Case,
    cases,
    leaves_after,
)
from hvgrade.npt.model import (
    ALLOWED,
    ERR_NOMEM,
    ERR_RANGE,
    GIB,
    GPA_END,
    KIB,
    MIB,
    OK,
    PAGE,
    R,
    ROOT_PAGES,
    U,
    V,
    W,
    X,
    Npt,
    Run,
)
from hvgrade.npt.script import Script
from hvgrade.unit import Call, Unit

Walks = tuple[list[Run], list[int]]
Pick = tuple[int, int, int]


# ---- h2.1 --------------------------------------------------------------------


def test_root_is_empty_and_aligned(unit: Unit) -> None:
    def body(case: tuple[int, int, int]) -> None:
        vmid, taken, free = case
        words = f"npt_init(npt, vmid={vmid}), pages in use: {taken}, free: {free}"
        calls = [
            Call("reset"),
            Call(f"leave {free + taken:x}"),
            Call(f"init {vmid:x} {taken:x}", words),
        ]
        error, aligned, empty, kept, pages = map(int, unit.ask(calls)[-1])
        did = ["", "", error_words(error)]
        if free < ROOT_PAGES:
            if (error, pages) != (ERR_NOMEM, 0):
                did[-1] += f", pages that it keeps: {pages}"
                expected = "NPT_ERR_NOMEM, and no page is kept"
                likely = "h2.1: page_alloc returns NULL when there is no such run"
                unit.fail(calls, did, expected, likely=likely)
            return
        facts = {
            "the root is aligned to 16 KiB": aligned,
            "its 2048 entries are 0": empty,
            "npt->vmid is set": kept,
            "it takes 4 pages": pages == ROOT_PAGES,
        }
        wrong = [words for words, fact in facts.items() if not fact]
        if error != OK or wrong:
            did[-1] += f"\nnot so: {', '.join(wrong)}" if error == OK else ""
            expected = "NPT_OK; " + ", ".join(facts)
            likely = "h2.1: one call of page_alloc gives a run aligned to its own size"
            unit.fail(calls, did, expected, likely=likely)

    inputs = st.tuples(
        st.integers(0, (1 << 14) - 1), st.integers(0, 9), st.sampled_from([0, 1, 3, 99])
    )
    examples = [(1, 0, 99), (0x3FFF, 1, 99), (7, 5, 99), (1, 0, 3), (1, 2, 0)]
    unit.check(inputs, body, examples=examples, runs=20)


def test_walk_ends_at_the_right_entry(unit: Unit) -> None:
    def body(case: Walks) -> None:
        start, gpas = case
        setup = built(start)
        walks = [Call(f"walk {gpa:x}", f"npt_walk(gpa={gpa:#x})") for gpa in gpas]
        npt = Npt(start)
        answers = unit.ask(setup + walks)[len(setup) :]
        for call, gpa, answer in zip(walks, gpas, answers, strict=True):
            error, level, right, fences = map(int, answer)
            want = (ERR_RANGE, -1) if gpa >= GPA_END else npt.walk(gpa)
            if error == want[0] == ERR_RANGE or (error, level, right) == (*want, 1):
                if not fences:
                    continue
            did = f"{error_words(error)}, leaf->level {level}"
            did += "" if right or level != want[1] else ", leaf->entry elsewhere"
            did += f", {fences} fences" if fences else ""
            expected = f"npt_walk(gpa={gpa:#x}) -> {error_words(want[0])}"
            expected += f", leaf->level {want[1]}, and its entry" * (want[1] >= 0)
            likely = (
                "h2.1: the root is indexed by 11 bits of the gpa, the other tables by "
                "9; an entry is a leaf if one of R, W, X is set; an invalid one ends "
                "the walk, with leaf set; a gpa has at most 41 bits"
            )
            shown = [*["" for _ in setup], did]
            unit.fail([*setup, call], shown, expected, likely=likely)

    def near(base: int, history: list[Op], points: list[tuple[int, int]]) -> Walks:
        """Addresses around the ends of what is mapped."""
        start = leaves_after(base, history)
        edges = [edge for run in start for edge in (run.gpa, run.end)] or [base]
        gpas = [edges[index % len(edges)] + step for index, step in points]
        return start, [gpa % (1 << 64) for gpa in gpas]

    steps = st.sampled_from([0, -1, 5, PAGE, 2 * MIB, GIB, 1 << 40, 1 << 41, 1 << 63])
    points = st.lists(st.tuples(st.integers(0, 9), steps), min_size=3, max_size=9)
    every_level = [leaves(GIB, 2), leaves(4 * MIB, 1), leaves(PAGE, 0)]
    far = [leaves(slot * GIB, 2) for slot in (0, 512, 1024, 2047)]
    only_x = [leaves(0, 0, perm=X), leaves(2 * MIB, 1, perm=X), leaves(GIB, 2, perm=X)]
    gpas = [0, PAGE, PAGE + 5, 8 * KIB, 2 * MIB, 4 * MIB, 5 * MIB, GIB + 77, 2 * GIB]
    ends = [GPA_END - 1, GPA_END, GPA_END + GIB, 1 << 63, 1024 * GIB, 1025 * GIB]
    examples: list[Walks] = [
        (every_level, gpas),
        (far, [*gpas, *ends]),
        (only_x, gpas),
        ([], gpas),
    ]
    unit.check(st.builds(near, BASES, HISTORIES, points), body, examples=examples)


# ---- h2.2 --------------------------------------------------------------------


def test_map_takes_the_largest_leaves(unit: Unit) -> None:
    def body(case: Case) -> None:
        Script(unit, *case, silent=True).run()

    slots = (0, 1, 511, 512, 1023, 1024, 1025, 1536, 2046, 2047)
    examples: list[Case] = [
        ([], [map_(0, PAGE)]),
        ([], [map_(0, 4 * MIB)]),
        ([], [map_(0, 2 * GIB)]),
        ([], [map_(2 * MIB - PAGE, GIB + 4 * MIB)]),
        ([], [map_(0, GIB, hpa=4 * GIB + 2 * MIB)]),
        ([], [map_(0, 2 * MIB, hpa=4 * GIB + PAGE)]),
        ([], [map_(PAGE, 2 * MIB, hpa=4 * GIB)]),
        ([], [map_(slot * GIB, 2 * MIB, hpa=slot * MIB * 2) for slot in slots]),
        ([], [map_(slot * GIB, GIB, hpa=slot * GIB) for slot in slots]),
        ([], [map_(GPA_END - PAGE, PAGE), map_(GPA_END - 2 * MIB, PAGE)]),
        (
            [],
            [map_(i * PAGE, PAGE, (1 << 55) + PAGE, p) for i, p in enumerate(ALLOWED)],
        ),
        ([leaves(0, 0)], [map_(PAGE, 2 * MIB - PAGE), map_(2 * MIB, GIB)]),
        ([], [map_(0, 2 * MIB), map_(0, 4 * MIB)]),
        ([], [map_(2 * MIB, 2 * MIB), map_(0, 4 * MIB)]),
        ([], [map_(0, PAGE, perm=X), map_(0, PAGE)]),
    ]
    unit.check(cases("map", most=4), body, examples=examples)


def test_map_refuses_what_it_cannot_do(unit: Unit) -> None:
    def body(case: Case) -> None:
        Script(unit, *case, pages=True).run()

    huge = (1 << 64) - PAGE
    table = [leaves(PAGE, 0), leaves(4 * MIB, 1), leaves(GIB, 2)]
    wrong_ranges = [
        map_(5, PAGE, 0),
        map_(0, PAGE + 5, 0),
        map_(0, PAGE, 5),
        map_(0, 8, 0),
        map_(GPA_END, PAGE, 0),
        map_(GPA_END - PAGE, 2 * PAGE, 0),
        map_(huge, 2 * PAGE, 0),
        map_(PAGE, huge, 0),
        map_(1 << 63, PAGE, 0),
    ]
    perms = [0, W, W | X, RWX | V, R | U, R | 1 << 8, R | 1 << 63]
    overlaps = [
        map_(PAGE, PAGE),
        map_(0, 2 * PAGE),
        map_(0, 2 * MIB),
        map_(2 * MIB, 4 * MIB),
        map_(4 * MIB + PAGE, PAGE),
        map_(6 * MIB - PAGE, 2 * PAGE),
        map_(GIB - PAGE, 2 * PAGE),
        map_(0, GIB),
        map_(2 * GIB - PAGE, GIB),
        map_(5 * MIB, GIB),
    ]

    def overlapping(base: int, history: list[Op], picks: list[Pick]) -> Case:
        """Maps that reach into something that is mapped."""
        start = leaves_after(base, history) or [leaves(base, 0)]
        ops = []
        for index, offset, size in picks:
            run = start[index % len(start)]
            gpa = min(base + offset, run.end - PAGE)
            ops.append(map_(gpa, max(size, run.gpa + PAGE - gpa)))
        return start, [op for op in ops if op.gpa + op.size <= GPA_END]

    picks = st.lists(
        st.tuples(st.integers(0, 9), OFFSETS, SIZES), min_size=1, max_size=3
    )
    examples: list[Case] = [
        ([], [map_(0, PAGE, perm=perm) for perm in perms]),
        ([], wrong_ranges),
        (table, overlaps),
        ([leaves(FAR, 2)], [map_(FAR, PAGE)]),
        ([leaves(0, 0, perm=X)], [map_(0, PAGE)]),
    ]
    inputs = st.builds(overlapping, BASES, HISTORIES, picks)
    unit.check(inputs, body, examples=examples)


def test_map_without_pages_changes_nothing(unit: Unit) -> None:
    def body(case: tuple[Case, int]) -> None:
        (start, ops), free = case
        Script(unit, start, ops, free, pages=True).run()

    odd = map_(2 * MIB - PAGE, 2 * MIB + 2 * PAGE, hpa=4 * GIB + 2 * MIB - PAGE)
    examples: list[tuple[Case, int]] = []
    examples += [(([], [odd, map_(0, PAGE), odd]), free) for free in range(5)]
    examples += [
        (([leaves(0, 0)], [map_(PAGE, 4 * MIB, hpa=4 * GIB)]), 1),
        (([leaves(0, 0)], [map_(8 * MIB, 6 * MIB, hpa=4 * GIB + PAGE)]), 2),
        (([], [map_(GIB - PAGE, 2 * PAGE)]), 3),
        (([], [map_(GIB, GIB)]), 0),
        (([], [map_(FAR, PAGE), map_(FAR, PAGE)]), 2),
        (([], [map_(2 * MIB, 2 * MIB), map_(0, 4 * MIB)]), 9),
        (([], [map_(0, PAGE, perm=X), map_(0, PAGE)]), 2),
    ]
    inputs = st.tuples(cases("map"), st.integers(0, 5))
    unit.check(inputs, body, examples=examples)
