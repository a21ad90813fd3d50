"""Lab h2, task 8, on QEMU: what was not given to a guest does not exist for it."""

import random
import re
from pathlib import Path

from elftools.elf.elffile import ELFFile

from hvgrade.guest import (
    GUEST_PAGE_FAULTS,
    VM_ENDED,
    VS_ECALL,
    GuestRandom,
    complaint,
    expect_faults,
    expect_told,
    folded,
    refuse,
)
from hvgrade.machine import Vm
from hvgrade.plugin import Boot
from hvgrade.run import SHUTDOWN, STOPPED, Run
from hvgrade.symptoms import expect_ending

BUDGET = 20_000_000
FETCH, LOAD, STORE = GUEST_PAGE_FAULTS
RAM, RAM_SIZE, PAGE = 0x80000000, 16 << 20, 4096
HV_TEXT = 0x80010000  # common/kernel/kernel.ld

# As in the guest hostile: devices of QEMU virt, and other special addresses.
PLACES = [0x0, 0x1000, 0x100000, 0x2004000, 0x200BFF8, 0xC000000, 0xC200004]
PLACES += [0x10000000, 0x10001000, 0x20000000, 0x22000000, 0x30000000, 0x7FFFFFF8]
PLACES += [0x81000000, 0x88000000, 0xBFFFFFF8, 1 << 38, 1 << 40, (1 << 41) - 8]
PLACES += [1 << 41, (1 << 41) + RAM, 1 << 55, 1 << 63, (1 << 64) - 8]


def _attacks(seed: int, n: int) -> list[tuple[int, int]]:
    """What the guest hostile tries: cause and address."""
    kinds = (LOAD, STORE, FETCH)
    found = [(kind, place) for place in PLACES for kind in kinds]
    guest_random = GuestRandom(seed)
    for _ in range(n):
        bits, shift, kind = guest_random.take(3)
        found.append((kinds[kind % 3], bits >> shift % 61 & ~7))
    return [(k, at) for k, at in found if not RAM <= at < RAM + RAM_SIZE]


def hypervisor_checksum(hv: Path) -> int:
    """Of code and constants, as common/hv/main.c computes it in memory."""
    with hv.open("rb") as file:
        elf = ELFFile(file)
        symbols = elf.get_section_by_name(".symtab")
        start, end = (
            symbols.get_symbol_by_name(name)[0]["st_value"]
            for name in ("_text", "_eextable")
        )
        image = bytearray(end - start)
        for segment in elf.iter_segments("PT_LOAD"):
            offset = segment["p_vaddr"] - start
            if 0 <= offset < len(image):
                data = segment.data()[: len(image) - offset]
                image[offset : offset + len(data)] = data
    words = range(0, len(image), 8)
    return folded([int.from_bytes(image[i : i + 8], "little") for i in words])


def expect_unchanged(run: Run, hv: Path, *, likely: str) -> None:
    line = f"hv: code and constants: checksum {hypervisor_checksum(hv):#x}"
    run.expect_line(line, likely=likely)


def test_hostile_guest_finds_nothing(boot: Boot, rng: random.Random) -> None:
    seed, n, number = rng.getrandbits(32), rng.randrange(400, 800), rng.getrandbits(32)
    attacks = _attacks(seed, n)
    likely = (
        "h2.8: gstage_refuse turns 20, 21 and 23 into 1, 5 and 7 of the guest, with "
        "the stval of the exit, wherever the GPA is: 41 bits or more"
    )
    machine = boot.start(
        Vm("hostile", {"seed": seed, "n": n}),
        Vm("hello", {"number": number}),
        append="checksum",
        budget=BUDGET,
        interactive=False,
    )
    run = machine.finish()
    if complaint(run):
        complaints = {
            "went through": "something is mapped, or a device answers, where nothing "
            "was given to the guest",
            "scause": "h2.8: 20 becomes 1, 21 becomes 5, 23 becomes 7",
            "stval": "h2.8: the guest's stval is the stval of the exit",
        }
        refuse(run, "hostile", complaints, likely)
    expect_ending(run, SHUTDOWN, likely=likely)
    lines = [
        f"{len(attacks)} attacks, all in vain",
        f"hello from guest-physical {RAM:#x}, number {number}",
    ]
    run.expect_guest_output(lines, likely=likely)
    expect_unchanged(run, machine.setup.hv, likely=likely)
    expect_faults(run, [((cause,), at) for cause, at in attacks], likely=likely)
    for vm in ("hostile", "hello"):
        run.expect_line(re.compile(VM_ENDED.format(vm)), likely=likely)
        run.expect_traps(VS_ECALL, 1, vm=vm, inside="verdict_pass", likely=likely)


def test_vandal_is_harmless(boot: Boot, rng: random.Random) -> None:
    size = (2 << 20) + rng.randrange(2, 5000) * PAGE
    likely = (
        "h2.8: the hypervisor's memory is no part of the guest's RAM: its first load "
        f"from {HV_TEXT:#x} is a load access fault"
    )
    machine = boot.start(
        "vandal",
        set={("/memory@90000000", "reg"): 0x90000000 << 64 | size},
        append="checksum",
        budget=BUDGET,
        interactive=False,
    )
    run = machine.finish()
    expect_ending(run, SHUTDOWN, likely=likely)
    run.expect_line(
        re.compile(rf"FAILED: unexpected trap: scause 0x5, stval {HV_TEXT:#x}, .*"),
        likely=likely,
    )
    run.expect_line(re.compile(VM_ENDED.format("vandal")), likely=likely)
    expect_unchanged(run, machine.setup.hv, likely=likely)
    expect_faults(run, [((LOAD,), HV_TEXT)], likely=likely)
    run.expect_traps(VS_ECALL, 1, inside="verdict_fail", likely=likely)


ACCESSES = {
    "load": (LOAD, "load access fault"),
    "store": (STORE, "store/AMO access fault"),
    "fetch": (FETCH, "instruction access fault"),
}


def _lost(boot: Boot, rng: random.Random, bits: int, access: str, whole: bool) -> None:
    """A guest with paging in so many bits touches what leads nowhere, and dies.

    whole: all of its own tables are there; otherwise its own walk is what dies.
    """
    levels = (bits - 12) // 9
    stop = 0 if whole else rng.randrange(1, levels)  # at this level
    va = rng.randrange(3, 256) << bits - 9 | rng.getrandbits(bits - 10) & ~7
    gpa = rng.choice([1, 3, 400]) << 30 | rng.randrange(8192) << 12
    index = va >> 12 + 9 * (stop - 1) & 511 if stop else 0
    end = gpa + index * 8 if stop else gpa + va % PAGE
    args = {"bits": bits, "access": access, "va": va, "gpa": gpa, "level": stop}
    cause, words = ACCESSES[access]
    likely = (
        "h2.8: an access fault for a guest whose vstvec is 0: vcpu_inject stops the "
        "VM, and its post-mortem shows the walk"
    )
    run = boot("lost", bootargs=args, budget=BUDGET)
    if complaint(run):
        refuse(run, "lost", {}, likely)
    expect_ending(run, STOPPED, likely=likely)
    run.expect_guest_output([f"no handler, and now {va:#x}"], likely=likely)
    expect_told(run, "lost", va, likely=likely)
    causes = {cause, LOAD} if stop else {cause}  # QEMU 7.2: its own walk is a load
    names = "|".join(w for c, w in ACCESSES.values() if c in causes)
    stopped = rf"hv: vm lost: stopped: ({names}), and the guest has no handler.*"
    run.expect_line(re.compile(stopped), likely=likely)
    run.expect_line(f"hv:   VS-stage, Sv{bits}, of {va:#x}", likely=likely)
    run.expect_line(f"hv:   G-stage, Sv39x4, VMID 1, of {end:#x}", likely=likely)
    shown = [line for line in run.lines if re.match(r"hv:     level \d: ", line)]
    vs_levels = [line[14] for line in shown[: levels - stop]]
    run.check(
        vs_levels == [str(n) for n in range(levels - 1, stop - 1, -1)],
        f"levels {levels - 1} to {stop} of the guest's own tables, one line each",
        "\n".join(shown),
        likely=likely,
    )
    last = r"hv:     level 2: 0x[0-9a-f]+ has 0x0{16} -{8} <- ends here: V is 0"
    run.expect_line(re.compile(last), likely=likely)
    # Behind it in the log is the post-mortem's own HLVX, which may fail as well.
    faults = [trap for trap in run.traps if trap.cause in GUEST_PAGE_FAULTS]
    run.check(
        bool(faults) and faults[0].cause in causes and faults[0].tval == va,
        f"the first guest-page fault is at {va:#x}, as QEMU itself recorded it",
        likely=likely,
        log="traps.log",
    )


def test_lost_guest_is_shown_its_walk(boot: Boot, rng: random.Random) -> None:
    modes = [39, 48, 57]
    for access, bits in zip(ACCESSES, rng.sample(modes, 3), strict=True):
        _lost(boot, rng, bits, access, whole=True)
    for bits in rng.sample(modes, 2):
        _lost(boot, rng, bits, rng.choice(list(ACCESSES)), whole=False)
