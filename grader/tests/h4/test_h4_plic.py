"""Lab h4, tasks 1 to 3 as a guest sees them: registers, gateway, claims."""

import random
from collections.abc import Iterator

from hvgrade.guest import GuestRandom, folded, told
from hvgrade.plugin import Boot
from hvgrade.symptoms import expect_pass

BUDGET = 10_000_000  # instructions: several times what a guest needs here
UART, RTC = 10, 11  # the sources that are really there
SOURCES = 128  # ids 1 to 127
PLIC = 0xC000000
CLAIM = PLIC + 0x200004
LOAD_FAULT, STORE_FAULT = 21, 23  # guest-page faults: how an access exits
HOST_EXTERNAL, VS_EXTERNAL = 9, 10  # interrupts


def _register_values(guest_random: GuestRandom) -> Iterator[int]:
    """What the guest registers reads, in its order."""
    yield from [0] * 1024
    written = [guest_random() & 0xFFFFFFFF for _ in range(1024)]
    yield from [w & 7 if 0 < i < SOURCES else 0 for i, w in enumerate(written)]
    guest_random.take(32)  # pending
    yield from [0] * 32
    written = [guest_random() & 0xFFFFFFFF for _ in range(5 * 32)]
    yield written[0] & ~1
    yield from written[1 : SOURCES // 32]
    yield from [0] * (5 * 32 - SOURCES // 32)
    yield guest_random() & 7  # the threshold
    yield from [0] * (1 + 14 + 4 * 16)


def test_registers_keep_what_they_should(boot: Boot, rng: random.Random) -> None:
    seed = rng.getrandbits(32)
    values = list(_register_values(GuestRandom(seed)))
    likely = "h4.1: look at the offset that the guest names, and at plic.h"
    run = boot("registers", bootargs={"seed": seed}, budget=BUDGET)
    expect_pass(
        run,
        "registers",
        ["the registers are as they should be"],
        [folded(values)],
        likely=likely,
        complaints={
            "at first": "the struct vplic of a new VM is all 0, and so is every "
            "register: is this offset taken for another register?",
            r"priority 0 ": "source 0 does not exist: its priority reads 0",
            r"priority \d+ .* reads 0x0, ": "a priority is written at 4 * source and "
            "read there again",
            r"priority (12[89]|1[3-9]\d|[2-9]\d\d|1\d{3}) ": "sources from "
            "VPLIC_SOURCES on do not exist: they read 0, and writes go nowhere",
            "priority": "a priority has three bits: the others are not kept",
            "pending": "pending bits are read-only: a write to them does nothing",
            "enable word 0 .*reads 0x[0-9a-f]*[13579bdf],": "bit 0 of the first word "
            "is source 0, which does not exist",
            "enable word of context": "contexts from VPLIC_CONTEXTS on do not exist",
            "enable word": "enable bits: 32 sources in a word, 0x80 bytes a context",
            "threshold": "a threshold has three bits, like a priority",
            "page of context": "a context's page has two registers, and only context "
            "0 has a page",
        },
    )
    for cause, count in ((LOAD_FAULT, len(values)), (STORE_FAULT, 1024 + 32 + 239)):
        run.expect_traps(
            cause,
            count,
            vm="registers",
            where=lambda trap: PLIC <= trap.tval < PLIC + 0x600000,
            likely=likely,
        )


def test_32_bit_accesses_only(boot: Boot, rng: random.Random) -> None:
    seed, n = rng.getrandbits(32), rng.randrange(20, 200)
    likely = (
        "h4.4: the MMIO bus lets 32-bit accesses through and no other; for those, "
        "vplic_mmio_read and vplic_mmio_write are not called at all"
    )
    run = boot("widths", bootargs={"seed": seed, "n": n}, budget=BUDGET)
    expect_pass(
        run,
        "widths",
        [f"{40 + n} wrong accesses, all refused"],
        [40 + n],
        likely=likely,
        complaints={
            "was carried out": "h2.7: mmio_access refuses a width that the device "
            "does not have in its .widths",
            "lower half": "h4.4: the value of a 32-bit store is in the low 4 bytes "
            "(vm.h): what is above does not count when you compare it",
            "wrong access took": "h4.1: only a 32-bit read of PLIC_CLAIM claims",
            "claim returns": "h4.3: source 11 is pending, enabled, and its priority "
            "5 is above the threshold 3",
            "changed": "h4.1: the register lost what a 32-bit write put there",
        },
    )
    random_ = GuestRandom(seed)
    random_.take(3 + 40 * 31)
    loads = 40 // 8 * 5
    for _ in range(n):
        loads += random_() % 8 < 5
        random_.take(32)
    stores = 40 + n - loads
    run.expect_traps(LOAD_FAULT, loads, inside="probe_at", likely=likely)
    run.expect_traps(STORE_FAULT, stores, inside="probe_at", likely=likely)


def test_claimed_source_stays_quiet(boot: Boot, rng: random.Random) -> None:
    seed, n = rng.getrandbits(32), rng.randrange(10, 60)
    guest_random = GuestRandom(seed)
    scenes = [*range(6), *(guest_random() % 6 for _ in range(n))]
    likely = "h4.2: the gateway: high and not claimed makes pending; see h4.h"
    run = boot("gateway", bootargs={"seed": seed, "n": n}, budget=BUDGET)
    expect_pass(
        run,
        "gateway",
        [f"{len(scenes)} scenes"],
        [folded(scenes)],
        likely=likely,
        complaints={
            "^pending: rung: not": "h4.5: host_external_interrupt sets the line of "
            "the source in its owner's vplic; h4.2: a high line makes it pending",
            "low again": "h4.2: a pending bit stays when the line drops; a claim "
            "takes it away",
            "bit written": "h4.1: pending bits are read-only",
            "^pending: completed": "h4.2: after its completion a source is pending "
            "only if its line is high; h4.5: the line is high for a moment only",
            "^not enabled: rung.*: not": "h4.2: pending does not depend on enable bits; "
            "h4.5: the wire rises again only if the source before was completed on the "
            "hardware",
            "^not enabled: .*claim returns 11": "h4.3: a source that is not enabled is "
            "not claimed",
            "^not enabled: claimed": "h4.3: a claim that returns 0 changes nothing",
            "while claimed: pending": "h4.2: a claimed source does not become pending "
            "before its completion; h4.5: nor does the hardware's, if it is "
            "completed there only when the guest completes",
            "already claimed": "h4.3: a claim makes the source claimed: it is not "
            "pending any more",
            "^claimed: completed, wire high: not": "h4.5: what the guest completes is "
            "completed on the hardware too, then and not before: it comes again",
            "^completed, but not enabled": "h4.2: completing a source that is not "
            "enabled is ignored, on the hardware too: it stays claimed",
            "^completed another": "h4.2: only the claimed source's own number "
            "completes it: compare all 32 bits, and tell the hardware no other",
            "^completed, but not claimed": "h4.2: completing what is not claimed is "
            "ignored, on the hardware too, and the pending bit stays as it is",
        },
    )
    # What the hardware delivered: each ring once, and not a time more.
    rings = [1, 2, 2, 2, 2, 2]
    run.expect_traps(
        HOST_EXTERNAL,
        sum(rings[scene] for scene in scenes),
        is_async=True,
        likely="h4.5: the hardware interrupts once per ring: it is completed exactly "
        "when the guest's completion counts, not earlier and not when it is ignored",
    )


def _claims(seed: int, n: int) -> Iterator[int]:
    """What the claims of the guest order return."""
    guest_random = GuestRandom(seed)
    for _ in range(n):
        dice = guest_random() >> 32
        uart, rtc = (dice & 3, dice >> 2 & 7), (dice >> 5 & 3, dice >> 7 & 7)
        threshold = dice >> 11 & 3 if dice >> 10 & 1 else 0
        ready = [
            (-priority, source)
            for source, (priority, enabled) in ((UART, uart), (RTC, rtc))
            if enabled and priority > threshold
        ]
        yield from (source for _, source in sorted(ready))
        yield 0


def test_claims_come_in_order(boot: Boot, rng: random.Random) -> None:
    seed, n = rng.getrandbits(32), rng.randrange(100, 200)
    claims = list(_claims(seed, n))
    likely = (
        "h4.3: of what is pending and enabled, the highest priority above the "
        "threshold; of equal ones the lowest id; priority 0 never"
    )
    run = boot("order", bootargs={"seed": seed, "n": n}, budget=BUDGET)
    expect_pass(
        run,
        "order",
        [f"{n} times in order"],
        [folded(claims)],
        likely=likely,
        complaints={
            r"priorities (\d) and \1, .*returns 11, not 10": "h4.3: of equal "
            "priorities the lowest id comes first",
            r"returns 1[01], not 0": "h4.3: a source that is not enabled, whose "
            "priority is 0, or is not above the threshold, is not claimed",
            r"returns 0, not": "h4.3: this source may be claimed: look at the "
            "comparison with the threshold; h4.2: it is pending",
        },
    )
    run.expect_traps(
        LOAD_FAULT,
        at_least=len(claims),
        where=lambda trap: trap.tval == CLAIM,
        likely=likely,
    )


MOST = 300  # instructions: a scan of 127 bits costs twice as much


def test_claim_looks_at_words_not_bits(boot: Boot, rng: random.Random) -> None:
    n = rng.randrange(300, 600)
    likely = (
        "h4.3: pending & enabled leaves few bits of a word; find those with a count "
        "of trailing zeros, and look at no other source"
    )
    run = boot("cost", bootargs={"n": n}, budget=BUDGET)
    lines = [line.rsplit(maxsplit=1)[0] for line in run.guest_lines[1:]]
    numbers = told(run, "cost")
    run.check(
        len(numbers) == 2 and len(lines) == 4,
        "the guest cost measures to its end",
        likely="h4.5: an interrupt or a claim is missing: see the other tests first",
    )
    read, claim = numbers
    run.check(
        claim <= read + MOST,
        f"a claim with nothing pending costs at most {MOST} instructions more than "
        "to read a priority",
        f"{read} instructions for the priority, {claim} for the claim.",
        likely=likely,
    )
    expect_pass(run, "cost", run.guest_lines, numbers, likely=likely)
    loads = run.expect_traps(LOAD_FAULT, 4 * n, vm="cost", likely=likely)
    claims = [trap for trap in loads if trap.tval == CLAIM]
    run.check(len(claims) == 3 * n, f"{3 * n} claims", likely=likely)
