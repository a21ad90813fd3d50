"""Calls of npt_map, npt_unmap and npt_protect, and what can be seen after one.

The commands and the answers are those of grader/unit/h2/drive_npt.c.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ..unit import Call
from .model import ERRORS, GIB, R, SPAN_WORDS, Npt, Run, W, X, leaf_bits

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
    freed: str  # gpa of a table that was freed while the hart knew it, or "-"
    empty: int  # tables without a valid entry
    runs: list[Run]
    wrong: str  # what no table may look like

    @staticmethod
    def of(answer: list[str]) -> "Seen":
        error, pages, one, every, stale, freed, empty, *rest = answer
        end = rest.index(";")
        kind, _, gpa = stale.partition(",")
        return Seen(
            int(error),
            int(pages),
            int(one) + int(every),
            kind,
            int(gpa, 16),
            freed,
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
