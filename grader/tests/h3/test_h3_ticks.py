"""Lab h3, tasks 3, 4 and 6: every deadline becomes one interrupt, in time."""

import random
import re

import pytest

from hvgrade.guest import (
    VS_ECALL,
    GuestRandom,
    complaint,
    expect_end,
    folded,
    refuse,
    told,
)
from hvgrade.plugin import Boot
from hvgrade.run import SHUTDOWN, Run
from hvgrade.symptoms import expect_ending, expect_pass

BUDGET = 150_000_000
HOST_TIMER, GUEST_TIMER = 5, 6  # interrupts, as QEMU numbers them
VIRTUAL = 22
MS = 10_000  # ticks of the timebase
LATE = 30  # ticks between a deadline and the guest's handler, at most
SSTC = {("/cpus/cpu@0", "riscv,isa"): "rv64imafdc_sstc"}
OVER = re.compile(r"hv: vm clock: stopped: its time is over \(limit=\)")
TICK = (
    "h3.4: each deadline sets VSTIP once, and set_timer clears it; then stimecmp is "
    "the next deadline (h3.3)"
)


ODD = {  # of what the guest prints: the likely cause
    r"\d+ ticks of \d+, [1-9]\d* lost": "h3.4: a deadline passed without an "
    "interrupt, or with a late one: stimecmp is always the earliest of all (h3.3)",
    r"\d+ ticks of \d+, 0 lost, [1-9]": "h3.4: an interrupt for which there was no "
    "deadline: it is guest time (h3.2), and the host's ticks are not the guest's",
}


def expect_ticks(
    run: Run, n: int, period: int, likely: str, *, late: int = LATE, jitter: int = 1
) -> None:
    """The guest tick got n ticks, none lost, none twice, none drifting away."""
    if complaint(run):
        denied = "h3.6: the device tree says _sstc: henvcfg.STCE is 1"
        refuse(run, "tick", {"stval 0x14d": denied}, likely)
    expect_ending(run, SHUTDOWN, likely=likely)
    for pattern, cause in ODD.items():
        run.expect_no_line(re.compile(pattern + ".*"), likely=cause)
    run.expect_line(f"{n} ticks of {period}, 0 lost, 0 early", likely=likely)
    numbers = told(run, "tick")
    words = ", ".join(map(str, numbers))
    right = len(numbers) == 4 and numbers[:2] == [n, 0]
    expected = f"{n} ticks, none lost, none early, told by where the guest exits"
    run.check(right, expected, f"It tells {words}.", likely=likely, log="traps.log")
    least, most = numbers[2:]
    run.check(
        most - least <= jitter,
        f"every tick equally late, within {jitter} ticks of the timebase",
        f"one is late by {least}, another by {most} ticks.",
        likely="h3.3: the deadline in the queue is not the very one that was asked "
        "for, or stimecmp is not",
    )
    run.check(
        most <= late,
        f"the handler runs within {late} ticks ({late * 100} instructions)",
        f"it is {most} ticks late.",
        likely="h3.2: host time = guest time - htimedelta, and htimedelta is what the "
        "CSR holds (h3.1); h3.3: stimecmp is the very deadline",
    )
    vstip = (
        "h3.4: the interrupt is hvip.VSTIP, through vcpu_irq_set: the hart delivers it "
        "when the guest lets it in (vcpu_inject is for exceptions), once per deadline"
    )
    run.expect_traps(GUEST_TIMER, n, is_async=True, vm="tick", likely=vstip)
    expect_end(run, "tick", likely=likely)


def odd(rng: random.Random, least: int, most: int) -> int:
    """A period in ticks, in which a deadline that is rounded shows."""
    return rng.randrange(least | 1, most, 2)


@pytest.mark.parametrize("how", ["busy", "asleep"])
def test_1000_ticks_without_drift(boot: Boot, rng: random.Random, how: str) -> None:
    # A busy guest's ticks may well follow each other closely.
    n, period = 1000, odd(rng, 100, 300) if how == "busy" else odd(rng, 300, 900)
    args = {"n": n, "period": period, "how": "sleep" if how == "asleep" else "busy"}
    run = boot("tick", bootargs=args, budget=BUDGET)
    likely = TICK if how == "busy" else f"h3.5: hart_idle takes the interrupt; {TICK}"
    expect_ticks(run, n, period, likely)
    if how == "busy":
        once = "h3.3: the host's timer fires once for each deadline, and not besides"
        run.expect_traps(HOST_TIMER, n, is_async=True, likely=once)
    else:
        sleeps = "h3.5: hstatus.VTW makes WFI exit; one exit is a whole sleep"
        run.expect_traps(VIRTUAL, n, inside="timer_sleep", likely=sleeps)


def test_stimecmp_follows_the_queue(boot: Boot, rng: random.Random) -> None:
    # The host's own tick is 1 ms, and comes before the guest's next deadline.
    n, period = rng.randint(30, 50), rng.randint(13, 19) * 1000 + rng.randint(1, 999)
    likely = (
        "h3.3: stimecmp is the earliest deadline of the queue, after every change: not "
        "the one that was added last"
    )
    args = {"n": n, "period": period}
    run = boot("tick", bootargs=args, append="limit=100000", budget=BUDGET)
    expect_ticks(run, n, period, likely, jitter=LATE)
    host = (n + 3) * period // MS - 2  # the host's own ticks
    run.expect_traps(HOST_TIMER, is_async=True, at_least=n + host - 5, likely=likely)
    # The guest's deadline is the first of all, then it is put off behind the host's.
    limit = rng.randint(3, 9)
    args = {"wait": 10**9, "put_off": 1}
    run = boot("clock", bootargs=args, append=f"limit={limit}", budget=BUDGET)
    moved = (
        "h3.3: a deadline that is put off goes behind those that are earlier now, and "
        "stimecmp is one of these"
    )
    run.expect_line(OVER, likely=moved)
    run.expect_traps(HOST_TIMER, at_least=limit, is_async=True, likely=moved)


def test_preemptive_threads(boot: Boot, rng: random.Random) -> None:
    seed, n, period = rng.getrandbits(32), rng.randint(20, 60), rng.randint(300, 1500)
    args = {"seed": seed, "n": n, "period": period}
    run = boot("threads", bootargs=args, budget=BUDGET)
    total = folded(GuestRandom(seed).take(n))
    likely = (
        "h3.4: the interrupt has to reach a guest that never exits by itself, and "
        "every register has to survive that exit"
    )
    lines = [f"{n} numbers, sum {total:#x}", "Multi-task(Preemptible) ok!"]
    expect_pass(run, "threads", lines, [total], likely=likely)
    switches = 2 * n // 4 - 1  # the queue has four slots
    run.expect_traps(GUEST_TIMER, is_async=True, at_least=switches, likely=likely)
    run.expect_traps(HOST_TIMER, is_async=True, at_least=switches, likely=likely)


def test_host_tick_is_not_the_guests(boot: Boot, rng: random.Random) -> None:
    wait = rng.randint(60_000, 200_000)
    likely = (
        "h3.4: host_timer_interrupt calls timer->fire of each timer that is due; "
        "only a vCPU's own timer sets VSTIP, and only of that vCPU"
    )
    run = boot("clock", bootargs={"wait": wait}, append="limit=100000", budget=BUDGET)
    complaints = {"a timer interrupt": likely}
    line = f"{wait} ticks since 0"
    expect_pass(run, "clock", [line], [wait], likely=likely, complaints=complaints)
    run.expect_traps(GUEST_TIMER, 0, is_async=True, likely=likely)
    ticks = "h3.4: the host's own timer was due each ms: fire each of them"
    host = wait // MS - 1
    run.expect_traps(HOST_TIMER, at_least=host, is_async=True, likely=ticks)
    # And it ends a guest that goes on, after just so many of them.
    limit = rng.randint(3, 9)
    run = boot(
        "clock", bootargs={"wait": 10**9}, append=f"limit={limit}", budget=BUDGET
    )
    run.expect_line(OVER, likely=ticks)
    run.expect_traps(HOST_TIMER, limit, is_async=True, likely=ticks)


def test_sstc_ticks_without_an_exit(boot: Boot, rng: random.Random) -> None:
    n, period = 1000, odd(rng, 300, 900)
    table = ["exits per tick     set_timer  host timer   WFI"]
    likely = (
        "h3.6: the device tree says _sstc: henvcfg.STCE = 1, and the guest's own "
        "stimecmp makes its ticks"
    )
    wanted = {
        ("injected", "busy"): (n + 1, n, 0),
        ("Sstc", "busy"): (0, 0, 0),
        ("Sstc", "sleep"): (0, 0, n),
    }
    runs = []
    for way, how in wanted:
        args = {"n": n, "period": period, "how": how}
        sets = SSTC if way == "Sstc" else {}
        run = boot("tick", bootargs=args, set=sets, budget=BUDGET)
        expect_ticks(run, n, period, likely if sets else TICK)
        lines = 2
        calls = len(run.trap_log.select(VS_ECALL, inside="sbi_ecall")) - lines
        timer = len(run.trap_log.select(HOST_TIMER, is_async=True))
        waits = len(run.trap_log.select(VIRTUAL))
        per_tick = f"{calls / n:9.2f}  {timer / n:10.2f}  {waits / n:4.2f}"
        table.append(f"{way + ', ' + how:18} {per_tick}")
        runs.append((run, (calls, timer, waits)))
    for (way, how), (run, got) in zip(wanted, runs, strict=True):
        want = wanted[way, how]
        expected = (
            f"{way}, {how}: {want[0]} set_timer, {want[1]} host interrupts and "
            f"{want[2]} WFI in {n} ticks"
        )
        cause = likely
        if want[2]:
            cause = "h3.5: hstatus.VTW is set for each VM, granted or not: WFI exits"
        fact = got == want
        run.check(fact, expected, "\n".join(table), likely=cause, log="traps.log")
