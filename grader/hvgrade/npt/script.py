"""Calls on one table, each compared with what the model says."""

from collections.abc import Sequence
from dataclasses import dataclass

from ..unit import Unit
from .calls import (
    PAGES,
    RWX,
    Op,
    Seen,
    built,
    error_words,
    first_difference,
    leaf_at,
    leaf_words,
)
from .model import ERR_NOMEM, OK, ROOT_PAGES, Npt, Run, joined, translation

LEAVES_LIKELY = {
    "bits": "h2.2: a leaf has V, U, A and D besides its permissions, and no other",
    "perm": "a leaf has exactly the permissions that were asked for: npt_protect "
    "replaces them, and those that a split makes have those of the large one",
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
    cut: bool = False  # is a table out of its reach before it is freed?

    def run(self) -> None:
        setup = built(self.start, self.free)
        self.calls = setup + [op.call for op in self.ops]
        self.did = [""] * len(setup)
        npt = Npt(self.start)
        limit = PAGES if self.free is None else npt.pages + self.free
        answers = self.unit.ask(self.calls)
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
        if self.cut:
            self.check_freed(seen)
        if self.silent and op.name == "map" and seen.error == OK and seen.fences:
            self.fail(
                f"fences: {seen.fences}",
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
                kind = "perm"
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

    def check_freed(self, seen: Seen) -> None:
        if seen.freed == "-":
            return
        self.fail(
            f"when it was freed, the hart could still walk to the table for "
            f"0x{seen.freed}",
            "a table is freed when no hart can reach it any more",
            "h2.3: first clear the pointer, then npt_fence_all, then page_free",
        )

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
            what.format(hex(seen.stale_gpa)) + f" (fences: {seen.fences})",
            "after the call, the hart believes in nothing that the table does not say",
            f"h2.3: {likely}",
        )
