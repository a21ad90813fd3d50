"""Lab h3, the milestone: Debian's Linux, its ticks injected."""

import random
import re

from hvgrade.guest import VM_ENDED
from hvgrade.machine import Vm
from hvgrade.plugin import Boot
from hvgrade.run import SHUTDOWN
from hvgrade.symptoms import expect_ending

GUEST_TIMER = 6  # an interrupt, as QEMU numbers it
VIRTUAL = 22


def test_linux_reaches_userspace(boot: Boot, rng: random.Random) -> None:
    # For the first 0.7 s of it the kernel has work left from its start.
    nap = rng.randint(770, 830) / 1000
    words = {"earlycon": "sbi", "keep_bootcon": 1, "printk.devkmsg": "on", "NAP": nap}
    likely = (
        "h3.2 to h3.5: Linux arms by TIME, takes an interrupt for each, and sleeps in "
        "WFI: if a smaller guest of this lab fails too, look there first"
    )
    # Below 2^31: QEMU aborts if it has so many instructions to record at once,
    # and a Linux that no timer interrupts may well spin for as long.
    machine = boot.start(Vm("linux", words), budget=214 * 10**7, interactive=False)
    run = machine.finish()
    expect_ending(run, SHUTDOWN, likely=likely)
    said = r"\[ *\d+\.\d+\] init: "
    run.expect_line(re.compile(said + r"Linux \(none\) .* riscv64 .*"), likely=likely)
    found = re.findall(said + r"uptime (\S+) s", "\n".join(run.lines))
    slept = float(found[1]) - float(found[0]) if len(found) == 2 else -1
    run.check(
        nap <= slept <= nap + 0.5,
        f"two lines with the uptime, with a sleep of {nap} s between them",
        f"it prints {found}.",
        likely=likely,
    )
    line = re.compile(said + r"\d+: +(\d+) +RISC-V INTC +5 .*riscv-timer")
    counted = int(run.expect_line(line, likely=likely)[1])
    taken = run.expect_traps(GUEST_TIMER, at_least=100, is_async=True, likely=likely)
    run.check(
        counted <= len(taken) <= counted + 50,
        "as many timer interrupts in /proc/interrupts as QEMU recorded",
        f"Linux counts {counted}, QEMU recorded {len(taken)}.",
        likely=likely,
        log="traps.log",
    )
    idle = "h3.5: Linux sleeps in WFI, which exits only with hstatus.VTW set"
    run.expect_traps(VIRTUAL, at_least=1, likely=idle)
    end = "h1.5: poweroff is SRST"
    run.expect_line(re.compile(r"\[.*\] reboot: Power down"), likely=end)
    run.expect_line(re.compile(VM_ENDED.format("linux")), likely=end)
