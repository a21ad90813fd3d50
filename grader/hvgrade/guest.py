"""The guests' runtime (common/guest) as a graded test sees it.

What a guest has to say comes out by two ways. It prints; and it chooses at
which of two instructions it leaves, which QEMU's trap log records. So a
number that a guest found out can be read without asking the console.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NoReturn

from .run import SHUTDOWN, Run
from .traps import Trap, cause_words

_64 = (1 << 64) - 1
VS_ECALL = 10  # the cause that only a guest can have
GUEST_PAGE_FAULTS = (20, 21, 23)  # fetch, load, store
VM_ENDED = r"hv: vm {}: stopped: .*"


class GuestRandom:
    """guest_random() of common/guest/runtime.c: the same numbers."""

    def __init__(self, seed: int) -> None:
        self.state = (seed * 0x9E3779B97F4A7C15 + 1) & _64

    def __call__(self) -> int:
        self.state ^= self.state >> 12
        self.state = (self.state ^ self.state << 25) & _64
        self.state ^= self.state >> 27
        return self.state * 0x2545F4914F6CDD1D & _64

    def take(self, count: int) -> list[int]:
        return [self() for _ in range(count)]


def folded(numbers: Iterator[int] | list[int]) -> int:
    """sum = sum * 31 + number, over all numbers, as guests do it."""
    total = 0
    for number in numbers:
        total = (total * 31 + number) & _64
    return total


def told(run: Run, vm: str) -> list[int]:
    """The numbers that guest_tell() told the trap log."""
    run.looked.add("traps")
    sites = {
        trap.epc: bit
        for bit in (0, 1)
        for trap in run.trap_log.select(VS_ECALL, vm=vm, inside=f"tell_{bit}")
    }
    bits = [
        str(sites[trap.epc])
        for trap in run.trap_log.select(VS_ECALL)
        if trap.epc in sites
    ]
    words = ["".join(bits[i : i + 64]) for i in range(0, len(bits), 64)]
    return [int(word, 2) for word in words]


def expect_told(run: Run, vm: str, *numbers: int, likely: str) -> None:
    """The guest told these numbers, and no others."""
    want, got = list(numbers), told(run, vm)
    expected = f"{vm} finds out {_hex(want)}, and tells so by where it exits"
    happened = f"QEMU recorded {_hex(got)}."
    run.check(want == got, expected, happened, likely=likely, log="traps.log")


def _hex(numbers: list[int]) -> str:
    return ", ".join(f"{number:#x}" for number in numbers) or "nothing"


def expect_traps_at(
    run: Run, cause: int, vm: str, inside: str, tvals: list[int], *, likely: str
) -> list[Trap]:
    """The traps of that cause there: exactly these values of tval, in order."""
    found = run.expect_traps(cause, len(tvals), vm=vm, inside=inside, likely=likely)
    for index, (trap, tval) in enumerate(zip(found, tvals, strict=True)):
        run.check(
            trap.tval == tval,
            f"{trap.words} number {index + 1} in {inside} with tval {tval:#x}",
            f"QEMU recorded tval {trap.tval:#x}.",
            likely=likely,
            log="traps.log",
        )
    return found


def expect_faults(
    run: Run,
    want: Sequence[tuple[Collection[int], int]],
    *,
    likely: str,
    inside: str | None = None,
) -> None:
    """The guest-page faults (there, if inside is given): exactly these, in order.

    Each is a set of causes, of which QEMU may choose, and the value of tval.
    """
    run.looked.add("traps")
    here = run.trap_log.inside(None, inside)
    got = [t for t in run.traps if t.cause in GUEST_PAGE_FAULTS and here(t)]
    for index, (trap, (causes, tval)) in enumerate(zip(got, want, strict=False)):
        run.check(
            trap.cause in causes and trap.tval == tval,
            f"guest-page fault {index + 1} of {len(want)}: "
            f"{' or '.join(map(cause_words, causes))} at {tval:#x}",
            f"QEMU recorded {trap.words} at {trap.tval:#x}.",
            likely=likely,
            log="traps.log",
        )
    place = f" in {inside}" if inside else ""
    run.check(
        len(got) == len(want),
        f"exactly {len(want)} guest-page faults{place}, as QEMU itself recorded them",
        f"QEMU recorded {len(got)}.",
        likely=likely,
        log="traps.log",
    )


def complaint(run: Run) -> str:
    """What a guest printed before it ended with guest_fail, or ""."""
    found = [line for line in run.lines if "FAILED: " in line]
    return found[-1].partition("FAILED: ")[2] if found else ""


def refuse(run: Run, vm: str, complaints: Mapping[str, str], likely: str) -> NoReturn:
    """The guest complained: the likely cause is the first pattern that matches."""
    text = complaint(run)
    causes = [c for pattern, c in complaints.items() if re.search(pattern, text)]
    cause = [*causes, likely][0]
    task = next((task for task, read in run.reads.items() if read == run.read), "")
    if not re.match(r"(or )?h\d\.\d", cause):
        cause = f"{task}: {cause}"
    run.fail(f"{vm} finds everything right", f"it says: {text}", likely=cause)


def expect_end(run: Run, vm: str, *, likely: str) -> None:
    """The guest ended itself with guest_pass(), and every VM shut down."""
    run.expect_status(SHUTDOWN, likely=likely)
    run.expect_line(re.compile(VM_ENDED.format(re.escape(vm))), likely=likely)
    run.expect_traps(VS_ECALL, 1, vm=vm, inside="verdict_pass", likely=likely)
    run.expect_traps(VS_ECALL, 0, vm=vm, inside="verdict_fail", likely=likely)
