"""Lab h3, task 2: set_timer, as a guest sees it; and stimecmp beside it."""

import random

import pytest

from hvgrade.guest import VS_ECALL, GuestRandom, folded
from hvgrade.plugin import Boot
from hvgrade.run import Run
from hvgrade.symptoms import LOST, expect_pass

BUDGET = 50_000_000
HOST_TIMER, GUEST_TIMER = 5, 6  # interrupts, as QEMU numbers them
VIRTUAL = 22
SCENES = ("past", "ahead", "far", "disarm", "rearm", "held")
SSTC = {("/cpus/cpu@0", "riscv,isa"): "rv64imafdc_sstc"}


def test_set_timer_answers(boot: Boot, rng: random.Random) -> None:
    seed, n = rng.getrandbits(32), rng.randint(5, 60)
    likely = "h3.2: sbi_return(vcpu, SBI_SUCCESS, 0) at the end, and nothing else"
    run = boot("calls", bootargs={"seed": seed, "n": n}, budget=BUDGET)
    guest_random = GuestRandom(seed)
    sums = []
    for _ in range(n):
        for kind in range(3):
            guest_random.take(kind > 0)  # a function number, evaluated first
            registers = guest_random.take(31)
            sums.append(registers[8])
    expect_pass(
        run,
        "calls",
        [f"{n} calls of each kind"],
        [folded(sums)],
        likely=likely,
        complaints={
            "probe_extension": "probe_extension says no: is sbi_time defined?",
            "function 0x[1-9a-f][0-9a-f]*: .*instead of -2": "TIME has one function "
            "only, 0: all others are SBI_ERR_NOT_SUPPORTED",
            "extension 0x0: x11": "a legacy call returns in a0 only: it ends with "
            "sbi_return_legacy",
            "x[0-9]+ was": f"h3.2: a call changes a0 and a1 only; {LOST}",
        },
    )
    run.expect_traps(VS_ECALL, 3 * n, inside="probe_at", likely=likely)
    run.expect_traps(GUEST_TIMER, 0, is_async=True, likely=likely)


def armed(seed: int, what: str = "") -> tuple[int, int]:
    """How many timer interrupts the guest arm takes, and its last random number."""
    guest_random = GuestRandom(seed)
    first, count = guest_random() % len(SCENES), 0
    for i in range(len(SCENES)):
        scene = SCENES[(first + i) % len(SCENES)]
        if what not in ("", scene):
            continue
        count += {"past": 3, "ahead": 2, "rearm": 3}.get(scene, 0)
        guest_random.take({"past": 1, "ahead": 2, "far": 2}.get(scene, 0))
        if scene == "held":
            count += 3 + guest_random() % 6
    return count, guest_random()


ARMING = {
    "past": "h3.2: a deadline that has passed fires at once: VSTIP is set when the "
    "call returns, through vcpu_irq_set",
    "ahead": "h3.2: the deadline is guest time, the queue wants host time: host time "
    "= guest time - htimedelta; h3.4: when it comes, VSTIP is set",
    "far": "h3.2: a deadline near the end of the 64 bits must not become a small one "
    "when it is turned into host time",
    "disarm": "h3.2: all ones disarms: the deadline leaves the queue, and h3.3: "
    "stimecmp follows, so that the host is not woken for nothing",
    "rearm": "h3.2: set_timer clears VSTIP first, and moves the deadline: of two "
    "calls only the second counts",
    "held": "h3.4: VSTIP stays set until set_timer clears it: the guest may take its "
    "time, and the interrupt comes again until then",
}
COMPLAINTS = {
    "in the past.* 0 inter|for now.* 0 inter|time 0: 0 inter": ARMING["past"],
    "armed ahead.*early": "h3.2: the deadline is off by htimedelta: it is guest time",
    "armed ahead: no interrupt": ARMING["ahead"],
    "answered by all ones": "h3.2: all ones disarms, and clears VSTIP",
    "next month|1 << 63|below all ones": ARMING["far"],
    "disarmed by": ARMING["disarm"],
    "later: 0 inter": "h3.2: what was armed last never came: host time is guest time - "
    "htimedelta, and the deadline stays in the queue until it fires (h3.3)",
    "pending, then armed ahead: 1|pending, then disarmed": "h3.2: set_timer clears "
    "VSTIP, whatever the new deadline is",
    "put off|brought forward": "h3.2: the old deadline must leave the queue: a timer "
    "is in it at most once (h3.3)",
    "not answered at once: 1 |for a tick of the host: 0": ARMING["held"],
}


def expect_armed(
    run: Run, seed: int, what: str, scenes: int, likely: str, *, sstc: bool = False
) -> None:
    """The guest arm found everything right, and QEMU saw as many interrupts."""
    count, number = armed(seed, what)
    line = f"{scenes} scenes, {count} interrupts, {number:#x}"
    numbers = [count, number]
    complaints = {"": likely} if sstc else COMPLAINTS
    expect_pass(run, "arm", [line], numbers, likely=likely, complaints=complaints)
    run.expect_traps(GUEST_TIMER, count, is_async=True, vm="arm", likely=likely)


@pytest.mark.parametrize("what", SCENES)
def test_arming(boot: Boot, rng: random.Random, what: str) -> None:
    seed = rng.getrandbits(32)
    args = {"seed": seed, "what": what}
    run = boot("arm", bootargs=args, budget=BUDGET)
    likely = ARMING[what]
    expect_armed(run, seed, what, 1, likely)
    if what in ("far", "disarm"):
        run.expect_traps(HOST_TIMER, 0, is_async=True, likely=likely)
    ahead = {"ahead": 1, "rearm": 3, "held": 1}.get(what, 0)
    run.expect_traps(HOST_TIMER, at_least=ahead, is_async=True, likely=likely)
    if what == "held":  # and a tick of the host does not end that
        run = boot("arm", bootargs=args, append="limit=100000", budget=BUDGET)
        expect_armed(run, seed, what, 1, likely)
        run.expect_traps(HOST_TIMER, at_least=2, is_async=True, likely=likely)


def test_legacy_set_timer_does_the_same(boot: Boot, rng: random.Random) -> None:
    seed = rng.getrandbits(32)
    run = boot("arm", bootargs={"seed": seed, "timer": "legacy"}, budget=BUDGET)
    likely = (
        "h3.2: extension 0 does what TIME's set_timer does; only its return differs"
    )
    expect_armed(run, seed, "", len(SCENES), likely)


def test_stimecmp_is_the_guests_own(boot: Boot, rng: random.Random) -> None:
    seed = rng.getrandbits(32)
    run = boot("arm", bootargs={"seed": seed}, set=SSTC, budget=BUDGET)
    likely = (
        "h3.6: with henvcfg.STCE the hart compares stimecmp by itself: nobody else "
        "touches the guest's deadline, or hvip.VSTIP"
    )
    expect_armed(run, seed, "", len(SCENES), likely, sstc=True)
    run.expect_traps(HOST_TIMER, 0, is_async=True, likely=likely)
    run.expect_traps(VIRTUAL, 0, likely=likely)
    # Asleep as well: what ends a WFI is the same as without the grant.
    n = rng.randint(3, 9)
    likely = (
        "h3.6: a WFI of a granted VM ends when vcpu_irq_pending, too: its own timer "
        "shows in hip.VSTIP, and is not the only thing that it waits for"
    )
    run = boot("wfi", bootargs={"seed": seed, "n": n}, set=SSTC, budget=BUDGET)
    lines = [f"{n} rounds of wfi"]
    expect_pass(run, "wfi", lines, [n], likely=likely, complaints={"": likely})
    run.expect_traps(HOST_TIMER, 0, is_async=True, likely=likely)
