"""Lab h3, tasks 5 and 6: guests that wait, and what a guest must not do."""

import random
import re

from hvgrade.guest import (
    VS_ECALL,
    GuestRandom,
    complaint,
    expect_told,
    refuse,
    told,
)
from hvgrade.machine import Vm
from hvgrade.plugin import Boot
from hvgrade.run import BUDGET as SPENT
from hvgrade.run import SHUTDOWN, Run
from hvgrade.symptoms import expect_ending, expect_pass
from hvgrade.traps import HV

BUDGET = 150_000_000
GUEST_TIMER, MACHINE_TIMER = 6, 7  # interrupts, as QEMU numbers them
VIRTUAL = 22
MS = 10_000  # ticks of the timebase
LATE = 30  # ticks between a deadline and the guest's handler, at most
WFI = 0x10500073
STEPS = 2000  # of the host, from the guest's wfi on; the reference needs about 150
SSTC = {("/cpus/cpu@0", "riscv,isa"): "rv64imafdc_sstc"}


def test_wfi_ends_when_it_should(boot: Boot, rng: random.Random) -> None:
    seed, n = rng.getrandbits(32), rng.randint(3, 20)
    run = boot("wfi", bootargs={"seed": seed, "n": n}, budget=BUDGET)
    likely = (
        "h3.5: a WFI goes on behind itself (sepc + 4) when vcpu_irq_pending, which "
        "does not ask sstatus.SIE; at once, if it is so already"
    )
    expect_pass(
        run,
        "wfi",
        [f"{n} rounds of wfi"],
        [n],
        likely=likely,
        complaints={
            "too early": "h3.5: the WFI ended with nothing pending: vcpu_block waits "
            "until vcpu_irq_pending",
            "too late": "h3.5: hart_idle takes the host's timer interrupt when it is "
            "pending in sip, and vcpu_block looks again",
            "the wfi took": "h3.5: an interrupt was pending, so there is nothing to "
            "wait for: vcpu_block looks before it idles",
            "x[0-9]+ was": "h3.5: a WFI changes no register",
            "taken although": "h3.5: an interrupt ends the WFI; whether the guest "
            "takes it is its own business",
        },
    )
    run.expect_traps(VIRTUAL, 6 * n, inside="probe_at", likely=likely)


def _instruction(run: Run, address: int) -> int:
    """The word at that address of hv.elf."""
    from elftools.elf.elffile import ELFFile

    with run.trap_log.symbols[HV].path.open("rb") as file:
        for segment in ELFFile(file).iter_segments("PT_LOAD"):
            offset = address - segment["p_vaddr"]
            if 0 <= offset <= segment["p_filesz"] - 4:
                return int.from_bytes(segment.data()[offset : offset + 4], "little")
    return 0


def test_sleeping_guest_costs_nothing(boot: Boot, rng: random.Random) -> None:
    seed, n, longest = rng.getrandbits(32), rng.randint(4, 9), 10 * MS
    likely = (
        "h3.5: WFI exits once (hstatus.VTW), and the guest is not entered again before "
        "it has an interrupt"
    )
    # The host's own tick wakes the host a few hundred times, but not the guest.
    args = {"seed": seed, "n": n, "longest": longest}
    run = boot("sleep", bootargs=args, append="limit=100000", budget=BUDGET)
    naps = sum(longest // 2 + r % (longest // 2) for r in GuestRandom(seed).take(n))
    if complaint(run):
        refuse(run, "sleep", {"early": f"h3.5: nothing was pending; {likely}"}, likely)
    expect_ending(run, SHUTDOWN, likely=likely)
    run.expect_line(f"{n} naps, {naps} ticks in all", likely=likely)
    numbers = told(run, "sleep")
    expected = f"naps of {naps} ticks in all, and woken within {LATE} ticks"
    happened = f"The guest tells {', '.join(map(str, numbers))}."
    right = len(numbers) == 2 and numbers[0] == naps and numbers[1] <= LATE
    late = (
        "h3.5: stimecmp holds the guest's deadline while it sleeps (h3.3), and "
        "hart_idle takes the host's interrupt at once"
    )
    run.check(right, expected, happened, likely=late, log="traps.log")
    run.expect_traps(VIRTUAL, n, inside="timer_sleep", likely=likely)
    run.expect_traps(GUEST_TIMER, n, is_async=True, likely=likely)
    # Interrupted at any moment of a long sleep, the host is found in its own wfi.
    for _ in range(3):
        budget = rng.randint(40_000_000, 90_000_000)
        args = {"seed": rng.getrandbits(32), "n": 1, "longest": 1000 * MS}
        run = boot("sleep", bootargs=args, budget=budget, steps=True)
        likely = (
            "h3.5: hart_idle executes wfi, and takes what is pending afterwards, or it "
            "is pending for ever: a loop that only looks burns every instruction"
        )
        run.expect_status(SPENT, likely=likely)
        run.expect_line(
            re.compile("m-mode: budget spent: .* HS-mode .*"), likely=likely
        )
        (trap,) = run.expect_traps(MACHINE_TIMER, 1, is_async=True, likely=likely)
        symbols = run.trap_log.symbols
        asleep = symbols[HV].has(trap.epc) and _instruction(run, trap.epc - 4) == WFI
        expected = "the host asleep, just behind a wfi of its own"
        happened = f"after {budget:,} instructions: {run.trap_log.where(trap)}."
        run.check(asleep, expected, happened, likely=likely, log="traps.log")
        # And it did not get there by one wfi after the other.
        steps = run.trap_log.steps_since(VIRTUAL)
        run.check(
            steps <= STEPS,
            f"from the guest's wfi on, QEMU sets the hart going {STEPS} times at most",
            f"it did so {steps:,} times: the host's wfi ends at once.",
            likely="h3.5: an interrupt that stays pending ends every wfi: take it, and "
            "stimecmp is the next deadline",
            log="traps.log",
        )


FORBIDDEN = 12  # instructions of VS-mode in forbidden.c,
STIMECMP = 3  # of stimecmp,
USER = 5  # and of VU-mode
USER_WFI = (
    "h3.5: a WFI of VU-mode must not block the vCPU: there it is illegal (3.3.3); "
    "vcpu->sstatus.SPP tells the mode"
)
ILLEGAL_WORDS = {
    "0x10500073": USER_WFI,
    "14d[0-9a-f]{5}: no exc": "h3.6: without the grant henvcfg.STCE is 0",
    "14d[0-9a-f]{5}: ": "h3.6: without the grant stimecmp is illegal to the guest",
    "no exception": "h3.5: only a WFI is stepped over",
    "scause": "h3.5: to the guest it is an illegal instruction, cause 2",
    "stval": "h3.5: stval is the instruction, as at any illegal one",
    "sepc": "h3.5: sepc is the instruction's address: do not step over it",
}


def expect_forbidden(run: Run, vm: str, count: int, seed: int, likely: str) -> None:
    """Each of the instructions exits, and comes back as an illegal one."""
    number = GuestRandom(seed)()
    if complaint(run):
        refuse(run, vm, ILLEGAL_WORDS, likely)
    waits = run.trap_log.select(VIRTUAL, vm=vm, inside="user_at")
    if run.status == SPENT and waits:
        run.expect_status(SHUTDOWN, likely=USER_WFI)
    expect_ending(run, SHUTDOWN, likely=likely)
    run.expect_line(f"{count} refused, {number:#x}", likely=likely)
    expect_told(run, vm, number, likely=likely)
    run.expect_traps(VIRTUAL, count - USER, vm=vm, inside="probe_at", likely=likely)
    run.expect_traps(VIRTUAL, vm=vm, inside="user_at", at_least=1, likely=likely)
    run.expect_traps(VS_ECALL, 1, vm=vm, inside="verdict_pass", likely=likely)


def test_forbidden_is_illegal(boot: Boot, rng: random.Random) -> None:
    likely = "h3.5: what is no WFI goes to vcpu_inject(CAUSE_ILLEGAL_INSTRUCTION, insn)"
    # With Sstc: whether stimecmp is one of them is h3.6.
    seed = rng.getrandbits(32)
    run = boot("forbidden", bootargs={"seed": seed}, set=SSTC, budget=BUDGET)
    expect_forbidden(run, "forbidden", FORBIDDEN + USER, seed, likely)


def test_denied_stimecmp_is_illegal(boot: Boot, rng: random.Random) -> None:
    likely = (
        "h3.6: henvcfg.STCE is set for a VM with _sstc, and cleared for every other; "
        "h3.5: what exits then becomes an illegal instruction"
    )
    seed = rng.getrandbits(32)
    count = FORBIDDEN + STIMECMP + USER
    run = boot("forbidden", bootargs={"seed": seed}, budget=BUDGET)
    expect_forbidden(run, "forbidden", count, seed, likely)
    # Not even after a VM that was granted it.
    first = Vm("leave", {"seed": seed, "wait": rng.randint(1, 9999)}, SSTC)
    run = boot(first, Vm("forbidden", {"seed": seed}), budget=BUDGET)
    expect_forbidden(run, "forbidden", count, seed, likely)
