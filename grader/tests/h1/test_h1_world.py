"""Lab h1, tasks 1 to 4: the extension, the first state, the world switch."""

import random
import re
from collections.abc import Iterator


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
from hvgrade.run import BAD_CONFIG, STOPPED
from hvgrade.symptoms import expect_ending, expect_pass
from hvgrade.verdict import Unwritten

HART = 0x1234  # in the vm.dts of this lab's guests
CPU = ("/cpus/cpu@0", "reg")
BUDGET = 10_000_000  # instructions: the longest guest here needs 2 million


def test_machine_without_h_is_refused(boot: Boot, rng: random.Random) -> None:
    likely = (
        "h1.1: hext_present takes the h of zihintpause for the letter h, or does not "
        "look at the first cpu node: only the letters before the first '_' count"
    )
    without = boot("hello", cpu="rv64,h=false", budget=BUDGET)
    without.expect_status(BAD_CONFIG, likely=likely)
    without.expect_line(
        re.compile("hv: this hart has no H extension: .*"), likely=likely
    )
    without.expect_traps(VS_ECALL, 0, likely=likely)

    # The letter is found wherever it stands, and the next task is reached.
    cpu = rng.choice(["rv64,v=true", "rv64,v=true,zba=false", "rv64,zbb=false,v=true"])
    machine = boot.start("hello", cpu=cpu, interactive=False, budget=BUDGET)
    try:
        run = machine.finish()
    except Unwritten as unwritten:
        if "h1.1" in unwritten.verdict.expected or machine.run is None:
            raise
        run = machine.run
    # What comes after it is not this test's business.
    likely = "h1.1: hext_present overlooks the h of this cpu's ISA string"
    refused = not run.traps and run.status == BAD_CONFIG
    run.check(not refused, f"a machine with -cpu {cpu} is not refused", likely=likely)
    run.expect_no_line(re.compile("hv: this hart has no H .*"), likely=likely)


def test_guest_starts_as_the_sbi_promises(boot: Boot, rng: random.Random) -> None:
    seed = rng.getrandbits(32)
    number = GuestRandom(seed)() >> 32
    run = boot("first", bootargs={"seed": seed}, budget=BUDGET)
    expect_pass(
        run,
        "first",
        [f"hart {HART:#x}, 3.0 x {number} = {3 * number}"],
        [HART, 3 * number],
        likely="h1.2: look at what vcpu_init and hart_init_guests leave out",
        complaints={
            "x[0-9]+ starts": "vcpu_init must leave every register but a0, a1 at 0",
            "scause 0x2,": "sstatus.FS is Off, so the guest's floating point is "
            "illegal: vcpu_init sets it to Initial",
            "sstatus starts": "vsstatus is the guest's; vcpu->sstatus is what counts",
        },
    )


def test_guest_takes_its_own_traps_alone(boot: Boot, rng: random.Random) -> None:
    seed = rng.getrandbits(32)
    rounds = 1 + GuestRandom(seed)() % 8
    likely = (
        "h1.2: a bit is missing in hedeleg (breakpoint, misaligned, page faults, "
        "ecall from VU-mode) or in hideleg (VSSI, VSTI, VSEI)"
    )
    run = boot("own", bootargs={"seed": seed}, budget=BUDGET)
    expect_pass(
        run,
        "own",
        [f"{7 * rounds} traps of its own"],
        [7 * rounds],
        likely=likely,
        complaints={"software interrupt": "hideleg lacks VSSI (bit 2)"},
    )
    for cause in (3, 4, 8, 12, 13, 15):
        run.expect_traps(cause, rounds, likely=likely)
    run.expect_traps(2, rounds, is_async=True, likely=likely)
    # 64 told bits, one line, one shutdown: nothing else was an exit.
    exits = "hv: vm own: exits: environment call from VS-mode 66"
    run.expect_line(exits, likely=likely)


def test_two_runs_see_two_machines(boot: Boot, rng: random.Random) -> None:
    likely = (
        "h1.2: a0 is vcpu->hartid and a1 the argument dtb of vcpu_init: the VM's own, "
        "not constants"
    )
    for _ in range(2):
        seed, times = rng.getrandbits(32), rng.randint(1, 9)
        hart = rng.randint(1, (1 << 31) - 1)
        run = boot(
            "hello",
            bootargs={"seed": seed, "times": times},
            set={CPU: hart},
            budget=BUDGET,
        )
        line = f"hello from VS-mode, hart {hart:#x}, seed {seed}"
        expect_pass(run, "hello", [line] * times, [], likely=likely)
        run.expect_traps(VS_ECALL, times, inside="sbi_ecall", likely=likely)


def _register_sums(seed: int, count: int) -> Iterator[int]:
    """What the guest regs adds up: all registers after each exit."""
    guest_random = GuestRandom(seed)
    for _ in range(count):
        known = guest_random() & 1
        registers = [0, *guest_random.take(31)]
        registers[10], registers[11] = 0, known
        registers[16], registers[17] = 3, 0x10  # probe_extension of BASE
        yield from registers[1:]


def test_registers_survive_1000_exits(boot: Boot, rng: random.Random) -> None:
    seed, count = rng.getrandbits(32), 1000 + rng.randrange(200)
    total = folded(_register_sums(seed, count))
    likely = (
        "h1.3: a register is missing in one of the two lists of switch.S, or was used "
        "as scratch before it was saved (t0 among them)"
    )
    # The second guest starts in the registers that the first one left behind.
    vms = [Vm("regs", {"seed": seed, "count": count}), Vm("fresh", {"seed": seed})]
    run = boot(*vms, budget=BUDGET)
    lines = [f"{count} exits, sum {total:#x}", "nothing left in the registers"]
    expect_pass(
        run,
        "regs",
        lines,
        [total],
        likely=likely,
        complaints={
            "x2 was": "h1.3: sp is the guest's while it runs; step 6 saves x2 before "
            "step 9 loads the host's",
            "x4 was": "h1.3: tp is the guest's while it runs: steps 4 and 6 move x4",
            "x5 was": "h1.3: t0 is used before step 6 saved it, or after step 4 "
            "loaded it",
            "x[0-9]+ was": "h1.3: this register is not in the list of step 6, or of 4",
            "x[0-9]+ starts": "h1.3: step 4 does not load this register: a new VM "
            "found what another one had left in it",
            "a1 = ": "h1.3: a0 arrives in sscratch (step 7), is loaded last (step 4); "
            "h1.5: the answer goes to a0 and a1",
        },
    )
    expect_told(run, "fresh", GuestRandom(seed)(), likely=likely)
    run.expect_traps(VS_ECALL, count, vm="regs", inside="probe_at", likely=likely)
    run.expect_traps(VS_ECALL, 1, vm="fresh", inside="verdict_pass", likely=likely)


def test_unhandled_exit_stops_only_its_vm(boot: Boot, rng: random.Random) -> None:
    seeds = rng.getrandbits(32), rng.getrandbits(32)
    likely = (
        "h1.4: a cause without a row, or with an empty one, ends that VM through "
        "vm_stop(..., VM_STOPPED, reason), and exit_dispatch returns false: no "
        "panic, no power-off, no going on"
    )
    vms = [Vm("unhandled", {"seed": seeds[0]}), Vm("hello", {"seed": seeds[1]})]
    run = boot(*vms, budget=BUDGET)
    if complaint(run):
        refuse(run, "unhandled", {}, likely)
    expect_ending(run, STOPPED, likely=likely)
    reason = r"hv: vm unhandled: stopped: .*(virtual instruction|\b22\b|0x16\b).*"
    run.expect_line(re.compile(reason), likely=likely)
    run.expect_line(re.compile(VM_ENDED.format("hello")), likely=likely)
    lines = [
        "now an exit that nobody handles",
        f"hello from VS-mode, hart {HART:#x}, seed {seeds[1]}",
    ]
    run.expect_guest_output(lines, likely=likely)
    expect_told(run, "unhandled", GuestRandom(seeds[0])(), likely=likely)
    run.expect_traps(22, 1, vm="unhandled", inside="probe_at", likely=likely)
    run.expect_traps(VS_ECALL, 1, vm="hello", inside="verdict_pass", likely=likely)
