"""Lab h1, tasks 6 and 7: what is emulated, and what is the guest's own."""

import random
import re
from collections.abc import Iterator


from hvgrade.guest import (
    VM_ENDED,
    VS_ECALL,
    GuestRandom,
    complaint,
    expect_told,
    expect_traps_at,
    folded,
    refuse,
)
from hvgrade.plugin import Boot
from hvgrade.run import SHUTDOWN, STOPPED
from hvgrade.symptoms import LOST, expect_ending, expect_pass

CPU = ("/cpus/cpu@0", "reg")
MAGIC_REG = ("/magic@40", "reg")
MAGIC_VALUE = ("/magic@40", "hv,value")
BUDGET = 10_000_000  # instructions: the longest guest here needs 2 million
ILLEGAL, LOAD, STORE, FETCH, U_ECALL = 2, 5, 7, 1, 8
CSRR_MHARTID = 0xF1402073


def random_hart(rng: random.Random) -> int:
    return rng.randint(1, (1 << 31) - 1)


def random_magic(rng: random.Random) -> int:
    """An address in the first 2 KiB, where nobody is."""
    return rng.randrange(0x100, 0x800, 8)


def _mhartid_registers(seed: int) -> Iterator[int]:
    """The rd of each csrr in the guest mhartid."""
    guest_random = GuestRandom(seed)
    for rd in range(32):
        yield rd
        guest_random.take(31)
    for _ in range(32):
        yield guest_random() >> 59
        guest_random.take(31)


def test_mhartid_into_any_register(boot: Boot, rng: random.Random) -> None:
    seed, hart = rng.getrandbits(32), random_hart(rng)
    registers = list(_mhartid_registers(seed))
    total = folded([hart if rd else 0 for rd in registers])
    likely = (
        "h1.6: rd is bits 11 to 7 of the instruction, the value is vcpu->hartid; if "
        "it is one register only: h1.3, step 4 does not load it"
    )
    run = boot("mhartid", bootargs={"seed": seed}, set={CPU: hart}, budget=BUDGET)
    expect_pass(
        run,
        "mhartid",
        [f"mhartid is {hart:#x}"],
        [total],
        likely=likely,
        complaints={
            "unexpected trap: scause 0x2,": "csrr with this rd (x0 is one too) was "
            "given back to the guest: is the whole instruction compared?",
            "x[0-9]+ was": f"h1.6: only rd may change; {LOST}",
        },
    )
    insns = [CSRR_MHARTID | rd << 7 for rd in registers]
    expect_traps_at(run, ILLEGAL, "mhartid", "probe_at", insns, likely=likely)


def test_magic_load_into_any_register(boot: Boot, rng: random.Random) -> None:
    seed, value, magic = rng.getrandbits(32), rng.getrandbits(64), random_magic(rng)
    loads = [10]  # rd of each load: one through x0, then an ld and a c.ld in turn
    for rd in range(32):
        loads += [rd, -1]
    total = folded([value if rd else 0 for rd in loads])
    likely = (
        "h1.6: the value is vm->magic_value; ld has rd in bits 11 to 7 and takes 4 "
        "bytes; c.ld has rd' in bits 4 to 2, which means x8 to x15, and takes 2"
    )
    run = boot(
        "magic",
        bootargs={"seed": seed},
        set={MAGIC_REG: magic << 64 | 8, MAGIC_VALUE: value},
        budget=BUDGET,
    )
    expect_pass(
        run,
        "magic",
        [f"{magic:#x} reads as {value:#x}"],
        [total],
        likely=likely,
        complaints={
            "what follows ran": "sepc goes on by 2 after a compressed instruction",
            "unexpected trap: scause 0x5,": "a load from vm->magic was given back to "
            "the guest: ld and c.ld with any registers and offset are yours; the "
            "address is in stval",
            "x[0-9]+ was": f"h1.6: only rd may change; {LOST}",
        },
    )
    tvals = [magic] * len(loads)
    expect_traps_at(run, LOAD, "magic", "probe_at", tvals, likely=likely)


def test_near_misses_are_the_guests_own(boot: Boot, rng: random.Random) -> None:
    seed, magic = rng.getrandbits(32), random_magic(rng)
    likely = (
        "h1.6: only csrrs rd, mhartid, x0 and only ld, c.ld from exactly vm->magic "
        "are emulated; h1.7: the rest comes back with scause, stval and sepc as it was"
    )
    run = boot(
        "refuse",
        bootargs={"seed": seed},
        set={MAGIC_REG: magic << 64 | 8},
        budget=BUDGET,
    )
    went = "was emulated, but is none of yours: "
    expect_pass(
        run,
        "refuse",
        ["refused 106"],
        [106],
        likely=likely,
        complaints={
            "0x[0-9a-f]{5}073 .*went": f"a CSR instruction {went}compare the CSR's "
            "number, funct3 and rs1, too",
            "0x[0-9a-f]{5}f[0-9a-f]3 .*went": f"a CSR instruction {went}compare all "
            "of it but rd",
            "0x0005b503 .*went": f"a load {went}stval has to be vm->magic exactly",
            "x[0-9]+ was": f"h1.7: nothing but the pc changes; {LOST}",
            "went": f"an instruction {went}look at opcode and funct3 (for loads: the "
            "width)",
        },
    )
    insns = []
    for rd in range(32):
        base = 0x2073 | rd << 7
        insns += [base | (0xF11 + rd % 3) << 20]
        insns += [base | 0xF14 << 20 | (1 + rd % 31) << 15]
        insns += [(base | 0xF14 << 20) ^ 3 << 12]
    expect_traps_at(run, ILLEGAL, "refuse", "probe_at", insns, likely=likely)
    run.expect_traps(LOAD, 10, inside="probe_at", likely=likely)


def test_classic_guest(boot: Boot, rng: random.Random) -> None:
    hart, value = random_hart(rng), rng.getrandbits(64)
    likely = (
        "h1.6: csrr writes a1 and the load writes a0, each only its own rd: a look "
        "at the end alone does not show which instruction wrote what"
    )
    sets = {CPU: hart, MAGIC_VALUE: value}
    run = boot("simple", set=sets, budget=BUDGET)
    if complaint(run):
        refuse(run, "simple", {}, likely)
    expect_ending(run, SHUTDOWN, likely=likely)
    untouched = (1 << 64) - 1
    run.expect_guest_output([f"a0 = {value:#x}, a1 = {hart:#x}"], likely=likely)
    expect_told(run, "simple", untouched, hart, value, hart, likely=likely)
    run.expect_line(re.compile(VM_ENDED.format("simple")), likely=likely)
    csrr = [CSRR_MHARTID | 11 << 7]
    expect_traps_at(run, ILLEGAL, "simple", "simple_csrr", csrr, likely=likely)
    expect_traps_at(run, LOAD, "simple", "simple_ld", [64], likely=likely)
    likely = "h1.5: the legacy shutdown, call 8, ends the VM and never returns"
    run.expect_traps(VS_ECALL, 1, inside="simple_end", likely=likely)
    run.expect_traps(VS_ECALL, 0, inside="verdict_fail", likely=likely)


def _reflected(seed: int, n: int) -> tuple[list[int], list[int]]:
    """The illegal instructions and the bad addresses of the guest reflect."""
    guest_random = GuestRandom(seed)
    insns, addresses = [], []
    for _ in range(n):
        addresses.append(0x800 + (guest_random() & 0x3F8))
        insns.append(0x0B | guest_random() << 7 & 0xFFFFFFFF)
        guest_random.take(4 * 32)
    return insns, addresses


def test_guest_handles_its_exceptions(boot: Boot, rng: random.Random) -> None:
    seed, n = rng.getrandbits(32), rng.randint(10, 40)
    insns, addresses = _reflected(seed, n)
    likely = (
        "h1.7: vcpu_inject does what the hart does at a trap: vsepc, vscause, vstval, "
        "and in vsstatus SPP = mode, SPIE = SIE, SIE = 0; then on at vstvec"
    )
    run = boot("reflect", bootargs={"seed": seed, "n": n}, budget=BUDGET)
    expect_pass(
        run,
        "reflect",
        [f"survived {4 * n} exceptions"],
        [4 * n],
        likely=likely,
        complaints={
            "^x[0-9]+ was": f"h1.7: nothing but the pc changes; {LOST}",
            "SPIE": "h1.7: vsstatus.SPIE becomes what vsstatus.SIE was",
            "SIE is still on": "h1.7: vsstatus.SIE becomes 0",
            "SPP": "h1.7: vsstatus.SPP becomes vcpu->sstatus.SPP",
            "stval": "h1.7: vstval is the stval of the exit",
            "scause": "h1.7: vscause is the cause of the exit",
            "sepc": "h1.7: vsepc is where the exception happened: vcpu->sepc",
        },
    )
    expect_traps_at(run, ILLEGAL, "reflect", "probe_at", insns, likely=likely)
    expect_traps_at(run, LOAD, "reflect", "probe_at", addresses, likely=likely)
    expect_traps_at(run, STORE, "reflect", "probe_at", addresses, likely=likely)
    fetches = [trap.tval for trap in run.expect_traps(FETCH, n, likely=likely)]
    expected = f"instruction access faults at {addresses[0]:#x}, ..."
    run.check(fetches == addresses, expected, likely=likely, log="traps.log")


def test_exception_of_a_user_program(boot: Boot, rng: random.Random) -> None:
    n = rng.randint(2, 60)
    likely = (
        "h1.7: from VU-mode vsstatus.SPP becomes 0, so that the guest's sret goes back "
        "down; the handler itself runs in VS-mode (vcpu->sstatus.SPP = 1)"
    )
    run = boot("user", bootargs={"n": n}, budget=BUDGET)
    insn = 0x508B
    expect_pass(
        run,
        "user",
        [f"back from VU-mode after {n} exceptions"],
        [n * insn],
        likely=likely,
    )
    expect_traps_at(run, ILLEGAL, "user", "user_mode", [insn] * n, likely=likely)
    run.expect_traps(U_ECALL, 1, inside="user_ecall", likely=likely)


def test_vectored_guest_gets_them_at_the_base(boot: Boot, rng: random.Random) -> None:
    seed = rng.getrandbits(32)
    rounds = 1 + (GuestRandom(seed)() & 15)
    likely = (
        "h1.7: the low two bits of vstvec are its mode; exceptions go to the base, "
        "vstvec & ~3, in either mode"
    )
    run = boot("vectored", bootargs={"seed": seed}, budget=BUDGET)
    expect_pass(
        run,
        "vectored",
        [f"{3 * rounds} exceptions, all at the base"],
        [3 * rounds],
        likely=likely,
    )
    for cause in (ILLEGAL, LOAD, STORE):
        run.expect_traps(cause, rounds, inside="vectored_traps", likely=likely)


def test_guest_without_handler_is_stopped(boot: Boot, rng: random.Random) -> None:
    seed = rng.getrandbits(32)
    number = GuestRandom(seed)()
    likely = (
        "h1.7: vstvec is 0, so the guest has no handler: vm_stop(..., VM_STOPPED, "
        "reason) instead of a jump to address 0"
    )
    run = boot("nohandler", bootargs={"seed": seed}, budget=2_000_000)
    if complaint(run):
        refuse(run, "nohandler", {}, likely)
    expect_ending(run, STOPPED, likely=likely)
    run.expect_line(re.compile(VM_ENDED.format("nohandler")), likely=likely)
    output = ["stvec = 0, and now an illegal instruction"]
    run.expect_guest_output(output, likely=likely)
    last = "hv:   last exit: illegal instruction (scause 0x2)"
    run.expect_line(last, likely=likely)
    registers = re.compile(rf".* s1 {number:016x}\b.*")
    run.expect_line(registers, likely=likely)
    expect_told(run, "nohandler", number, likely=likely)
    expect_traps_at(run, ILLEGAL, "nohandler", "probe_at", [0x0B], likely=likely)
    run.expect_traps(FETCH, 0, likely=likely)
