"""Lab h4, task 6: the machine's own UART, whose input comes by interrupt."""

import random
import re
import string
from collections.abc import Callable

import pytest

from hvgrade.guest import VS_ECALL, complaint, folded, refuse, told
from hvgrade.machine import Machine, Vm
from hvgrade.plugin import Boot
from hvgrade.run import BAD_CONFIG, SHUTDOWN
from hvgrade.symptoms import expect_ending, expect_pass
from hvgrade.verdict import Failure

UART_INTERRUPTS = ("/soc/serial@10000000", "interrupts")
CPU = ("/cpus/cpu@0", "reg")
CLAIM = 0xC200004
LOAD_FAULT = 21
VS_EXTERNAL = 10
BUDGET = 10_000_000
# While a guest waits for us, its time is ours: half a minute, in nanoseconds.
# Only a guest that waits for ever gets that far.
PATIENCE = 30_000_000_000
KEYS = string.ascii_letters + string.digits + string.punctuation + " "


_LIKELY = (
    "h4.5, h4.6: each character pulls the wire of source 10: the host claims, the "
    "guest's PLIC gets a pulse, VSEIP follows; when the guest completes, so does the "
    "host"
)
_COMPLAINTS = {
    "has rung": "h4.5: no interrupt came, or too many: see the tests of h4.4 and h4.5",
    "no interrupt came": "h4.5: the hardware keeps the source quiet until it is "
    "completed: when the guest completes, complete it there too; h4.4: VSEIP follows "
    "every change; h3.5: an idle hart takes the host's external interrupt",
    "claim returns 0": "h4.4: VSEIP is set, but there is nothing to claim",
}


def _talk(machine: Machine, talk: Callable[[], None]) -> None:
    """If the guest has complained, then that is what happened."""
    try:
        talk()
    except Failure:
        if machine.run and complaint(machine.run):
            refuse(machine.run, "echo", _COMPLAINTS, _LIKELY)
        raise


RINGS = 5  # with which the guest echo begins


def _before_anybody_types(boot: Boot) -> None:
    """Interrupts come and go, at least: nobody has to wait for what never comes."""
    lines = ["type 0 characters:", "", "0 characters"]
    run = boot("echo", bootargs={"n": 0}, budget=BUDGET)
    expect_pass(run, "echo", lines, [0, RINGS], likely=_LIKELY, complaints=_COMPLAINTS)
    run.expect_traps(VS_EXTERNAL, RINGS, is_async=True, likely=_LIKELY)


def test_linux_shell(boot: Boot, rng: random.Random) -> None:
    likely = (
        "h4.6: Linux takes every key as an interrupt of source 10, by its PLIC "
        "driver: claim, handle, complete; look at test_echo first"
    )
    _before_anybody_types(boot)
    words = {"earlycon": "sbi", "console": "ttyS0", "panic": -1}
    machine = boot.start(Vm("linux", words), budget=PATIENCE)

    def run_command(command: str, answer: str) -> str:
        """Types the command; what matched the answer, before the next prompt."""
        machine.send(command + "\n")
        found = machine.expect(answer, likely=likely)
        machine.expect(r"# ", likely=likely)
        return found

    def interrupts() -> int:
        line = run_command("grep ttyS0 /proc/interrupts", r"\d+: +\d+ .*PLIC.*ttyS0")
        return int(line.split()[1])

    machine.expect(r"hvlab login: ", likely=likely)
    machine.send("root\n")
    machine.expect(r"# ", likely=likely)
    run_command("dmesg -n 1", "dmesg -n 1")  # nothing comes in between
    counts = [interrupts()]
    for _ in range(3):
        a, b = rng.randrange(1000, 9999), rng.randrange(1000, 9999)
        run_command(f"echo $(({a} * {b}))", rf"\n{a * b}\r?\n")
        counts.append(interrupts())
    machine.send("poweroff -f\n")
    run = machine.finish()
    expect_ending(run, SHUTDOWN, likely="h1.5: SRST; " + likely)
    run.check(
        counts == sorted(set(counts)),
        "the count of the UART in /proc/interrupts grows with every command",
        f"It was {', '.join(map(str, counts))}.",
        likely=likely,
    )
    run.expect_line(
        re.compile(r".*riscv-plic: .*: mapped 95 interrupts with 1 handlers.*"),
        likely=likely,
    )
    run.expect_traps(VS_EXTERNAL, is_async=True, at_least=len(counts), likely=likely)
    run.expect_traps(
        LOAD_FAULT,
        at_least=counts[-1],
        where=lambda trap: trap.tval & 0xFFF == CLAIM & 0xFFF,
        likely=likely,
    )


def test_source_has_one_owner(boot: Boot, rng: random.Random) -> None:
    likely = (
        "h4.6: irq_route is false for a source that another VM has, for source 0 and "
        "for sources from VPLIC_SOURCES on"
    )
    taken = r"hv: vm {}: vm\.dts: {}: its interrupt is taken"
    wrong = rng.choice([128, 129, 160, 1023, 1024, 1034, rng.randrange(128, 1 << 31)])
    first = Vm("leaves", set={CPU: rng.randrange(1, 1 << 31)})
    runs = [
        (boot(first, "never", budget=BUDGET), taken.format("never", "rtc@101000")),
        (
            boot("after", set={UART_INTERRUPTS: wrong}, budget=BUDGET),
            taken.format("after", "serial@10000000"),
        ),
    ]
    for run, line in runs:
        run.expect_status(BAD_CONFIG, likely=likely)
        run.expect_line(re.compile(line), likely=likely)
        run.expect_traps(VS_ECALL, 0, likely=likely)


@pytest.mark.parametrize("pace", ["slow", "fast"])
def test_echo(boot: Boot, rng: random.Random, pace: str) -> None:
    n = rng.randrange(30, 60) if pace == "slow" else rng.randrange(300, 600)
    text = "x" + "".join(rng.choice(KEYS) for _ in range(n - 2)) + "x"
    _before_anybody_types(boot)
    machine = boot.start("echo", bootargs={"n": n}, budget=PATIENCE)

    def talk() -> None:
        machine.expect(rf"type {n} characters:\r?\n", likely=_LIKELY)
        if pace == "fast":
            machine.send(text)
            return
        for key in text:
            machine.send(key)
            machine.expect(re.escape(key), likely=_LIKELY)

    _talk(machine, talk)
    run = machine.finish()
    numbers = told(run, "echo")
    interrupts = numbers[-1] if len(numbers) == 2 else 0
    lines = [f"type {n} characters:", text, f"{n} characters"]
    characters = folded([ord(key) for key in text])
    expect_pass(
        run,
        "echo",
        lines,
        [characters, interrupts],
        likely="a character was lost, doubled or moved: " + _LIKELY,
        complaints=_COMPLAINTS,
    )
    least = n if pace == "slow" else 1
    run.check(
        least <= interrupts - RINGS <= 3 * n + 16,
        f"{n} characters typed {pace}: {least} to {3 * n + 16} interrupts",
        f"{interrupts - RINGS} interrupts.",
        likely="h4.4: VSEIP stays set with nothing to claim, or it is set too rarely",
    )
    run.expect_traps(VS_EXTERNAL, interrupts, is_async=True, likely=_LIKELY)
    run.expect_traps(
        LOAD_FAULT,
        interrupts,
        where=lambda trap: trap.tval == CLAIM,
        likely="h4.1: every interrupt is claimed by a read of PLIC_CLAIM",
    )
