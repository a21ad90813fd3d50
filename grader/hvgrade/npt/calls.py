"""Calls of npt_map, npt_unmap and npt_protect, each compared with the model.

The commands and the answers are those of grader/unit/h2/drive_npt.c.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ..unit import Call, Unit
from .model import (
    ERR_NOMEM,
    ERRORS,
    GIB,
    OK,
    R,
    ROOT_PAGES,
    SPAN_WORDS,
    Npt,
    Run,
    W,
    X,
    joined,
    leaf_bits,
    translation,
)

PAGES = 256  # HOST_PAGES in grader/unit/host.h
BIT_NAMES = "VRWXUGAD"
RWX = R | W | X


def perm_words(perm: int) -> str:
    words = "".join(BIT_NAMES[bit] for bit in (1, 2, 3) if perm >> bit & 1)
    return words if words and not perm & ~RWX else f"perm={perm:#x}"


def error_words(error: int) -> str:
    return ERRORS.get(error, str(error))


# ---- calls -------------------------------------------------------------------


@dataclass(frozen=True)
class Op:
    """npt_map, npt_unmap or npt_protect."""

    name: str
    gpa: int
    size: int
    perm: int = 0
    hpa: int = 0

    @property
    def call(self) -> Call:
        gpa, size, perm = f"{self.gpa:x}", f"{self.size:x}", f"{self.perm:x}"
        words = f"gpa=0x{gpa}, size=0x{size}"
        if self.name == "map":
            words = f"gpa=0x{gpa}, hpa={self.hpa:#x}, size=0x{size}"
            command = f"map {gpa} {self.hpa:x} {size} {perm}"
        elif self.name == "protect":
            command = f"protect {gpa} {size} {perm}"
        else:
            return Call(f"unmap {gpa} {size}", f"npt_unmap({words})")
        return Call(command, f"npt_{self.name}({words}, {perm_words(self.perm)})")

    def apply(self, npt: Npt) -> set[int]:
        """The errors that would be right; if there is none, npt is changed."""
        if self.name == "map":
            return npt.map(self.gpa, self.hpa, self.size, self.perm)
        if self.name == "unmap":
            return npt.unmap(self.gpa, self.size)
        return npt.protect(self.gpa, self.size, self.perm)

    def moved(self, distance: int) -> "Op":
        """The same elsewhere in the guest's space."""
        return replace(self, gpa=self.gpa + distance)

    def pages(self, npt: Npt) -> int:
        """How many pages npt has when it needs most for this."""
        need = Npt(npt.runs)
        errors = self.apply(need)
        if self.name == "unmap" and not errors:
            need.runs = npt.runs
            need.split(self.gpa, self.size)
        return need.pages


def leaves(gpa: int, level: int, count: int = 1, perm: int = RWX) -> Run:
    """Leaves side by side, mapped as map_() does."""
    return Run(gpa, level, count, gpa + 4 * GIB, leaf_bits(perm))


def map_(gpa: int, size: int, hpa: int | None = None, perm: int = RWX) -> Op:
    return Op("map", gpa, size, perm, gpa + 4 * GIB if hpa is None else hpa)


def unmap(gpa: int, size: int) -> Op:
    return Op("unmap", gpa, size)


def protect(gpa: int, size: int, perm: int = R) -> Op:
    return Op("protect", gpa, size, perm)


def built(runs: Sequence[Run], free: int | None = None) -> list[Call]:
    """Calls that make a table with these leaves, without the student's code."""
    calls = [Call("reset"), Call("root")]
    for run in runs:
        words = (
            f"a table maps {run.gpa:#x} to {run.hpa:#x}, {run.count} x "
            f"{SPAN_WORDS[run.level]}, {perm_words(run.perm)}"
        )
        numbers = (run.gpa, run.level, run.count, run.hpa, run.bits)
        calls.append(Call("put " + " ".join(f"{n:x}" for n in numbers), words))
    if free is not None:
        calls.append(Call(f"leave {free:x}", f"free pages: {free}"))
    return calls


# ---- what the driver sees after a call ---------------------------------------


@dataclass(frozen=True)
class Seen:
    error: int
    pages: int  # in use: the root and the tables
    fences: int
    stale: str  # what the hart still believes in: leaf, split, pointer, or "-"
    stale_gpa: int
    empty: int  # tables without a valid entry
    runs: list[Run]
    wrong: str  # what no table may look like

    @staticmethod
    def of(answer: list[str]) -> "Seen":
        error, pages, one, every, stale, empty, *rest = answer
        end = rest.index(";")
        kind, _, gpa = stale.partition(",")
        return Seen(
            int(error),
            int(pages),
            int(one) + int(every),
            kind,
            int(gpa, 16),
            int(empty),
            [Run(*(int(x, 16) for x in word.split(","))) for word in rest[:end]],
            " ".join(rest[end + 1 :]),
        )


def leaf_at(runs: Sequence[Run], gpa: int) -> tuple[int, int, int] | None:
    """hpa of the byte, level and bits of the leaf that maps gpa."""
    for run in runs:
        if run.gpa <= gpa < run.end:
            return run.hpa + gpa - run.gpa, run.level, run.bits
    return None


def leaf_words(runs: Sequence[Run], gpa: int) -> str:
    leaf = leaf_at(runs, gpa)
    if leaf is None:
        return "not mapped"
    hpa, level, bits = leaf
    names = " ".join(name for bit, name in enumerate(BIT_NAMES) if bits >> bit & 1)
    more = f" and {bits >> 8 << 8:#x}" if bits >> 8 else ""
    return f"mapped to {hpa:#x} by a leaf of {SPAN_WORDS[level]}, bits {names}{more}"


def first_difference(a: Sequence[Run], b: Sequence[Run]) -> int | None:
    """The lowest gpa that the leaves of a and b map differently."""
    edges = {edge for run in (*a, *b) for edge in (run.gpa, run.end)}
    return next((e for e in sorted(edges) if leaf_at(a, e) != leaf_at(b, e)), None)


# ---- sequences of calls, checked one by one ----------------------------------

LEAVES_LIKELY = {
    "bits": "h2.2: a leaf has V, U, A and D besides its permissions, and no other",
    "size": "the largest leaf is taken that gpa, hpa and the rest of the size allow; "
    "one is split only where an end of the range falls into it, level by level",
    "address": "look at the index of each level (11 bits for the root, else 9), at the "
    "PPN of the leaf, and at what is done with the first and the last leaf",
}


@dataclass
class Script:
    """Calls on one table, and what they should have done."""

    unit: Unit
    start: Sequence[Run]
    ops: Sequence[Op]
    free: int | None = None  # pages, if they are few
    # What is checked besides what is returned and what is mapped:
    pages: bool = False  # are those that no table needs given back?
    fences: bool = False  # is the hart told that something became less?
    silent: bool = False  # and never that something was added?

    def run(self) -> None:
        setup = built(self.start, self.free)
        self.calls = setup + [op.call for op in self.ops]
        self.did = [""] * len(setup)
        npt = Npt(self.start)
        limit = PAGES if self.free is None else npt.pages + self.free
        answers = self.unit.ask(self.calls, likely="h2.1 to h2.3: see the call")
        for op, answer in zip(self.ops, answers[len(setup) :], strict=True):
            seen = Seen.of(answer)
            self.did.append(error_words(seen.error))
            self.step(op, seen, npt, limit)

    def step(self, op: Op, seen: Seen, npt: Npt, limit: int) -> None:
        before = Npt(npt.runs)
        need = op.pages(before)
        errors = op.apply(npt)
        if not errors and need > limit:
            errors = {ERR_NOMEM}
            # Whoever needs fewer pages than we thought may well succeed.
            if op.name == "map" or seen.error != OK:
                npt.runs = before.runs
            else:
                errors.add(OK)
        self.check_error(seen, errors or {OK}, op)
        self.check_shape(seen)
        if seen.error == ERR_NOMEM and op.name != "map":
            if translation(seen.runs) != translation(joined(before.runs)):
                self.check_leaves(seen, before.runs)
            npt.runs = seen.runs  # split or not, it translates as before
        else:
            self.check_leaves(seen, npt.runs)
        if self.pages:
            self.check_pages(seen, npt)
        if self.fences:
            self.check_fences(seen)
        if self.silent and op.name == "map" and seen.error == OK and seen.fences:
            self.fail(
                f"no fence, but there were {seen.fences}",
                "npt_map changes only entries that were invalid: no fence",
                "h2.2: a new mapping needs no fence (10.2.1): see h2.5 for why",
            )

    def fail(self, happened: str, expected: str, likely: str) -> None:
        self.did[-1] += f"\n{happened}" if happened else ""
        calls = self.calls[: len(self.did)]
        self.unit.fail(calls, self.did, expected, likely=likely)

    def check_error(self, seen: Seen, right: set[int], op: Op) -> None:
        if seen.error in right:
            return
        likely = {
            "NPT_OK": "nothing is wrong with this call: look at what refuses it",
            "NPT_ERR_RANGE": "gpa, hpa and size are whole pages, and the range ends "
            "within 41 bits (mind the overflow of gpa + size)",
            "NPT_ERR_MAPPED": "h2.2: every page of the range is looked at, not only "
            "the first: leaves of all sizes can be in its way",
            "NPT_ERR_PERM": "allowed are R, RW, X, RX, RWX: W needs R, no other bits",
            "NPT_ERR_NOMEM": "page_alloc returned NULL, and that is an error",
        }[error_words(min(right))]
        words = " or ".join(error_words(error) for error in sorted(right))
        self.fail("", f"{op.call.words} -> {words}", likely)

    def check_shape(self, seen: Seen) -> None:
        if seen.wrong:
            likely = (
                "a pointer to a table has V and the PPN, nothing else (U, A, D are "
                "reserved there, 10.4.1), and leads to a page from page_alloc"
            )
            happened = f"in the table now: {seen.wrong}"
            self.fail(happened, "a table that the hart can walk", likely)

    def check_leaves(self, seen: Seen, right: Sequence[Run]) -> None:
        if seen.runs == joined(right):
            return
        gpa = first_difference(seen.runs, right)
        assert gpa is not None
        a, b = leaf_at(seen.runs, gpa), leaf_at(right, gpa)
        kind = "address"
        if a and b and a[0] == b[0]:
            kind = "bits" if a[1] == b[1] else "size"
            if kind == "bits" and (a[2] ^ b[2]) & RWX:
                kind = "address"
        self.fail(
            f"{gpa:#x} is {leaf_words(seen.runs, gpa)}",
            f"{gpa:#x} is {leaf_words(right, gpa)}",
            LEAVES_LIKELY[kind],
        )

    def check_pages(self, seen: Seen, npt: Npt) -> None:
        if seen.pages == npt.pages and not seen.empty:
            return
        likely = "h2.3: a table whose last valid entry is cleared goes to page_free"
        if seen.error != OK:
            likely = "what was allocated before the error is given back"
        happened = f"pages in use: {seen.pages}; tables without an entry: {seen.empty}"
        tables = npt.pages - ROOT_PAGES
        expected = (
            f"pages in use: {npt.pages}, 4 for the root and {tables} for the tables "
            "that these leaves need"
        )
        self.fail(happened, expected, likely)

    def check_fences(self, seen: Seen) -> None:
        if seen.stale == "-":
            return
        what, likely = {
            "leaf": (
                "the old leaf for {} may still be used by the hart",
                "npt_fence for an address in the leaf, after the entry was changed",
            ),
            "split": (
                "the large leaf at {} may still be used by the hart",
                "npt_fence_all, after the pointer to the new table was written",
            ),
            "pointer": (
                "the pointer to the table for {} may still be used by the hart",
                "npt_fence_all, after the pointer was cleared: a fence with an address "
                "reaches leaves only (10.2.1)",
            ),
        }[seen.stale]
        self.fail(
            what.format(hex(seen.stale_gpa)) + f" ({seen.fences} fences)",
            "after the call, the hart believes in nothing that the table does not say",
            f"h2.3: {likely}",
        )
