"""The QEMU that is installed keeps its side: its log, its statuses, its time.

A machine of 60 lines of assembly stands in for kernel, hypervisor and guest,
so that a changed QEMU is found here, and not in a student's grading.
"""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from tinykit import MKVM

from hvgrade import qemu
from hvgrade.machine import Board, Machine, Setup, Vm
from hvgrade.qemu import QEMU
from hvgrade.run import Run

# M-mode: budget from 0x8000fff8 into mtimecmp, delegate, HS-mode, VS-mode.
SOURCE = """
        .macro  puts text
        la      a0, 9f
        call    print
        .section .rodata
9:      .asciz  "\\text"
        .text
        .endm
        .globl  _start, guest, guest_ecall
_start: csrr    t0, mhartid
1:      bnez    t0, 1b
        li      t0, -1
        srli    t0, t0, 10
        csrw    pmpaddr0, t0
        li      t0, 0x1f
        csrw    pmpcfg0, t0
        li      t0, 0xf0b7ff
        csrw    medeleg, t0
        la      t0, spent
        csrw    mtvec, t0
        li      t0, 0x8000fff8
        ld      t0, 0(t0)
        li      t1, 0x2004000
        sd      t0, 0(t1)
        li      t0, 0x80
        csrw    mie, t0
        li      t0, 0x1800
        csrc    mstatus, t0
        li      t0, 0x800
        csrs    mstatus, t0
        la      t0, hs
        csrw    mepc, t0
        mret
        .align  2
spent:  csrw    mie, zero
        puts    "m-mode: budget spent: hart 0 was in HS-mode\\r\\n"
        li      a0, 7
off:    slli    a0, a0, 16
        li      t0, 0x3333
        or      a0, a0, t0
        li      t0, 0x100000
        sw      a0, 0(t0)
1:      wfi
        j       1b
print:  li      t0, 0x10000000
1:      lbu     t1, 0(a0)
        beqz    t1, 2f
3:      lbu     t2, 5(t0)
        andi    t2, t2, 0x20
        beqz    t2, 3b
        sb      t1, 0(t0)
        addi    a0, a0, 1
        j       1b
2:      ret
hs:     la      t0, trap
        csrw    stvec, t0
        puts    "hv: here\\r\\n"
        ACTION
        la      t0, guest
        csrw    sepc, t0
        li      t0, 0x80
        csrw    0x600, t0
        li      t0, 0x100
        csrs    sstatus, t0
        sret
        .align  2
trap:   csrr    t0, scause
        csrr    t1, sepc
        addi    t1, t1, 4
        csrw    sepc, t1
        bnez    a7, 1f
        sret
1:      puts    "hello\\r\\n"
        li      a0, 3
        j       off
guest:  li      a7, 0
        li      s0, 5
1:      call    guest_ecall
        addi    s0, s0, -1
        bnez    s0, 1b
        csrr    a1, mhartid
        csrr    a1, hstatus
        li      a7, 1
        call    guest_ecall
        .type   guest_ecall, @function
guest_ecall:
        ecall
        ret
        .size   guest_ecall, . - guest_ecall
"""
ECHO = """
        li      t0, 0x10000000
1:      lbu     t1, 5(t0)
        andi    t1, t1, 1
        beqz    t1, 1b
        lbu     t1, 0(t0)
        addi    t1, t1, 1
        sb      t1, 0(t0)
        j       1b
"""


class Bench:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "common/hv").mkdir(parents=True)
        (folder / "common/hv/mkvm.py").write_text(MKVM)
        (folder / "vms/tiny").mkdir(parents=True)
        self.machines: list[Machine] = []

    def start(self, action: str, budget: int, interactive: bool = False) -> Machine:
        source, elf = self.folder / "hv.S", self.folder / "hv.elf"
        source.write_text(SOURCE.replace("ACTION", action))
        argv = ["riscv64-unknown-elf-gcc", "-nostdlib", "-mabi=lp64", "-mcmodel=medany"]
        argv += ["-march=rv64ima_zicsr", "-Wl,-Ttext=0x80000000", "-Wl,--no-relax"]
        argv += ["-Wl,-n", "-Wl,--no-warn-rwx-segments", "-o", str(elf), str(source)]
        subprocess.run(argv, check=True)
        (self.folder / "vms/tiny/kernel").write_bytes(elf.read_bytes())
        setup = Setup(QEMU, elf, self.folder / "vms", self.folder)
        started = Machine(
            setup,
            [Vm("tiny")],
            self.folder / "log",
            Board(budget, memory="128M", interactive=interactive),
        )
        self.machines.append(started)
        return started

    def run(self, action: str = "", budget: int = 1_000_000) -> Run:
        return self.start(action, budget).finish()


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    yield made
    for started in made.machines:
        started.close()


def test_the_log_counts_the_guests_traps_by_function(bench: Bench) -> None:
    run = bench.run()
    run.expect_status(3, likely="")
    assert run.lines == ["hv: here", "hello"]
    run.expect_traps(10, 6, inside="guest_ecall", likely="")
    run.expect_traps(10, 6, likely="")
    found = run.expect_traps(2, 1, likely="")
    assert found[0].tval == 0xF14025F3  # csrr a1, mhartid
    run.expect_traps(22, 1, likely="")
    run.expect_traps(7, 0, is_async=True, likely="")
    text = (run.dir / "traps.log").read_text()
    assert "environment call from VS-mode, at guest_ecall in tiny\n" in text


def test_the_budget_is_kept_by_the_machine(bench: Bench) -> None:
    run = bench.run("1: j 1b")
    run.expect_status(7, likely="")
    run.expect_traps(7, 1, is_async=True, likely="")
    assert "budget of 1,000,000 instructions was spent" in run.ending()
    assert "m-mode: budget spent" in run.ending()


# 400 instructions a turn: fast, and long stretches without a trap.
SPIN = "1: .rept 400; nop; .endr; j 1b"
POWER_OFF = "li t0, 0x100000; li t1, 0x53333; sw t1, 0(t0);"


@pytest.mark.parametrize("more", (-1, 0), ids=("recorded", "not recorded"))
def test_a_machine_that_spins_through_a_long_budget_ends_by_it(
    bench: Bench, more: int
) -> None:
    run = bench.run(SPIN, qemu.RECORD_MAX + more)
    run.expect_status(7, likely="")


def test_a_machine_that_spins_after_its_power_off_ends_by_that(bench: Bench) -> None:
    run = bench.run(POWER_OFF + SPIN, qemu.RECORD_MAX - 1)
    run.expect_status(5, likely="")


def test_idle_time_is_skipped(bench: Bench) -> None:
    """An hour of virtual time in wfi, in well under the wall-clock backstop."""
    run = bench.run("1: wfi; j 1b", budget=3_600_000_000_000)
    run.expect_status(7, likely="")


def test_a_flood_on_the_console_is_ended(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hvgrade.machine.CONSOLE_CAP", 100_000)
    run = bench.run('1: puts "again and again\\r\\n"; j 1b', budget=10_000_000_000)
    assert run.flooded


def test_a_spinning_machine_is_killed(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a budget, QEMU hears no SIGTERM: close() must not wait for one."""
    spinning = bench.start("1: j 1b", budget=3_600_000_000_000)
    spinning.close()
    assert spinning.process.returncode == -9


def test_the_instructions_do_not_depend_on_who_reads_the_console(bench: Bench) -> None:
    """The same budget ends at the same character, run by run."""
    action = '1: puts "again and again\\r\\n"; j 1b'
    sizes = {len(bench.run(action, 2_000_000).console_raw) for _ in range(3)}
    assert len(sizes) == 1


def test_input_reaches_the_machine(bench: Bench) -> None:
    echo = bench.start(ECHO, 10_000_000_000_000, interactive=True)
    echo.expect("hv: here", likely="")
    echo.send("HAL")
    assert echo.expect("IBM", likely="") == "IBM"


def test_an_option_that_qemu_does_not_know(bench: Bench, tmp_path: Path) -> None:
    from hvgrade.verdict import Infrastructure

    setup = Setup(QEMU, tmp_path / "nothing.elf", bench.folder / "vms", bench.folder)
    refused = Machine(setup, [], tmp_path / "log", Board(memory="128M"))
    bench.machines.append(refused)
    with pytest.raises(Infrastructure, match="could not be started.*nothing.elf"):
        refused.finish()
