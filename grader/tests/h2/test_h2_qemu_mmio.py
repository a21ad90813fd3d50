"""Lab h2, tasks 6 and 7, on QEMU: devices that the guest loads from and stores to."""

import random
import string
from collections.abc import Collection, Iterator

from hvgrade.guest import (
    GUEST_PAGE_FAULTS,
    VS_ECALL,
    GuestRandom,
    expect_faults,
    folded,
)
from hvgrade.machine import Vm
from hvgrade.plugin import Boot
from hvgrade.run import BAD_CONFIG
from hvgrade.symptoms import expect_ending, expect_pass

BUDGET = 10_000_000
FETCH, LOAD, STORE = GUEST_PAGE_FAULTS
ILLEGAL = 2
SCRATCH = ("/scratch@10001000", "reg")
WIDTHS = ("/scratch@10001000", "hv,widths")
MAGIC = ("/magic@40", "reg")
CPU = ("/cpus/cpu@0", "reg")
RAM, RAM_SIZE, PAGE = 0x80000000, 16 << 20, 4096
Faults = list[tuple[Collection[int], int]]


def somewhere(rng: random.Random) -> int:
    """The address of a device: a page in the first 2 GiB."""
    return rng.randrange(0x10000, 0x70000) << 12


class Access:
    """The guest access: which access is at which address."""

    def __init__(self, seed: int, base: int) -> None:
        self.random, self.base = GuestRandom(seed), base
        self.faults: Faults = []

    def below(self, limit: int) -> int:
        return (self.random() >> 32) % limit

    def access(self, store: int, funct3: int) -> None:
        width = 1 << (funct3 & 3)
        at = self.below(64 // width) * width
        self.random.take(31)
        self.faults.append(((STORE if store else LOAD,), self.base + at))

    def full(self, store: int, funct3: int) -> None:
        self.below(31), self.below(4096)
        self.access(store, funct3)

    def short(self, funct3: int, *limits: int) -> None:
        for limit in (*limits, 15):
            self.below(limit)
        self.access(funct3 & 4, funct3 & 3)

    def all(self) -> None:
        for reg in (*range(1, 32), 0):
            for funct3 in range(4):
                self.full(1, funct3)
            for funct3 in range(7):
                self.full(0, funct3)
            for funct3 in (2, 3, 6, 7):
                self.short(funct3, 8, 32)
                if reg or funct3 & 4:
                    self.short(funct3, 64)


def test_every_load_and_store_of_a_device(boot: Boot, rng: random.Random) -> None:
    seed, base = rng.getrandbits(32), somewhere(rng)
    access = Access(seed, base)
    access.all()
    likely = (
        "h2.6: decode the instruction (from htinst, or fetched), let mmio_access do "
        "it, write rd, step over it by its length"
    )
    run = boot(
        "access",
        bootargs={"seed": seed},
        set={SCRATCH: base << 64 | 64},
        budget=BUDGET,
    )
    expect_pass(
        run,
        "access",
        ["every load and store did what it says"],
        [access.random()],
        likely=likely,
        complaints={
            "after the start": "the first loads go wrong already: what do they yield, "
            "and does sepc go on by 2 behind a compressed one, by 4 behind the others?",
            "what follows": "sepc goes on by insn.length: 2 after a compressed "
            "instruction, whose htinst looks like that of the full one (bit 1 tells)",
            "unexpected trap": "an access that the device takes was refused, or the "
            "wrong length led astray: see scause and sepc",
            " into x[0-9]+ yields": "the loaded value is cut to the width and extended "
            "by sign or by zeroes (insn_extend); of a compressed one rd' is x8 to x15",
            "x[0-9]+ was": "a load changes rd and nothing else; a store changes no "
            "register",
            "the device holds": "a store writes the low bytes of rs2 at the offset of "
            "the GPA, in the width of the instruction",
        },
    )
    expect_faults(run, access.faults, inside="probe_at", likely=likely)


def test_code_is_read_through_both_stages(boot: Boot, rng: random.Random) -> None:
    seed, base, hart = rng.getrandbits(32), somewhere(rng), rng.randrange(1, 1 << 31)
    likely = (
        "h2.6: vcpu_fetch reads sepc with hlvx_hu: the first 16 bits tell whether "
        "there are 16 more, which may be on another page"
    )
    run = boot(
        "fetch",
        bootargs={"seed": seed},
        set={SCRATCH: base << 64 | 64, CPU: hart},
        budget=BUDGET,
    )
    gone = (
        "the fault of HLVX goes to the guest: vcpu_fetch returns its cause, the tval "
        "is sepc, and nothing is emulated"
    )
    expect_pass(
        run,
        "fetch",
        ["every instruction was found"],
        [GuestRandom(seed)()],
        likely=likely,
        complaints={
            "at the end of a page|what follows it": "the instruction has only 2 bytes: "
            "what follows may be on a page that is not there",
            "across two pages": "bytes 2 and 3 are at the virtual address sepc + 2, "
            "wherever that page may lie",
            "its page is": gone,
            "unexpected trap": likely,
        },
    )
    page = 0x40200000
    run.expect_traps(
        ILLEGAL, 6, where=lambda t: page <= t.epc < page + 0x1000, likely=gone
    )
    run.expect_traps(LOAD, 2, where=lambda t: t.epc == page + 0xFFE, likely=likely)


def _walks(seed: int) -> Iterator[tuple[Collection[int], int]]:
    """The accesses of the guest tables: QEMU 7.2 calls each of them a load."""
    guest_random = GuestRandom(seed)
    guest_random()
    for _ in range(4):
        for cause in (LOAD, STORE, FETCH):
            index, offset = guest_random() & 7, 64 + (guest_random() & 0xF00)
            guest_random()
            yield {LOAD, cause}, 0x40000000 | index << 21 | index << 12 | offset


def test_tables_in_a_device_are_an_access_fault(boot: Boot, rng: random.Random) -> None:
    seed, base = rng.getrandbits(32), somewhere(rng)
    likely = (
        "h2.6: the fault is about an entry of the guest's own table: bit 0 of htinst "
        "is clear, or, where htinst is 0, stval and the GPA differ in their low 12 "
        "bits. Then there is nothing to emulate: gstage_refuse"
    )
    run = boot(
        "tables",
        bootargs={"seed": seed},
        set={SCRATCH: base << 64 | 64},
        budget=BUDGET,
    )
    expect_pass(
        run,
        "tables",
        ["12 walks that cannot end"],
        [12],
        likely=likely,
        complaints={"unexpected trap": likely},
    )
    expect_faults(run, list(_walks(seed)), likely=likely)


def flash_content(rng: random.Random, at: int = 0) -> tuple[str, bytes]:
    """Its first four letters, and all of it: a few hundred bytes from at on."""
    magic = "".join(rng.choice(string.ascii_letters) for _ in range(4))
    return magic, magic.encode() + rng.randbytes(at + rng.randrange(60, 500))


def test_pflash_emulated(boot: Boot, rng: random.Random) -> None:
    at = (64 << 10) + rng.randrange(4096) * 8
    magic, content = flash_content(rng, at)
    n = rng.randrange(1, (len(content) - at) // 8 + 10) * 8
    total = folded(list(content[at : at + n].ljust(n, b"\xff")))
    likely = (
        "h2.7: mmio_access hands the device the offset into its range and the width, "
        "and takes what it returns"
    )
    run = boot(
        Vm("pflash", {"at": at, "n": n}, files={"pflash": content}), budget=BUDGET
    )
    lines = [f"Got pflash magic: {magic}", f"{n} bytes, sum {total:#x}"]
    expect_pass(
        run,
        "pflash",
        lines,
        [total],
        likely=likely,
        complaints={
            "at a time": "flash takes all widths: 1, 2, 4 and 8 bytes",
            "unexpected trap": "a load that the flash takes was refused",
        },
    )
    flash = 0x22000000
    reads = [flash]
    for width in (1, 2, 4, 8):
        reads += range(flash + at, flash + at + n, width)
    expect_faults(run, [((LOAD,), place) for place in reads], likely=likely)


def test_pflash_passed_through(boot: Boot, rng: random.Random) -> None:
    magic, content = flash_content(rng)
    n, jump = rng.randrange(1, len(content) // 8) * 8, rng.randrange(1, 1 << 24) * 2
    total = folded(list(content[:n]))
    likely = (
        "h2.2: the window is mapped by npt_map at its own address, with R and W: the "
        "guest reads the real device, and there is no exit"
    )
    forbidden = (
        "h2.5: only an address in the RAM may be tried again. The window is mapped "
        "without X: a fetch from it goes to mmio_emulate, which refuses it"
    )
    run = boot(
        "realflash", bootargs={"n": n, "jump": jump}, flash=content, budget=BUDGET
    )
    lines = [f"Got pflash magic: {magic}", f"{n} bytes, sum {total:#x}"]
    fetches = [t for t in run.traps if t.cause == FETCH]
    if fetches:  # so it has read what it wanted
        likely = forbidden
    expect_pass(run, "realflash", lines, [total], likely=likely)
    run.expect_line(
        "hv: vm realflash: flash@22000000 (cfi-flash): passed through", likely=likely
    )
    expect_faults(run, [((FETCH,), 0x22000000 + jump)], likely=likely)


def test_overlapping_devices_are_refused(boot: Boot, rng: random.Random) -> None:
    likely = "h2.7: mmio_add refuses what overlaps the RAM or another device"
    magic, size = somewhere(rng), rng.randrange(2, 65)
    beside = rng.choice([magic - 64, magic + 8])
    run = boot(
        "access",
        set={MAGIC: magic << 64 | 8, SCRATCH: beside << 64 | 64},
        budget=BUDGET,
    )
    both = (
        "h2.7: mmio_add refuses what overlaps, and nothing else: these are neighbours"
    )
    run.expect_line(
        "hv: vm access: scratch@10001000 (hvlab,scratch): emulated", likely=both
    )
    run.expect_traps(LOAD, at_least=1, where=lambda t: t.tval == beside, likely=both)
    over_a_device = magic - rng.randrange(1, size), magic + rng.randrange(8)
    over_the_ram = RAM - rng.randrange(1, size), RAM + RAM_SIZE - rng.randrange(1, size)
    for bases in (over_a_device, over_the_ram):
        base = rng.choice(bases)
        run = boot(
            "access",
            set={MAGIC: magic << 64 | 8, SCRATCH: base << 64 | size},
            budget=BUDGET,
        )
        expect_ending(run, BAD_CONFIG, likely=likely)
        line = "hv: vm access: vm.dts: scratch@10001000 overlaps something else"
        run.expect_line(line, likely=likely)
        run.expect_traps(VS_ECALL, 0, likely=likely)
    # What is passed through has neither read nor write, and a range all the same.
    inside = 0x22000000 + rng.randrange(0x2000) * PAGE
    run = boot("lost", set={SCRATCH: inside << 64 | 64}, budget=BUDGET)
    expect_ending(run, BAD_CONFIG, likely=likely)
    line = "hv: vm lost: vm.dts: flash@22000000 overlaps something else"
    run.expect_line(line, likely=likely)
    run.expect_traps(VS_ECALL, 0, likely=likely)


def _refused(seed: int, base: int, size: int, widths: int, magic: int) -> Faults:
    """What the guest refuse tries in vain."""
    guest_random = GuestRandom(seed)
    found: Faults = []

    def try_in_vain(address: int, *causes: int) -> None:
        guest_random.take(31)
        found.append((causes, address))

    def width(log2: int, address: int) -> None:
        for cause in (LOAD, LOAD, STORE) if log2 < 3 else (LOAD, STORE):
            try_in_vain(address, cause)

    for log2 in range(4):
        if not widths & 1 << log2:
            width(log2, base + (guest_random() & 8))
        for inside in range(1, 1 << log2):
            width(log2, base + size - inside)
        width(log2, base + size)
        width(log2, base - (1 << log2) // 2 - (log2 == 0))
    for cause in (LOAD, STORE) * 4:
        try_in_vain(base, cause)
    for _ in range(2):
        for _ in range(9):
            try_in_vain(base, LOAD, STORE)
        try_in_vain(base, LOAD)
    try_in_vain(base + (guest_random() & 0x38), FETCH)
    try_in_vain(magic, STORE)
    return found


def test_what_no_device_does_is_refused(boot: Boot, rng: random.Random) -> None:
    seed, base, magic = rng.getrandbits(32), somewhere(rng), rng.randrange(0, 256) * 8
    size, widths = rng.randrange(16, 65, 4), rng.randrange(1, 15)
    faults = _refused(seed, base, size, widths, magic)
    likely = (
        "h2.8: what mmio_access does not do, and what insn_decode does not know, is an "
        "access fault of the guest: 1, 5 or 7, with the same stval"
    )
    run = boot(
        "refuse",
        bootargs={"seed": seed, "widths": widths},
        set={SCRATCH: base << 64 | size, WIDTHS: widths, MAGIC: magic << 64 | 8},
        budget=BUDGET,
    )
    expect_pass(
        run,
        "refuse",
        [f"refused {len(faults)}"],
        [len(faults)],
        likely=likely,
        complaints={
            "^a width.* went": "h2.7: device->widths says which widths a device takes",
            "^across.* went": "h2.7: all of the access has to be inside of the device",
            "^(behind|into).* went": "h2.7: the device is the one whose range contains "
            "the first byte: base <= gpa < base + size",
            "^floating.* went": "h2.6: FP loads and stores have opcodes of their own "
            "(0x07, 0x27; funct3 1, 5 of a compressed one): not yours to emulate",
            "^an atomic.* went": "h2.6: opcode 0x2f is an AMO: not yours to emulate",
            "^a jump": "h2.6: a fetch (cause 20) is neither a load nor a store",
            "only read": "h2.7: a device without a write handler takes no store",
            "x[0-9]+ was": "a refused access changes no register",
            "scause": "h2.8: 20 becomes 1, 21 becomes 5, 23 becomes 7",
            "stval": "h2.8: the guest's stval is the one of the exit",
            "sepc": "a refused access is not stepped over: vsepc is where it was",
        },
    )
    expect_faults(run, faults, likely=likely)
