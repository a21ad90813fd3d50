"""Several VMs on one hart: what each of them printed and told.

Guests of lab h5 run side by side, often the same program, always at the same
addresses. Each has a lane, its own pair of ecalls in QEMU's trap log
(labs/h5_multi_vm/guests/lanes.h), and a name before each of its lines.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import NamedTuple

from .guest import VS_ECALL, complaint, refuse
from .run import SHUTDOWN, Run
from .symptoms import expect_ending
from .verdict import Infrastructure
from .vms import Vm

Properties = Mapping[tuple[str, str], object]  # of the device tree

LANES, LANE_BYTES = 16, 16
DOORBELL = ("/soc/doorbell", "hv,peer")
RESTART = ("/", "hv,restart")
NOT_GIVEN_BACK = re.compile(r"hv: -?\d+ pages were not given back")


def beside(
    program: str,
    name: str,
    lane: int,
    properties: Properties | None = None,
    /,
    **bootargs: object,
) -> Vm:
    """A VM of several, that runs this program."""
    return Vm(name, {"lane": lane, **bootargs}, properties or {}, program=program)


def memory(size: int, base: int = 0x80000000) -> Properties:
    """The property that gives a VM so many bytes of RAM."""
    return {(f"/memory@{base:x}", "reg"): base << 64 | size}


def lane_told(run: Run, lane: int) -> list[int]:
    """The numbers that the VM of this lane told the trap log."""
    run.looked.add("traps")
    spans = {s.find("lanes") for s in run.trap_log.symbols.values()} - {None}
    if len(spans) != 1 or not 0 <= lane < LANES:
        raise Infrastructure("the guests do not agree on where the lanes are")
    (span,) = spans
    assert span is not None
    start = span.start + LANE_BYTES * lane
    zero, one = start, start + LANE_BYTES // 2
    ecalls = run.trap_log.select(VS_ECALL)
    bits = ["01"[t.epc == one] for t in ecalls if t.epc in (zero, one)]
    words = ["".join(bits[i : i + 64]) for i in range(0, len(bits), 64)]
    return [int(word, 2) for word in words]


def _instructions(code: bytes) -> Iterator[int]:
    """Instruction by instruction: what lies across two of them is none."""
    at = 0
    while at < len(code) - 1:
        size = 4 if code[at] & 3 == 3 else 2
        yield int.from_bytes(code[at : at + size], "little")
        at += size


def has_sc(elf: Path) -> bool:
    """Is there an sc.w or sc.d in the program's code?"""
    from elftools.elf.elffile import ELFFile  # slow to import, rarely needed

    with elf.open("rb") as file:
        sections = [s for s in ELFFile(file).iter_sections() if s["sh_flags"] & 4]
        code = [section.data() for section in sections]
    words = (word for part in code for word in _instructions(part))
    return any(word & 0xF800607F == 0x1800202F for word in words)


def lines_of(run: Run, name: str) -> list[str]:
    """What the VM printed, without its name."""
    prefix = f"[{name}] "
    return [x.removeprefix(prefix) for x in run.guest_lines if x.startswith(prefix)]


class Row(NamedTuple):
    """Of a VM, in the table at the end of a session (common/hv/h5/session.c)."""

    ran: int  # milliseconds
    slices: int
    exits: int
    interrupts: int
    pages: int
    restarts: int


def row_of(run: Run, name: str) -> Row:
    """What the table says of the VM; -1 everywhere: nothing."""
    row = re.compile(rf"hv: {re.escape(name)}" + r" +(\d+)" * len(Row._fields))
    found = [m.groups() for line in run.lines if (m := row.fullmatch(line))]
    return Row(*map(int, found[-1] if found else ["-1"] * len(Row._fields)))


def expect_lane(run: Run, vm: Vm, *want: int, likely: str) -> None:
    """The VM told these numbers, and no others."""
    got = lane_told(run, int(str(vm.bootargs["lane"])))
    words = [", ".join(f"{n:#x}" for n in some) or "nothing" for some in (want, got)]
    run.check(
        got == list(want),
        f"{vm.name} finds out {words[0]}, and tells so by where it exits",
        f"QEMU recorded {words[1]}.",
        likely=likely,
        log="traps.log",
    )


def expect_lines(
    run: Run,
    vm: Vm,
    want: Sequence[str],
    printed: Sequence[str] | None = None,
    *,
    likely: str,
) -> None:
    """The VM printed these lines, and no others."""
    pairs = zip_longest(want, lines_of(run, vm.name) if printed is None else printed)
    for number, (line, found) in enumerate(pairs, 1):
        run.check(
            line == found,
            f"line {number} of {vm.name}: {line!r}",
            f"It is {found!r}.",
            likely=likely,
        )


def expect_all_well(
    run: Run,
    vms: Sequence[Vm],
    *,
    likely: str,
    complaints: Mapping[str, str] | None = None,
    status: int = SHUTDOWN,
) -> None:
    """No guest complained, all of these shut themselves down."""
    if complaint(run):
        found = [m[1] for x in run.lines if (m := re.match(r"\[(.*?)\] FAILED: ", x))]
        refuse(run, (found or ["the guest"])[-1], complaints or {}, likely)
    expect_ending(run, status, likely=likely)
    for vm in vms:
        line = rf"hv: vm {re.escape(vm.name)}: stopped: shutdown"
        run.expect_line(re.compile(line), likely=likely)
