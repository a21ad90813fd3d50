"""Lab h4, tasks 4 and 5: VSEIP, and the physical PLIC behind the virtual one."""

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from hvgrade.guest import (
    VM_ENDED,
    VS_ECALL,
    GuestRandom,
    complaint,
    expect_told,
    folded,
    refuse,
)
from hvgrade.machine import Vm
from hvgrade.plugin import Boot
from hvgrade.run import SHUTDOWN, STOPPED
from hvgrade.symptoms import expect_ending, expect_pass

BUDGET = 10_000_000  # instructions: several times what a guest needs here
UART, RTC = 10, 11
HOST_EXTERNAL = 9  # interrupts, as QEMU numbers them
VS_SOFTWARE, VS_TIMER, VS_EXTERNAL = 2, 6, 10


def _pairs(seed: int, n: int) -> Iterator[tuple[int, bool]]:
    """Rounds of the guest both: which source comes first; both in one trap?"""
    guest_random = GuestRandom(seed)
    for _ in range(n):
        dice = guest_random() >> 32
        uart, rtc = dice % 7 + 1, dice // 7 % 7 + 1
        yield RTC if rtc > uart else UART, bool(dice >> 10 & 1)


def test_completing_one_interrupt_keeps_the_other_pending(
    boot: Boot, rng: random.Random
) -> None:
    seed, n = rng.getrandbits(32), rng.randrange(50, 150)
    rounds = list(_pairs(seed, n))
    likely = (
        "h4.4: after a completion, ask vplic_best whether anything is left: VSEIP "
        "goes away only when there is not"
    )
    run = boot("both", bootargs={"seed": seed, "n": n}, budget=BUDGET)
    expect_pass(
        run,
        "both",
        [f"{n} times two interrupts"],
        [folded([first for first, _ in rounds])],
        likely=likely,
        complaints={
            "1 of 2 .* lost": likely,
            "0 of 2": "h4.4: VSEIP is not set when a source becomes pending; h4.5: "
            "host_external_interrupt calls vplic_update",
            "came first": "h4.3: higher priorities first; of equal ones the lowest id",
            "claim returns 0": "h4.4: VSEIP is set, but there is nothing to claim: it "
            "has to go away with the claim of the last one",
        },
    )
    run.expect_traps(
        VS_EXTERNAL,
        sum(1 if both else 2 for _, both in rounds),
        is_async=True,
        likely=likely,
    )
    run.expect_traps(HOST_EXTERNAL, 2 * n, is_async=True, likely=likely)


@dataclass
class _Source:
    id: int
    priority: int = 0
    enabled: bool = False
    wire: bool = False
    pending: bool = False
    claimed: bool = False
    rung_again: bool = False

    def clear(self) -> None:
        if not self.rung_again:
            self.wire = False


# Of the guest walk: what its dice are before it throws them.
FIRST_STEPS = (0x100, 0x201, 0xF06, 0x18, 0x19, 0x12, 0xD, 0xF04, 0x4, 0x12, 0xC)


class _Walk:
    """The guest walk, once more: how many interrupts does it take?"""

    def __init__(self) -> None:
        self.sources = [_Source(UART), _Source(RTC)]
        self.threshold = self.taken = self.rings = 0

    def best(self) -> _Source | None:
        ready = [
            s
            for s in self.sources
            if s.pending and s.enabled and s.priority > self.threshold
        ]
        return max(ready, key=lambda s: (s.priority, -s.id)) if ready else None

    def ring(self, s: _Source) -> None:
        if s.wire:
            return
        s.wire = True
        s.rung_again = s.pending or s.claimed
        self.rings += not s.rung_again
        s.pending = not s.claimed

    def complete(self, s: _Source) -> None:
        if not (s.claimed and s.enabled):
            return
        s.clear()
        s.claimed, s.pending, s.rung_again = False, s.wire, False
        self.rings += s.wire

    def step(self, dice: int) -> None:
        s, more = self.sources[dice & 1], dice >> 8
        op = dice >> 1 & 15
        if op < 2:
            s.priority = more & 3
        elif op == 2:
            self.threshold = more & 3 & more >> 2
        elif op < 5:
            self.sources[0].enabled = bool(more & 3)
            self.sources[1].enabled = bool(more & 12)
        elif op == 5:
            s.clear()
        elif op < 9:
            self.complete(s)
        elif op < 12:
            found = self.best()
            if found:
                found.pending, found.claimed = False, True
        else:
            self.ring(s)
        self.taken += self.best() is not None


def test_vseip_follows_every_change(boot: Boot, rng: random.Random) -> None:
    seed, n = rng.getrandbits(32), rng.randrange(600, 1000)
    guest_random, walk = GuestRandom(seed), _Walk()
    for dice in FIRST_STEPS:
        walk.step(dice)
    for _ in range(n - len(FIRST_STEPS)):
        walk.step(guest_random() >> 32)
    likely = "h4.4: call vplic_update after every change that can matter"
    run = boot("walk", bootargs={"seed": seed, "n": n}, budget=BUDGET)
    lost = "h4.4: VSEIP is 0 although vplic_best finds a source"
    stale = "h4.4: VSEIP is 1 although vplic_best finds nothing"
    events = {
        "a priority was set": "call vplic_update after a write of a priority, too",
        "the threshold was set": "call vplic_update after a write of the threshold",
        "the enables were set": "call vplic_update after a write of enable bits",
        "a source was claimed": "call vplic_update after a claim, which is a read",
        "a source was completed": "another source may be pending: call vplic_update; "
        "what was completed may come again: complete it on the hardware",
        "a wire went high": "host_external_interrupt calls vplic_update",
        "a wire went low": "a pending bit stays when the wire drops",
    }
    complaints = {}
    for event, what in events.items():
        complaints[f"{event}: no interrupt"] = f"{lost}: {what}"
        complaints[f"{event}: an interrupt"] = f"{stale}: {what}"
    complaints["claim returns"] = "h4.3: the claim returns another source"
    expect_pass(
        run,
        "walk",
        [f"{n} steps, {walk.taken} interrupts"],
        [walk.taken],
        likely=likely,
        complaints=complaints,
    )
    run.expect_traps(VS_EXTERNAL, walk.taken, is_async=True, likely=likely)
    run.expect_traps(
        HOST_EXTERNAL,
        walk.rings,
        is_async=True,
        likely="h4.5: the hardware is completed exactly when the guest's completion "
        "counts",
    )


def _others(seed: int, n: int) -> tuple[int, int, int]:
    """How many software, timer and external interrupts the guest others takes."""
    guest_random = GuestRandom(seed)
    counts = [0, 0, 0]
    for _ in range(n):
        dice = guest_random() >> 32
        for bit, index in ((0, 0), (1, 1), (3, 2)):
            counts[index] += dice >> bit & 1
    return counts[0], counts[1], counts[2]


def test_only_vseip_is_touched(boot: Boot, rng: random.Random) -> None:
    seed, n = rng.getrandbits(32), rng.randrange(50, 150)
    software, timer, external = _others(seed, n)
    likely = (
        "h4.4: set or clear VSEIP alone, with vcpu_irq_set: VSSIP and VSTIP are in "
        "hvip too, and neither the whole register nor a copy of it may be written"
    )
    run = boot("others", bootargs={"seed": seed, "n": n}, budget=BUDGET)
    expect_pass(
        run,
        "others",
        [f"{software} software, {timer} timer, {external} external interrupts"],
        [software, timer, external],
        likely=likely,
        complaints={
            "lost": likely,
            "nowhere": likely,
            "no external": "h4.4: VSEIP is not set: see the other tests first",
        },
    )
    counts = {VS_SOFTWARE: software, VS_TIMER: timer, VS_EXTERNAL: external}
    for cause, count in counts.items():
        run.expect_traps(cause, count, is_async=True, likely=likely)


def test_storm_does_not_starve_the_guest(boot: Boot, rng: random.Random) -> None:
    n, rounds = rng.randrange(500, 1000), rng.randrange(50, 150)
    total = n + rounds + 1
    likely = (
        "h4.5: from our claim to the guest's completion, the source must be quiet: do "
        "not complete it on the hardware any earlier"
    )
    run = boot("storm", bootargs={"n": n, "rounds": rounds}, budget=3 * BUDGET)
    expect_pass(
        run,
        "storm",
        [f"{total} interrupts, {n * rounds} units of work"],
        [total, n * rounds],
        likely=likely,
        complaints={
            "in a row came": "h4.5: what the guest completes is completed on the "
            "hardware too, and then may come again at once",
            "no interrupt": "h4.5: the wire is high when the guest completes, so the "
            "source comes again as soon as it is completed on the hardware",
            "already claimed": "h4.2: a claimed source does not become pending again",
            "claim returns": "h4.4: VSEIP is set, but there is nothing to claim",
        },
    )
    run.expect_traps(VS_EXTERNAL, total, is_async=True, likely=likely)
    run.expect_traps(HOST_EXTERNAL, total, is_async=True, likely=likely)


def test_guest_that_never_completes(boot: Boot, rng: random.Random) -> None:
    n = rng.randrange(50, 300)
    likely = (
        "h4.2: a claimed source stays quiet until it is completed, for ever if need "
        "be; the other sources do not care"
    )
    run = boot("never", bootargs={"n": n}, budget=BUDGET)
    expect_pass(
        run,
        "never",
        [f"1 and {n} interrupts"],
        [n],
        likely=likely,
        complaints={
            "^0 interrupts": "h4.4: VSEIP is not set: see the other tests first",
            "claim returns 0": "h4.4: VSEIP is set, but there is nothing to claim",
            "never completed": "h4.5: complete on the hardware when the guest does, "
            "not before; h4.2: claimed is not pending",
            "other source": "h4.2: claimed is one bit per source, not one for all; "
            "h4.5: what the guest completes is completed on the hardware too",
        },
    )
    run.expect_traps(VS_EXTERNAL, n + 1, is_async=True, likely=likely)
    run.expect_traps(HOST_EXTERNAL, n + 1, is_async=True, likely=likely)


@pytest.mark.parametrize("how", ["shutdown", "crash"])
def test_guest_that_leaves_while_serving(
    boot: Boot, rng: random.Random, how: str
) -> None:
    n, later = rng.randrange(1, 20), rng.randrange(10, 100)
    likely = (
        "h4.5: irq_release: every source of a VM that has ended, claimed or not, is "
        "completed and disabled, and interrupts nobody any more"
    )
    vms = [Vm("leaves", {"n": n, "how": how}), Vm("after", {"n": later})]
    run = boot(*vms, budget=BUDGET)
    complaints = {
        "interrupts, not": "h4.5: an interrupt is missing: see the other tests first",
        "claim returns 0": "h4.4: VSEIP is set, but there is nothing to claim: did a "
        "device of the VM that has ended ring? h4.5: irq_release",
    }
    if complaint(run):
        refuse(run, "after", complaints, likely)
    expect_ending(run, STOPPED if how == "crash" else SHUTDOWN, likely=likely)
    run.expect_line(re.compile(VM_ENDED.format("leaves")), likely=likely)
    lines = [
        f"leaving, {n} interrupts later",
        f"{later} interrupts, all of them mine",
    ]
    run.expect_guest_output(lines, likely=likely)
    expect_told(run, "leaves", n, likely=likely)
    expect_told(run, "after", later, likely=likely)
    for vm, count in (("leaves", n), ("after", later)):
        run.expect_traps(HOST_EXTERNAL, count, vm=vm, is_async=True, likely=likely)
    run.expect_traps(VS_EXTERNAL, later, vm="after", is_async=True, likely=likely)
    run.expect_traps(VS_ECALL, 1, vm="after", inside="verdict_pass", likely=likely)
