"""Lab h3: a VM begins at time zero, and with nothing that another one left."""

import random
from collections.abc import Mapping

from hvgrade.guest import VS_ECALL, GuestRandom, complaint, expect_told, refuse
from hvgrade.machine import Vm
from hvgrade.plugin import Boot
from hvgrade.run import SHUTDOWN, Run
from hvgrade.symptoms import expect_ending, expect_pass

BUDGET = 50_000_000
HOST_TIMER, GUEST_TIMER = 5, 6  # interrupts, as QEMU numbers them
SSTC = {("/cpus/cpu@0", "riscv,isa"): "rv64imafdc_sstc"}
STARTS = {
    r"the clock shows [0-9]{1,12} at the start": "h3.1: the clock shows the host's "
    "time: htimedelta is minus the host's time, anew for each VM, and in the CSR too",
    r"the clock shows [0-9]{13,} at the start": "h3.1: the clock starts before zero, "
    "or counts the host's time twice: guest time = host time + htimedelta",
    "a timer interrupt": "h3.1: a VM starts with no deadline and nothing pending",
    "scause 0x2, stval 0x14d": "h3.6: the device tree says _sstc: henvcfg.STCE is 1",
}


def test_clock_starts_at_zero(boot: Boot, rng: random.Random) -> None:
    likely = (
        "h3.1: htimedelta = -(host time at the start of this VM), written to the CSR "
        "by vtimer_start, each time"
    )
    wait = rng.randint(10_000, 90_000)
    run = boot("clock", bootargs={"wait": wait}, budget=BUDGET)
    line = f"{wait} ticks since 0"
    expect_pass(run, "clock", [line], [wait], likely=likely, complaints=STARTS)
    run.expect_traps(GUEST_TIMER, 0, is_async=True, likely=likely)
    # The second VM starts when the first one has ended; so does its clock.
    first = {"seed": rng.getrandbits(32), "wait": rng.randint(30_000, 200_000)}
    expect_clock_after(boot, rng, Vm("leave", first), {}, likely)


def expect_clock_after(
    boot: Boot,
    rng: random.Random,
    first: Vm,
    sets: Mapping[tuple[str, str], object],
    likely: str,
) -> Run:
    """A VM that starts when another one has ended notices nothing of that."""
    wait = rng.randint(30_000, 60_000)
    run = boot(first, Vm("clock", {"wait": wait}, sets), budget=BUDGET)
    if complaint(run):
        refuse(run, "clock", {"no timer was armed": likely} | STARTS, likely)
    expect_ending(run, SHUTDOWN, likely=likely)
    number = GuestRandom(int(str(first.bootargs["seed"])))()
    lines = [f"gone, {number:#x}", f"{wait} ticks since 0"]
    run.expect_guest_output(lines, likely=likely)
    expect_told(run, "clock", wait, likely=likely)
    run.expect_traps(VS_ECALL, 1, vm="clock", inside="verdict_pass", likely=likely)
    run.expect_traps(GUEST_TIMER, 0, is_async=True, likely=likely)
    return run


def test_ended_vm_leaves_no_deadline(boot: Boot, rng: random.Random) -> None:
    likely = (
        "h3.3: vtimer_stop takes the deadline of an ended VM out of the queue, or it "
        "fires into the VM that has the hart then"
    )
    # The first one leaves a deadline behind, or an interrupt that is pending.
    for pending in (0, 1):
        args = {"arm": rng.randint(3_000, 20_000), "pending": pending}
        first = Vm("leave", args | {"seed": rng.getrandbits(32)})
        run = expect_clock_after(boot, rng, first, {}, likely)
        # One that has passed may ring the host's timer at once, in the first VM.
        vm = "clock" if pending else None
        run.expect_traps(HOST_TIMER, 0, vm=vm, is_async=True, likely=likely)


def test_granted_vm_starts_disarmed(boot: Boot, rng: random.Random) -> None:
    likely = (
        "h3.6: vtimer_start sets vstimecmp to all ones: what another VM had left there "
        "is not a deadline of this one"
    )
    args = {"arm": rng.randint(3_000, 20_000), "pending": rng.randint(0, 1)}
    first = Vm("leave", args | {"seed": rng.getrandbits(32)}, SSTC)
    expect_clock_after(boot, rng, first, SSTC, likely)
