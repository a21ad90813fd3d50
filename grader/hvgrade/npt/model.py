"""A G-stage table (lab h2) as a sorted list of runs of equal leaves.

What npt_map, npt_unmap and npt_protect have to do, by h2.h: no table, no
entry, only what is mapped, in leaves of which size, and how many pages the
tables for that take.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

KIB, MIB, GIB = 1 << 10, 1 << 20, 1 << 30
PAGE = 4 * KIB
SPAN = (PAGE, 2 * MIB, GIB)  # bytes that a leaf maps, by level
SPAN_WORDS = ("4 KiB", "2 MiB", "1 GiB")
GPA_END = 1 << 41
ROOT_PAGES = 4

OK, ERR_RANGE, ERR_MAPPED, ERR_UNMAPPED, ERR_NOMEM, ERR_PERM = 0, -1, -2, -3, -4, -5
ERRORS = {
    OK: "NPT_OK",
    ERR_RANGE: "NPT_ERR_RANGE",
    ERR_MAPPED: "NPT_ERR_MAPPED",
    ERR_UNMAPPED: "NPT_ERR_UNMAPPED",
    ERR_NOMEM: "NPT_ERR_NOMEM",
    ERR_PERM: "NPT_ERR_PERM",
}

V, R, W, X, U, G, A, D = (1 << bit for bit in range(8))
ALLOWED = (R, R | W, X, R | X, R | W | X)


@dataclass(frozen=True)
class Run:
    """Leaves side by side: the same level, the same bits, memory in a row."""

    gpa: int
    level: int
    count: int
    hpa: int
    bits: int

    @property
    def size(self) -> int:
        return self.count * SPAN[self.level]

    @property
    def end(self) -> int:
        return self.gpa + self.size

    @property
    def perm(self) -> int:
        return self.bits & (R | W | X)

    def part(self, first: int, count: int) -> "Run":
        """The run of count leaves from leaf number first on."""
        skip = first * SPAN[self.level]
        return replace(self, gpa=self.gpa + skip, hpa=self.hpa + skip, count=count)


def leaf_bits(perm: int) -> int:
    return V | U | A | D | perm


def joined(runs: Iterable[Run]) -> list[Run]:
    """The same leaves in as few runs as possible."""
    result: list[Run] = []
    for run in sorted(runs, key=lambda run: run.gpa):
        last = result[-1] if result else None
        if (
            last
            and (last.end, last.level, last.bits) == (run.gpa, run.level, run.bits)
            and last.hpa + last.size == run.hpa
        ):
            result[-1] = replace(last, count=last.count + run.count)
        elif run.count:
            result.append(run)
    return result


def translation(runs: Iterable[Run]) -> list[tuple[int, int, int, int]]:
    """What is mapped, whatever the size of the leaves: (gpa, hpa, size, bits)."""
    result: list[tuple[int, int, int, int]] = []
    for run in runs:
        piece = (run.gpa, run.hpa, run.size, run.bits)
        if result:
            gpa, hpa, size, bits = result[-1]
            if (gpa + size, hpa + size, bits) == (run.gpa, run.hpa, run.bits):
                piece = (gpa, hpa, size + run.size, bits)
                result.pop()
        result.append(piece)
    return result


def best_leaves(gpa: int, hpa: int, size: int, perm: int) -> Iterator[Run]:
    """The largest leaves that alignment and size allow."""
    while size:
        fits = (
            lv for lv in (2, 1, 0) if not (gpa | hpa) % SPAN[lv] and size >= SPAN[lv]
        )
        level = next(fits)
        count = size // SPAN[level]
        if level < 2 and (gpa - hpa) % SPAN[level + 1] == 0:
            before = -gpa % SPAN[level + 1]  # then larger ones may fit
            if before and size - before >= SPAN[level + 1]:
                count = before // SPAN[level]
        run = Run(gpa, level, count, hpa, leaf_bits(perm))
        yield run
        gpa, hpa, size = run.end, hpa + run.size, size - run.size


class Npt:
    """The table. A method returns the errors that would be right; none: done."""

    def __init__(self, runs: Iterable[Run] = ()) -> None:
        self.runs = joined(runs)

    def find(self, gpa: int) -> Run | None:
        """The run with the leaf for gpa."""
        return next((run for run in self.runs if run.gpa <= gpa < run.end), None)

    def tables(self) -> set[tuple[int, int]]:
        """The tables that there must be besides the root: (level, gpa)."""
        found = set()
        for run in self.runs:
            for level in range(run.level, 2):
                span = SPAN[level + 1]
                first, last = run.gpa // span, (run.end - 1) // span
                found |= {(level, n * span) for n in range(first, last + 1)}
        return found

    @property
    def pages(self) -> int:
        return ROOT_PAGES + len(self.tables())

    def walk(self, gpa: int) -> tuple[int, int]:
        """The error, and the level of the entry that ends the walk."""
        run = self.find(gpa)
        if run:
            return OK, run.level
        tables = self.tables()
        for level in (0, 1):
            if (level, gpa // SPAN[level + 1] * SPAN[level + 1]) in tables:
                return ERR_UNMAPPED, level
        return ERR_UNMAPPED, 2

    def map(self, gpa: int, hpa: int, size: int, perm: int) -> set[int]:
        errors = self._errors(gpa, size, hpa) | self._perm_errors(perm)
        if any(run.gpa < gpa + size and gpa < run.end for run in self.runs):
            errors.add(ERR_MAPPED)
        if not errors:
            self.runs = joined([*self.runs, *best_leaves(gpa, hpa, size, perm)])
        return errors

    def unmap(self, gpa: int, size: int) -> set[int]:
        errors = self._errors(gpa, size)
        if not errors:
            self.split(gpa, size)
            self.runs = [r for r in self.runs if not gpa <= r.gpa < gpa + size]
        return errors

    def protect(self, gpa: int, size: int, perm: int) -> set[int]:
        errors = self._errors(gpa, size) | self._perm_errors(perm)
        if not errors:
            self.split(gpa, size)
            self.runs = joined(
                replace(r, bits=leaf_bits(perm)) if gpa <= r.gpa < gpa + size else r
                for r in self.runs
            )
        return errors

    def split(self, gpa: int, size: int) -> None:
        """Splits the leaves that cross an end of the range."""
        self._cut(gpa)
        self._cut(gpa + size)

    def _cut(self, gpa: int) -> None:
        """No run goes across gpa any more, and so no leaf."""
        run = self.find(gpa)
        while run and run.gpa < gpa:
            number, inside = divmod(gpa - run.gpa, SPAN[run.level])
            pieces = [run.part(0, number)]
            if inside:
                leaf = run.part(number, 1)
                pieces.append(replace(leaf, level=run.level - 1, count=512))
                number += 1
            pieces.append(run.part(number, run.count - number))
            place = self.runs.index(run)
            self.runs[place : place + 1] = [piece for piece in pieces if piece.count]
            run = self.find(gpa)

    def _errors(self, gpa: int, size: int, hpa: int = 0) -> set[int]:
        whole = not (gpa | size | hpa) % PAGE
        return set() if whole and gpa + size <= GPA_END else {ERR_RANGE}

    def _perm_errors(self, perm: int) -> set[int]:
        return set() if perm in ALLOWED else {ERR_PERM}
