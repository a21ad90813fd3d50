"""CSRs in words. The names of the bits are those of common/include/riscv.h.

Pure: nothing here needs gdb, so the tests of the kit run it as it is.
"""

import re
from pathlib import Path

HEADER = Path(__file__).parents[1] / "include/riscv.h"
_FS = ("Off", "Initial", "Clean", "Dirty")  # Privileged, 3.1.6.6
_ATP = {0: "Bare", 8: "Sv39", 9: "Sv48", 10: "Sv57"}
_PPN = (1 << 44) - 1  # of vsatp and hgatp
NEVER = (1 << 64) - 1


def _bits(prefix: str) -> dict[int, str]:
    """What the header defines as PREFIX_NAME (1UL << n), by n."""
    pattern = rf"^#define {prefix}_([A-Z]+) \(1UL << (\d+)\)"
    found = re.findall(pattern, HEADER.read_text(), re.M)
    return {int(n): name for name, n in found}


def _interrupts() -> dict[int, str]:
    found = re.findall(r"^#define IRQ_(\w+) (\d+)", HEADER.read_text(), re.M)
    return {int(n): name for name, n in found}


def _flags(value: int, names: dict[int, str], end: str = "") -> str:
    found = [name + end for n, name in sorted(names.items()) if value >> n & 1]
    return " ".join(found) or "-"


def atp(value: int, g_stage: bool) -> str:
    """vsatp or hgatp: mode, VMID or ASID, root table (10.1.11, 18.2.10)."""
    mode = value >> 60
    name = _ATP.get(mode, f"reserved mode {mode}")
    if mode not in _ATP or mode == 0:
        return name
    root = f"root 0x{(value & _PPN) << 12:x}"
    if g_stage:
        return f"{name}x4, VMID {value >> 44 & 0x3fff}, {root}"
    return f"{name}, ASID {value >> 44 & 0xffff}, {root}"


def _hstatus(value: int) -> str:
    return _flags(value, _bits("HSTATUS"))


def _sstatus(value: int) -> str:
    flags = _flags(value, _bits("SSTATUS")).replace("-", "")
    return f"{flags} FS={_FS[value >> 13 & 3]}".strip()


def _tvec(value: int) -> str:
    if value == 0:
        return "no handler yet"
    return "vectored" if value & 1 else "direct"


def _deadline(value: int) -> str:
    return "never" if value == NEVER else f"tick {value}"


_WORDS = {
    "hstatus": _hstatus,
    "sstatus": _sstatus,
    "vsstatus": _sstatus,
    "hvip": lambda value: _flags(value, _interrupts(), "P"),
    "vsie": lambda value: _flags(value, _interrupts(), "E"),
    "henvcfg": lambda value: _flags(value, _bits("ENVCFG")),
    "vsatp": lambda value: atp(value, False),
    "hgatp": lambda value: atp(value, True),
    "vstvec": _tvec,
    "vstimecmp": _deadline,
}


def of(name: str, value: int) -> str:
    """The fields of the CSR `name` in words; "" where it has none."""
    return _WORDS[name](value) if name in _WORDS else ""
