"""Lab h5, tasks 1 and 2: VMs side by side, each with all that is its own."""

import random

from hvgrade.guest import GuestRandom, folded
from hvgrade.plugin import Boot
from hvgrade.several import (
    DOORBELL,
    beside,
    expect_all_well,
    expect_lane,
    expect_lines,
    has_sc,
    lane_told,
    memory,
)
from hvgrade.traps import HV

BUDGET = 250_000_000
NAMES = ["ant", "bee", "cat", "dog", "eel", "fox", "gnu", "hen"]
MIB = 1 << 20
BASE = 0x80000000
VICTIM_COMPLAINTS = {
    "at the start": "h5.1: RAM that another VM has, or that one had and nobody "
    "zeroed: every page comes from page_alloc; vm_free gives back each page once",
    "others had": "h5.3: all of them take turns, by slices",
    "the sum is": "h5.1: another VM writes to the same memory: hgatp has to name the "
    "table of the VM that runs, and no translation of another may be left",
}


def victim_sum(seed: int, words: int) -> int:
    return folded(GuestRandom(seed).take(words))


def test_sixteen_vms_at_once(boot: Boot, rng: random.Random) -> None:
    likely = (
        "h5.1, h5.2: tables_load: hgatp becomes the root and VMID of the VM that runs"
    )
    lanes = rng.sample(range(16), 16)
    vms = []
    for number, lane in enumerate(lanes):
        seed = rng.getrandbits(32)
        rounds = 3 if number < 8 else 10  # half of them go on alone
        args = {"seed": seed, "rounds": rounds, "burn": 300000, "beside": 1}
        vms.append(beside("victim", f"vm{number}", lane, memory(16 * MIB), **args))
    run = boot(*vms, budget=BUDGET, append="slice=1")
    expect_all_well(run, vms, likely=likely, complaints=VICTIM_COMPLAINTS)
    for vm in vms:
        text = f"{vm.bootargs['rounds']} rounds, nothing has changed"
        expect_lines(run, vm, [text], likely=likely)
        seed = int(str(vm.bootargs["seed"]))
        words = 14 * MIB // 4096  # the first 2 MiB are not free
        expect_lane(run, vm, victim_sum(seed, words), likely=likely)


CSRS = {
    "sstatus": "vsstatus",
    "sie ": "vsie",
    "stvec": "vstvec",
    "sscratch": "vsscratch",
    "sepc": "vsepc",
    "scause": "vscause",
    "stval": "vstval",
    "satp": "vsatp",
    "sip": "hvip, whose VSSIP the guest writes through its own sip",
    "scounteren": "scounteren, of which there is no copy for guests",
    "senvcfg": "senvcfg, of which there is no copy either",
    "the clock": "htimedelta",
}


def test_every_csr_survives(boot: Boot, rng: random.Random) -> None:
    likely = "h5.2: vcpu_put saves what the guest can change, vcpu_load brings it back"
    rounds, vms, sums = rng.randrange(12, 20), [], []
    for name, lane in zip(NAMES, rng.sample(range(16), 3), strict=False):
        seed = rng.getrandbits(32)
        args = {
            "seed": seed,
            "rounds": rounds,
            "work": rng.randrange(1200, 1800) * 1000,
        }
        vms.append(beside("state", name, lane, **args))
        sums.append(folded(GuestRandom(seed).take(10 * rounds)[::10]))
    run = boot(*vms, budget=BUDGET, append="slice=1")
    complaints = {
        f"round .*{name}": f"h5.2: the switch does not move {csr}"
        for name, csr in CSRS.items()
    }
    expect_all_well(run, vms, likely=likely, complaints=complaints)
    for vm, total in zip(vms, sums, strict=True):
        expect_lines(run, vm, [f"{rounds} rounds, every CSR is mine"], likely=likely)
        expect_lane(run, vm, total, likely=likely)


def test_fp_registers_survive(boot: Boot, rng: random.Random) -> None:
    rounds, vms, sums = rng.randrange(8, 14), [], []
    lanes = rng.sample(range(16), 4)
    changes = [1, 0, 0]
    rng.shuffle(changes)
    for name, lane, change in zip(NAMES, lanes, changes, strict=False):
        seed = rng.getrandbits(32)
        args = {"seed": seed, "rounds": rounds, "change": change, "work": 1500000}
        vms.append(beside("fp", name, lane, **args))
        numbers = GuestRandom(seed)
        sets = [numbers.take(34) for _ in range(rounds if change else 1)]
        sums.append(folded(sets[i * change][i % 32] for i in range(rounds)))
    busy = beside("share", "other", lanes[3], to=4 * rounds * 1_500_000)
    run = boot(*vms, busy, budget=BUDGET, append="slice=1")
    likely = (
        "h5.2: fp_save when FS is Dirty, which then is Clean; fp_restore always: the "
        "registers in the hart are those of who ran before"
    )
    complaints = {
        r"fcsr": "h5.2: fcsr, with its rounding mode and flags, is a register too",
        r"f\d+ is": likely,
    }
    expect_all_well(run, [*vms, busy], likely=likely, complaints=complaints)
    for vm, total in zip(vms, sums, strict=True):
        expect_lane(run, vm, total, likely=likely)


def test_lr_and_sc_across_a_switch(boot: Boot, rng: random.Random) -> None:
    rounds, vms = rng.randrange(8, 14), []
    for name, lane in zip(NAMES, rng.sample(range(16), 3), strict=False):
        args = {"rounds": rounds, "work": rng.randrange(1100, 1900) * 1000}
        vms.append(beside("atomic", name, lane, **args))
    run = boot(*vms, budget=BUDGET, append="slice=1")
    likely = "h5.2: an sc to anywhere breaks the reservation that an lr has left"
    expect_all_well(run, vms, likely=likely)
    for vm in vms:
        expect_lane(run, vm, rounds, rounds, likely=likely)
    # QEMU breaks every reservation at a trap, so no guest can see who did not.
    run.check(
        has_sc(run.trap_log.symbols[HV].path),
        "the hypervisor has an sc, as harts other than QEMU's need one",
        "There is none in its code.",
        likely=likely,
    )


def switch_cost(boot: Boot, rng: random.Random, fp: int, likely: str) -> int:
    """The instructions between two VMs, from one's last to the other's first."""
    names, lanes = ("here", "there"), rng.sample(range(16), 2)
    args = {"rounds": rng.randrange(10, 20), "fp": fp}
    vms = [
        beside("pair", names[me], lanes[me], {DOORBELL: names[1 - me]}, me=me, **args)
        for me in (0, 1)
    ]
    run = boot(*vms, budget=BUDGET, append="slice=1")
    expect_all_well(run, vms, likely=likely)
    told = [lane_told(run, lane) for lane in lanes]
    run.check(
        all(len(numbers) == 1 for numbers in told),
        "both have measured it",
        f"They told {told}.",
        likely=likely,
    )
    return int(min(numbers[0] for numbers in told))


def test_a_switch_moves_what_must_move(boot: Boot, rng: random.Random) -> None:
    likely = (
        "h5.2: FP registers are saved only when FS is Dirty, and then it is Clean; "
        "nothing else but the state of the two vCPUs moves"
    )
    idle, busy = (switch_cost(boot, rng, fp, likely) for fp in (0, 1))
    run = boot.machines[0].finish()
    run.check(
        idle <= 900,
        "a switch takes at most 900 instructions, the scheduler included",
        f"It takes {idle}.",
        likely=likely,
    )
    run.check(
        idle + 30 <= busy,
        "with FP registers that nobody has written, a switch is cheaper",
        f"It takes {idle} instructions; with FP in use, {busy}.",
        likely=likely,
    )
