"""Lab h5, task 3: whose turn it is, seen from outside."""

import random

import pytest

from hvgrade.machine import Vm
from hvgrade.plugin import Boot
from hvgrade.several import beside, expect_all_well, lane_told, row_of

BUDGET = 450_000_000
SLICE = 1_000_000  # instructions: slice=1
TICK = 100  # instructions
HOST_TIMER = 5
ISA = ("/cpus/cpu@0", "riscv,isa")


def test_busy_vms_share_fairly(boot: Boot, rng: random.Random) -> None:
    count, slices = rng.choice([2, 3, 3]), 100
    start = rng.randrange(15, 30) * SLICE
    args = {"from": start, "to": start + count * slices * SLICE}
    lanes = rng.sample(range(16), count)
    vms = [beside("share", f"busy{lane}", lane, **args) for lane in lanes]
    run = boot(*vms, budget=BUDGET, append="slice=1")
    likely = (
        "h5.3: the turn goes to who has used least: turn_count adds the time that a "
        "turn has really lasted, and the slice begins anew with each turn"
    )
    expect_all_well(run, vms, likely=likely)
    done = [(lane_told(run, lane) or [0])[0] for lane in lanes]
    run.check(
        min(done) > 0 and max(done) - min(done) <= 0.02 * max(done),
        f"over {slices} slices, {count} busy VMs get on within 2 % of each other",
        f"Their units of work: {', '.join(map(str, done))}.",
        likely=likely,
        log="traps.log",
    )
    whole = count * slices * SLICE / 1000
    run.check(
        sum(done) > 0.97 * whole,
        "the hart works for its VMs for 97 % of the time",
        f"They have done {sum(done)} units of {whole:.0f}.",
        likely="h5.3: a turn lasts for a whole slice, when nobody waits",
        log="traps.log",
    )
    ran = sum(row_of(run, vm.name).ran for vm in vms)
    longest = start // SLICE + count * slices
    run.check(
        0.97 * count * slices < ran <= 1.05 * longest,
        f"they ran for {count * slices} to {longest} ms, says the table at the end",
        f"It says {ran} in all.",
        likely="h5.3: turn_count adds a turn's time to counts.ran too",
    )
    ends = run.expect_traps(
        HOST_TIMER, at_least=count * slices, is_async=True, likely=likely
    )
    most = (start // SLICE + count * slices) * 5 // 4
    run.check(
        len(ends) <= most,
        f"no turn ends before its slice: at most {most} interrupts of the timer",
        f"QEMU recorded {len(ends)}.",
        likely="h5.3: a slice is turns.slice ticks from the beginning of a turn on",
        log="traps.log",
    )


@pytest.mark.parametrize("timer", ["sbi", "sstc"])
def test_low_latency(boot: Boot, rng: random.Random, timer: str) -> None:
    n, start, to = rng.randrange(20, 40), 10 * SLICE, rng.randrange(110, 140) * SLICE
    isa = "rv64imafdc_sstc" if timer == "sstc" else "rv64imafdc"
    args = {"seed": rng.getrandbits(32), "n": n, "least": 2000, "span": 40000}
    window = {"from": start, "to": to}
    late, one, other = rng.sample(range(16), 3)
    vms = [
        beside("share", "burns", one, **window),
        Vm("late", {"lane": late, **args}, {ISA: isa}),
        beside("share", "glows", other, **window),
    ]
    run = boot(*vms, budget=BUDGET, append="slice=1")
    likely = (
        "h5.3: a VM that wakes has used less than those that burn, so its turn is the "
        "next one: within one slice"
    )
    sleeps = "h5.3: vcpu_block: with Sstc, vcpu->wake is set to vstimecmp - htimedelta"
    complaints = {
        "its clock": "h5.2: htimedelta is loaded, and changes only when a VM starts"
    }
    sleeps = sleeps if timer == "sstc" else likely
    expect_all_well(run, vms, likely=sleeps, complaints=complaints)
    told = lane_told(run, late)
    bound = SLICE // TICK + 200
    run.check(
        len(told) == 3 and told[0] == n and told[1] <= bound,
        f"{n} deadlines, each served within a slice and 20 us: {bound} ticks",
        f"It told {told[:2]}: how many, and how late at worst.",
        likely=likely,
        log="traps.log",
    )
    if timer == "sbi":
        counted = row_of(run, "late").interrupts
        run.check(
            counted == n,
            f"{n} interrupts were raised for it, says the table at the end",
            f"It says {counted}.",
            likely="h5.4: counts.interrupts, whether the vCPU has the hart or not",
        )
    done = [sum(lane_told(run, lane)) for lane in (one, other)]
    run.check(
        told[2] < to and min(done) > 0.4 * (to - start) / 1000,
        "meanwhile the two others have the hart, each for nearly half of the time",
        f"Of {(to - start) // 1000} units they have done {done[0]} and {done[1]}.",
        likely="h5.3: a slice is over when its time is, and then another VM is next",
        log="traps.log",
    )


@pytest.mark.parametrize("timer", ["sbi", "sstc"])
def test_hart_idles_when_all_wait(boot: Boot, rng: random.Random, timer: str) -> None:
    isa = "rv64imafdc_sstc" if timer == "sstc" else "rv64imafdc"
    lanes, counts = rng.sample(range(16), 3), [rng.randrange(10, 30) for _ in range(3)]
    ranges = [(5000, 50000), (5000, 50000), (500, 1000)]  # the last sleeps shortly
    vms = []
    for lane, n, (least, span) in zip(lanes, counts, ranges, strict=True):
        args = {"lane": lane, "seed": rng.getrandbits(32), "n": n}
        args |= {"least": least, "span": span}
        vms.append(Vm(f"sleeps{lane}", args, {ISA: isa}, program="late"))
    run = boot(*vms, budget=BUDGET, append="slice=1")
    likely = (
        "h5.3: while nobody is runnable, sched_next calls hart_idle, and looks again: "
        "who waits does not get the hart"
    )
    expect_all_well(run, vms, likely=likely)
    for lane, n in zip(lanes, counts, strict=True):
        told = lane_told(run, lane)
        run.check(
            len(told) == 3 and told[0] == n and told[1] <= 2000,
            f"{n} deadlines, none more than 200 us late",
            f"It told {told[:2]}: how many, and how late at worst.",
            likely=likely,
            log="traps.log",
        )
    ends = 64 * 3 * 3 + 100
    run.check(
        len(run.traps) <= 12 * sum(counts) + ends,
        f"at most a dozen traps for each of {sum(counts)} deadlines",
        f"QEMU recorded {len(run.traps)} in all.",
        likely=likely,
        log="traps.log",
    )
