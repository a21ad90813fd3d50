"""An address through both stages, level by level (Privileged, 10.3.2, 18.5.1).

Pure: memory is a function that reads a doubleword at a host-physical address,
or says None where there is no memory. So the tests of the kit run it as it is.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

PAGE = 4096
V, R, W, X, U, A, D = (1 << bit for bit in (0, 1, 2, 3, 4, 6, 7))
_LETTERS = "VRWXUGAD"
_WORDS = " read write execute user global accessed dirty".split(" ")
_SIZES = ("4 KiB", "2 MiB", "1 GiB", "512 GiB", "256 TiB")
_RIGHTS = ((R, "read"), (W, "write"), (X, "execute"))
Read = Callable[[int], int | None]


@dataclass
class Walk:
    """One stage of one address: where it leads, or why it leads nowhere."""

    lines: list[str] = field(default_factory=list)
    to: int | None = None
    leaf: int = V | R | W | X | U | A | D  # its bits; those of Bare
    why: str = ""  # it ends: the words; "" if it does not


def _letters(pte: int) -> str:
    return "".join(c if pte >> n & 1 else "-" for n, c in enumerate(_LETTERS))


def _words(pte: int) -> str:
    """The bits by name; without V, which a leaf has."""
    return ", ".join(word for n, word in enumerate(_WORDS) if n and pte >> n & 1)


def _target(pte: int) -> int:
    return (pte >> 10 & (1 << 44) - 1) << 12


def _end(pte: int, level: int, g_stage: bool) -> str:
    """Why nothing can come of this entry, whatever the access is for."""
    if not pte & V:
        return "V is 0: nothing is mapped here"
    if pte & W and not pte & R:
        return "W without R is reserved"
    if not pte & (R | X):
        return "R, W, X are 0, and there is no level below" if level == 0 else ""
    if _target(pte) % (PAGE << 9 * level):
        return "the low PPN bits of a large leaf are not 0"
    if g_stage and not pte & U:
        return "U is 0: to the G-stage every access is a user's"
    if not pte & A:
        return "A is 0: a fault, unless the hardware sets it"
    return ""


def _fits(addr: int, bits: int, g_stage: bool) -> bool:
    """Above its bits are zeroes; in the VS-stage, copies of the last one."""
    if g_stage:
        return addr >> bits + 2 == 0
    above = addr >> bits - 1
    return above in (0, (1 << 65 - bits) - 1)


def _stage(atp: int, addr: int, read: Read, tables: int | None) -> Walk:
    """tables: the hgatp that the tables of a VS-stage go through; None: G-stage."""
    g_stage, walk = tables is None, Walk()
    mode, table = atp >> 60, (atp & (1 << 44) - 1) << 12
    what = "G-stage" if g_stage else "VS-stage"
    if mode == 0:
        walk.lines.append(f"{what}, Bare: 0x{addr:x} stays 0x{addr:x}")
        walk.to = addr
        return walk
    levels = mode - 5
    if levels not in (3, 4, 5):
        walk.why = f"the mode {mode} is reserved"
        walk.lines.append(f"{what}: {walk.why}")
        return walk
    bits = 12 + 9 * levels
    walk.lines.append(f"{what}, Sv{bits}{'x4' * g_stage}, of 0x{addr:x}")
    if not _fits(addr, bits, g_stage):
        walk.why = "its upper bits are not as they must be"
        walk.lines[-1] += f" <- ends here: {walk.why}"
        return walk
    for level in reversed(range(levels)):
        shift = 12 + 9 * level
        entries = 2048 if g_stage and level == levels - 1 else 512
        at = table + (addr >> shift) % entries * 8
        host: int | None = at
        if tables is not None:
            below = _stage(tables, at, read, None)
            host = below.to
            if host is None:  # the table itself is not there
                walk.lines += [f"  level {level}: is at 0x{at:x}", *below.lines]
                walk.why = f"its table: {below.why}"
                return walk
        pte = read(host) if host is not None else None
        if pte is None:
            walk.why = f"there is no memory at 0x{host:x}"
            walk.lines.append(f"  level {level}: <- ends here: {walk.why}")
            return walk
        walk.why = _end(pte, level, g_stage)
        is_leaf = bool(pte & (R | X))
        line = f"  level {level}: 0x{at:x} has 0x{pte:016x} {_letters(pte)}"
        if walk.why:
            walk.lines += [line, f"           <- ends here: {walk.why}"]
            return walk
        if is_leaf:
            walk.to = _target(pte) + addr % (PAGE << 9 * level)
            walk.leaf = pte & 0xFF
            size = _SIZES[level]
            walk.lines += [line, f"           leaf of {size}: {_words(pte)}"]
            return walk
        walk.lines.append(f"{line} table")
        table = _target(pte)
    return walk


def g_stage(hgatp: int, gpa: int, read: Read) -> Walk:
    """Where a guest-physical address is."""
    return _stage(hgatp, gpa, read, None)


def vs_stage(vsatp: int, hgatp: int, gva: int, read: Read) -> Walk:
    """Which guest-physical address a guest-virtual one is."""
    return _stage(vsatp, gva, read, hgatp)


def _rights(bits: int) -> str:
    """What the leaves of both stages allow. W without D is a fault, or sets D."""
    found = [word for bit, word in _RIGHTS if bits & bit and (bit != W or bits & D)]
    return ", ".join(found) or "do nothing"


def _result(lines: list[str], stages: list[tuple[str, Walk]], read: Read) -> list[str]:
    """The last lines: the way in short, and what may be done there."""
    last = stages[-1][1]
    if last.to is None:
        return [*lines, f"it leads nowhere: {last.why}"]
    way = [f"{name} 0x{walk.to:x}" for name, walk in stages if walk.to is not None]
    lines.append(" -> ".join(way))
    if read(last.to & ~7) is None:
        return [*lines, "there is no RAM: a device of the machine, or nothing"]
    bits = last.leaf
    for _, walk in stages:
        bits &= walk.leaf
    return [*lines, f"the guest may {_rights(bits)} there"]


def both(vsatp: int, hgatp: int, gva: int, read: Read) -> list[str]:
    """The lines for a guest-virtual address; the last ones are the result."""
    first = vs_stage(vsatp, hgatp, gva, read)
    stages = [("gva", Walk(to=gva)), ("gpa", first)]
    if first.to is None:
        return _result(first.lines, stages, read)
    second = g_stage(hgatp, first.to, read)
    lines = _result([*first.lines, *second.lines], [*stages, ("hpa", second)], read)
    if second.to is not None and vsatp >> 60:
        who = "VU-mode" if first.leaf & U else "VS-mode"
        lines[-1] = lines[-1].replace("the guest", f"{who} of the guest")
    return lines


def physical(hgatp: int, gpa: int, read: Read) -> list[str]:
    """The lines for a guest-physical address."""
    walk = g_stage(hgatp, gpa, read)
    return _result(walk.lines, [("gpa", Walk(to=gpa)), ("hpa", walk)], read)
