"""Lab h5, tasks 4 and 5: interrupts for their owners; VMs that end, or should."""

import random
import re
from dataclasses import dataclass

import pytest

from hvgrade.guest import GuestRandom, folded
from hvgrade.machine import Vm
from hvgrade.plugin import Boot
from hvgrade.run import SHUTDOWN, STOPPED
from hvgrade.several import (
    NOT_GIVEN_BACK,
    RESTART,
    Properties,
    beside,
    expect_all_well,
    expect_lane,
    expect_lines,
    lane_told,
    lines_of,
    memory,
    row_of,
)
from hvgrade.traps import TRAP_LOG_CAP

SLICE = 1_000_000  # instructions: slice=1
BUDGET = 250_000_000
MIB = 1 << 20
VS_EXTERNAL, HOST_EXTERNAL = 10, 9


def victim(rng: random.Random, name: str, lane: int, rounds: int, size: int) -> Vm:
    args = {"seed": rng.getrandbits(32), "rounds": rounds, "burn": 100000}
    return beside("victim", name, lane, memory(size), **args)


def victim_sum(vm: Vm, size: int) -> int:
    words = (size - 2 * MIB) // 4096  # the first 2 MiB are not free
    return folded(GuestRandom(int(str(vm.bootargs["seed"]))).take(words))


def test_interrupts_find_their_owner(boot: Boot, rng: random.Random) -> None:
    n, lanes = rng.randrange(20, 40), rng.sample(range(16), 3)
    alarm = beside("alarm", "owner", lanes[0], seed=rng.getrandbits(32), n=n)
    busy = [
        beside("share", f"busy{lane}", lane, to=60 * SLICE + n * 2 * SLICE)
        for lane in lanes[1:]
    ]
    vms = [busy[0], alarm, busy[1]]
    run = boot(*vms, budget=BUDGET, append="slice=1")
    likely = (
        "h5.4: vcpu_irq_set changes the CSR hvip only if that vCPU has the hart, and "
        "vcpu->hvip otherwise"
    )
    complaints = {
        "does not come": likely + "; vcpu_irq_pending looks at the same place",
        "unexpected trap": likely + ": an interrupt has reached the wrong VM",
        "SSIP": "h5.4: vcpu_irq_set changes one bit of hvip and leaves the others",
    }
    expect_all_well(run, vms, likely=likely, complaints=complaints)
    expect_lane(run, alarm, n, likely=likely)
    run.expect_traps(VS_EXTERNAL, n, is_async=True, likely=likely)
    run.expect_traps(HOST_EXTERNAL, n, is_async=True, likely=likely)


@dataclass(frozen=True)
class End:
    """How a hostile guest ends, as the hypervisor's last line of it says."""

    line: str
    times: int = 1
    restarts: int = 0


PASSES, OVER = End("shutdown"), End(r"its time is over \(limit=\)")
DIES = End(r".*vstvec is 0.*")
EITHER = End(r".*")
HOSTILE = {
    "instructions": {
        "csrs": PASSES,
        "instructions": PASSES,
        "opcodes": EITHER,
        "jumps": PASSES,
    },
    "calls": {
        "sbi": PASSES,
        "pointers": PASSES,
        "deadlines": PASSES,
        "reboots": End("reboot", times=6, restarts=5),
    },
    "interrupts": {"timers": OVER, "ipis": OVER, "plic": PASSES, "uart": OVER},
    "memory": {"reads": PASSES, "writes": PASSES, "tables": PASSES, "no_tables": OVER},
    "handlers": {
        "handler_faults": OVER,
        "no_handler": DIES,
        "handler_nowhere": OVER,
        "sleeps": OVER,
    },
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_guests(boot: Boot, rng: random.Random, kind: str) -> None:
    lanes, vms, size = rng.sample(range(16), 5), [], 8 * MIB
    bystander = victim(rng, "victim", lanes[0], 10, size)
    for lane, (mode, end) in zip(lanes[1:], HOSTILE[kind].items(), strict=True):
        seed = rng.getrandbits(32)
        properties: Properties = {RESTART: end.restarts}
        vms.append(beside("hostile", mode, lane, properties, mode=mode, seed=seed))
    vms.insert(rng.randrange(4), bystander)
    likely = (
        "h5.5: what a guest does wrong is its own problem: a fault for it, or its end; "
        "never that of another VM"
    )
    run = boot(*vms, budget=BUDGET, append="slice=1 limit=14", trap_log=TRAP_LOG_CAP)
    text = [line for line in run.lines if "FAILED" in line]
    run.check(not text, "no guest is wronged", "\n".join(text), likely=likely)
    ended = run.status in (SHUTDOWN, STOPPED) and not run.trap_log.flooded
    run.check(ended, "the session goes on to its end", likely=likely)
    expect_lines(run, bystander, ["10 rounds, nothing has changed"], likely=likely)
    total = victim_sum(bystander, size)
    expect_lane(run, bystander, total, likely=likely)
    for vm in vms:
        end = HOSTILE[kind].get(vm.name, PASSES)
        line = rf"hv: vm {vm.name}: stopped: {end.line}"
        run.expect_line(re.compile(line), times=end.times, likely=likely)
        if vm is not bystander:
            first = GuestRandom(int(str(vm.bootargs["seed"])))()
            expect_lane(run, vm, *[first] * end.times, likely=likely)
    likely = "h5.5: vm_free gives back all that a VM held, in each of its lives"
    run.expect_no_line(NOT_GIVEN_BACK, likely=likely)


@pytest.mark.parametrize("how", ["crash", "reboot"])
def test_restart(boot: Boot, rng: random.Random, how: str) -> None:
    restarts, lanes, size = rng.randrange(2, 6), rng.sample(range(16), 2), 8 * MIB
    seed, bystander = rng.getrandbits(32), victim(rng, "victim", lanes[1], 20, size)
    args = {"how": how, "seed": seed, "work": rng.randrange(1, 20) * 100000}
    properties: Properties = {RESTART: restarts, **memory(size)}
    vm = beside("lives", "lives", lanes[0], properties, **args)
    run = boot(vm, bystander, budget=BUDGET, append="slice=1")
    likely = "h5.5: vm_end: vm_free, then vm_create, from the same folder"
    complaints = {
        "clock": "h5.5: its clock starts with its first turn: vcpu->started is false "
        "in a new vCPU, and vtimer_start is called once more",
        "^0x.* holds": "h5.5: its RAM is new, too: vm_free gives back all of it, and "
        "page_alloc zeroes what it gives",
        "sie": "h5.5: nothing of the old state may be saved into the new vCPU: "
        "hart->loaded becomes NULL when its VM ends",
        "PLIC": "h5.5: a VM that is built afresh has a PLIC that is new",
    }
    status = STOPPED if how == "crash" else SHUTDOWN
    expect_all_well(
        run, [bystander], likely=likely, complaints=complaints, status=status
    )
    for number in range(1, restarts + 1):
        line = f"hv: vm lives: starts afresh (restart {number})"
        run.expect_line(line, likely=likely)
    row = row_of(run, "lives")
    run.check(
        row.restarts == restarts and row.exits >= 64 * (restarts + 1),
        f"{restarts} restarts, and 64 exits or more in each life, says the table",
        f"It says {row.restarts}, and {row.exits} exits.",
        likely="h5.5: restart: vm_create clears the counts and vm->restarts: keep them",
    )
    ends = r"hv: vm lives: stopped: .*"
    run.expect_line(re.compile(ends), times=restarts + 1, likely=likely)
    first = GuestRandom(seed)()
    expect_lane(run, vm, *[first] * (restarts + 1), likely=likely)
    total = victim_sum(bystander, size)
    expect_lane(run, bystander, total, likely=likely)
    likely = "h5.5: vm_free gives back all that a VM held, in each of its lives"
    run.expect_no_line(NOT_GIVEN_BACK, likely=likely)


def test_what_a_vm_held_is_free(boot: Boot, rng: random.Random) -> None:
    """More lives, of 24 MiB each, than the machine's 64 MiB could bear."""
    restarts, lanes, size = rng.randrange(4, 7), rng.sample(range(16), 2), 24 * MIB
    likely = (
        "h5.5: vm_free: the memory of every leaf in RAM, then the tables (npt_unmap), "
        "then the four pages of the root"
    )
    args = {"how": "reboot", "seed": rng.getrandbits(32)}
    properties: Properties = {RESTART: restarts, **memory(size)}
    vms = [
        beside("lives", "many", lanes[0], properties, **args),
        beside("share", "other", lanes[1], to=rng.randrange(20, 40) * SLICE),
    ]
    run = boot(*vms, budget=BUDGET, memory="64M", append="slice=1")
    expect_all_well(run, [vms[1]], likely=likely)
    run.expect_line(
        f"hv: vm many: starts afresh (restart {restarts})",
        likely=likely,
    )
    run.expect_no_line(NOT_GIVEN_BACK, likely=likely)
    run.expect_no_line(
        re.compile("hv: .*out of memory.*|hv: .*no memory.*"), likely=likely
    )
    told = lane_told(run, lanes[0])
    run.check(
        len(told) == restarts + 1 and len(set(told)) == 1,
        f"{restarts + 1} lives that find new memory, all of it zero",
        f"It told {len(told)} times.",
        likely=likely,
        log="traps.log",
    )


def _linux(name: str, script: str) -> Vm:
    """Debian's kernel, and busybox with this script as its first process."""
    args = {"earlycon": "sbi", "console": "ttyS0", "panic": -1}
    init = f'/bin/busybox -- sh -c "{script}"'
    return Vm(name, {**args, "rdinit": init}, program="linux")


def test_two_linux_and_a_real_time_guest(boot: Boot, rng: random.Random) -> None:
    a, b, lane = rng.randrange(1000, 9999), rng.randrange(1000, 9999), rng.randrange(16)
    n = rng.randrange(60, 90)
    args = {"seed": rng.getrandbits(32), "n": n, "least": 100000, "span": 100000}
    shell = "busybox mount -t proc proc /proc; busybox uname -a; echo"
    bad = _linux(
        "bad", f"{shell} $(({a} + {b})); busybox sleep 0.1; echo c >/proc/sysrq-trigger"
    )
    good = _linux("good", f"{shell} $(({a} * {b})); busybox poweroff -f")
    tick = beside("late", "tick", lane, **args)
    run = boot(bad, good, tick, budget=6_000_000_000)
    likely = (
        "h5.5, and all before: whichever smaller test fails is the one to look at first"
    )
    expect_all_well(run, [tick], likely=likely)
    run.expect_line("hv: vm bad: starts afresh (restart 1)", likely=likely)
    for vm, times, result in ((bad, 2, a + b), (good, 1, a * b)):
        lines = lines_of(run, vm.name)
        for pattern in (r"Linux \(none\) .* riscv64 .*", str(result)):
            found = [line for line in lines if re.fullmatch(pattern, line)]
            run.check(
                len(found) == times,
                f"{vm.name} prints /{pattern}/, {times} time(s)",
                f"It does so {len(found)} times.",
                likely=likely,
            )
    crashes = [x for x in lines_of(run, "bad") if "Trigger a crash" in x]
    run.check(len(crashes) == 2, "bad crashes twice", f"{len(crashes)}.", likely=likely)
    told, bound = lane_told(run, lane), 10 * SLICE // 100 + 2000
    run.check(
        len(told) == 3 and told[0] == n and told[1] <= bound,
        f"{n} deadlines of tick, each served within a slice: {bound} ticks",
        f"It told {told[:2]}: how many, and how late at worst.",
        likely="h5.3: a VM that wakes is served within a slice",
        log="traps.log",
    )
