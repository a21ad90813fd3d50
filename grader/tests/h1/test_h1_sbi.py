"""Lab h1, task 5: to its guest, the hypervisor is the SBI."""

import random
import re
from pathlib import Path

import pytest

from hvgrade.guest import (
    VM_ENDED,
    VS_ECALL,
    GuestRandom,
    complaint,
    expect_told,
    refuse,
)
from hvgrade.machine import Vm
from hvgrade.plugin import Boot
from hvgrade.run import BUDGET as SPENT
from hvgrade.run import SHUTDOWN
from hvgrade.symptoms import LOST, expect_ending, expect_pass
from hvgrade.verdict import Infrastructure

HART = 0x1234  # in the vm.dts of this lab's guests
BUDGET = 10_000_000  # instructions: the longest guest here needs 2 million
LETTERS = "abcdefghijklmnopqrstuvwxyz"


def letters(guest_random: GuestRandom, count: int) -> str:
    return "".join(LETTERS[guest_random() % 26] for _ in range(count))


def test_hello(boot: Boot, rng: random.Random) -> None:
    seed = rng.getrandbits(32)
    run = boot("hello", bootargs={"seed": seed}, budget=BUDGET)
    line = f"hello from VS-mode, hart {HART:#x}, seed {seed}"
    likely = "h1.5: sbi_dbcn has to print the a0 bytes that are at guest address a1"
    expect_pass(run, "hello", [line], [], likely=likely)
    run.expect_traps(VS_ECALL, 1, inside="sbi_ecall", likely=likely)


def test_base_tells_what_is_there(boot: Boot, rng: random.Random) -> None:
    seed, n = rng.getrandbits(32), rng.randint(5, 50)
    run = boot("base", bootargs={"seed": seed, "n": n}, budget=BUDGET)
    likely = "h1.5: sbi_base does not answer all seven functions of BASE"
    expect_pass(
        run,
        "base",
        ["SBI 2.0"],
        [2 << 24],
        likely=likely,
        complaints={
            "get_spec_version": "the version goes to a1, 2.0 is 2 << 24, and a0 is 0",
            "probe_extension.*answers 0, [^0]": "probe_extension says yes to what has "
            "no row, or a row without a call",
            "probe_extension": "probe_extension: value 1 for each row with a call",
            "mvendorid": "a1 still holds what the guest passed: the value goes there",
        },
    )
    # version, mvendorid, six functions, five probes, n more; then one line
    run.expect_traps(VS_ECALL, 14 + n, inside="sbi_ecall", likely=likely)


def test_unknown_calls_are_not_supported(boot: Boot, rng: random.Random) -> None:
    seed, n = rng.getrandbits(32), rng.randint(10, 90)
    run = boot("unknown", bootargs={"seed": seed, "n": n}, budget=BUDGET)
    guest_random = GuestRandom(seed)
    guest_random.take(2 * n + 3)
    likely = (
        "h1.5: what is not in sbi_extensions[], and every function that an extension "
        "does not have, returns SBI_ERR_NOT_SUPPORTED in a0"
    )
    line = f"{n} unknown extensions, all refused"
    expect_pass(run, "unknown", [line], [guest_random()], likely=likely)
    run.expect_traps(VS_ECALL, n + 10, inside="sbi_ecall", likely=likely)


def test_legacy_calls_leave_a1_alone(boot: Boot, rng: random.Random) -> None:
    seed, n = rng.getrandbits(32), rng.randint(1, 40)
    run = boot("legacy", bootargs={"seed": seed, "n": n}, budget=BUDGET)
    guest_random = GuestRandom(seed)
    text = ""
    for _ in range(n):
        text += letters(guest_random, 1)
        guest_random.take(31)  # the other registers
    likely = "h1.5: sbi_legacy_putchar prints the low byte of a0"
    expect_pass(
        run,
        "legacy",
        [text],
        [],
        likely=likely,
        complaints={
            "x11 was": "the extensions 0 to 8 return in a0 only: a1 stays as it was",
            "x[0-9]+ was": f"h1.5: a legacy call changes a0 only; {LOST}",
            "putchar returns": "sbi_legacy_putchar returns 0 in a0",
            "legacy call": "what is not in sbi_extensions[] is SBI_ERR_NOT_SUPPORTED",
        },
    )
    run.expect_traps(VS_ECALL, n + 7, inside="probe_at", likely=likely)


def test_console_writes_what_it_is_given(boot: Boot, rng: random.Random) -> None:
    seed, n = rng.getrandbits(32), rng.randint(50, 4000)
    run = boot("dbcn", bootargs={"seed": seed, "n": n}, budget=BUDGET)
    guest_random = GuestRandom(seed)
    guest_random()  # where the text begins
    likely = "h1.5: sbi_dbcn loses or changes bytes of what the guest writes"
    expect_pass(
        run,
        "dbcn",
        [letters(guest_random, n), "*"],
        [],
        likely=likely,
        complaints={
            r"function 0 \(0x0,": "no byte at all is fine: success, value 0",
            r"function 0 \(0x1,": "the last byte of the RAM is RAM: the check of the "
            "range is off by one",
            "function 0": "value is the number of bytes written: all of them, also "
            "across a page end",
            "function 1": "nothing was typed: read is a success with value 0",
            "function 2": "write byte is a success, its value 0",
        },
    )
    run.expect_traps(VS_ECALL, 5, inside="sbi_ecall", likely=likely)


def test_console_refuses_foreign_memory(boot: Boot, rng: random.Random) -> None:
    seed = rng.getrandbits(32)
    run = boot("outside", bootargs={"seed": seed}, budget=BUDGET)
    number = GuestRandom(seed)() >> 48
    likely = (
        "h1.5: check the whole range with vm_in_ram before the first byte is read: "
        "nothing of it may show up on the console"
    )
    expect_pass(
        run,
        "outside",
        [f"all refused, {number:#x}"],
        [number],
        likely=likely,
        complaints={
            "high half 0x[1-9a-f]": "a2 is the high half of the address: not 0 means "
            "outside",
            "1844674407[0-9]* bytes|0xfffffffffffffff8": "address + size wraps round "
            "zero: compare without adding, as range_inside does",
            "answers -": "the error is SBI_ERR_INVALID_PARAM, -3",
        },
    )
    run.expect_traps(VS_ECALL, 11, inside="sbi_ecall", likely=likely)


@pytest.mark.parametrize("how", ["srst", "reboot", "legacy"])
def test_shutdown(boot: Boot, rng: random.Random, how: str) -> None:
    seed = rng.getrandbits(32)
    run = boot("shutdown", bootargs={"seed": seed, "how": how}, budget=BUDGET)
    number = GuestRandom(seed)()
    call = "legacy call 8" if how == "legacy" else "SRST"
    likely = f"h1.5: {call} ends the VM through vm_stop(..., VM_SHUTDOWN, ...)"
    complaints = {
        "still running": f"{call} came back; of SRST, the types 0 to 2 with the "
        "reasons 0 and 1 end the VM",
        "answers 0": "SRST succeeds with a type above 2 or a reason above 1, which "
        "is SBI_ERR_INVALID_PARAM",
        "SRST type": "a type above 2, a reason above 1: SBI_ERR_INVALID_PARAM",
    }
    if complaint(run):
        refuse(run, "shutdown", complaints, likely)
    expect_ending(run, SHUTDOWN, likely=likely)
    run.expect_line(re.compile(VM_ENDED.format("shutdown")), likely=likely)
    run.expect_guest_output([f"the end: {how}, {number:#x}"], likely=likely)
    expect_told(run, "shutdown", number, likely=likely)
    calls = 6 if how == "srst" else 2  # the line, four refused, the end
    refused = "h1.5: SRST ends the VM on a type above 2 or on a reason above 1"
    run.expect_traps(VS_ECALL, calls, inside="sbi_ecall", likely=refused)
    for verdict in ("verdict_pass", "verdict_fail"):
        run.expect_traps(VS_ECALL, 0, inside=verdict, likely=likely)


def _linux_banner(image: Path) -> str:
    """The banner that is in the kernel's file: "Linux version 6.12... #1 ..."."""
    found = re.findall(rb"Linux version \d[^\n\0]+ #\d[^\n\0]+", image.read_bytes())
    if not found:
        raise Infrastructure(f"{image}: no banner in it")
    return str(found[0], "ascii")


def test_linux_prints_its_banner(boot: Boot, rng: random.Random) -> None:
    words = {"earlycon": "sbi", "keep_bootcon": 1, "hvlab": rng.getrandbits(32)}
    likely = (
        "h1.5: Linux asks BASE for the version, probes DBCN, and then writes through "
        "it; h1.2: it reads time, and takes its own page faults"
    )
    machine = boot.start(Vm("linux", words), budget=400_000_000, interactive=False)
    run = machine.finish()
    expect_ending(run, SPENT, likely=likely)  # it waits for a timer tick
    banner = _linux_banner(machine.setup.vms / "linux/kernel")
    arguments = " ".join(f"{key}={value}" for key, value in words.items())
    for line in (banner, f"Kernel command line: {arguments}"):
        run.expect_line(f"[    0.000000] {line}", likely=likely)
    printed = len([line for line in run.lines if re.match(r"\[ *\d+\.\d+\] ", line)])
    run.check(printed >= 80, "80 lines of Linux", f"{printed} lines.", likely=likely)
    run.expect_traps(
        VS_ECALL,
        at_least=80,
        where=lambda trap: trap.epc >> 32 == 0xFFFFFFFF,  # the kernel's own half
        likely=likely,
    )
