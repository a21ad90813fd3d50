"""The walk that a post-mortem shows: every end that it can have, on QEMU.

A hypervisor that delegates no page fault stops its guest at each of them, so
the guest "lost" of lab h2 can die of the VS-stage, too.
"""

import re
from pathlib import Path

import pytest

from hvgrade.build import Tree, build_guests, make
from hvgrade.lab import KIT, find_labs
from hvgrade.machine import Board, Machine, Setup, Vm
from hvgrade.qemu import QEMU
from hvgrade.run import STOPPED

from test_kit import BUILD

LAB = find_labs()["h2"]
END = " <- ends here: "
V, R, W, X, U, A, D = (1 << bit for bit in (0, 1, 2, 3, 4, 6, 7))
NOWHERE = 0x40000000  # no RAM, no device
LEAF = V | R | W | X | A | D


@pytest.fixture(scope="module")
def setup(tmp_path_factory: pytest.TempPathFactory) -> Setup:
    """The reference, with h1.2 as a student might have it: nothing delegated."""
    tree = Tree(KIT, BUILD, tmp_path_factory.mktemp("walk"))
    for file in (KIT / "grader/solutions/h1_simple_hv").iterdir():
        text = file.read_text()
        if file.name == "vcpu.c":
            text, count = re.subn(r"1 << CAUSE_\w+_PAGE_FAULT", "0", text)
            assert count == 3
        target = tree.submission / "h1_simple_hv" / file.name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
    build_guests(LAB, tree, False)
    places = (f"SUBMISSION={tree.submission}", f"OUT={tree.out}")
    status, output = make(tree, "hv", "LAB=h2", "BASE=mine", "IMPL=reference", *places)
    assert status == 0, output
    return Setup(QEMU, tree.out / "hv.elf", tree.vms / "h2")


def walk(setup: Setup, folder: Path, **args: object) -> list[str]:
    """The lines of the walk, of a guest with these boot arguments."""
    with Machine(setup, [Vm("lost", args)], folder, Board(20_000_000)) as machine:
        run = machine.finish()
    assert run.status == STOPPED, run.lines
    text = "\n".join(run.lines)
    found = re.search(r"(?s)hv:   instruction.*?\n(.*?)\nhv:   called from", text)
    found = found or re.search(r"(?s)be read there\n(.*?)\nhv:   called from", text)
    assert found, text
    lines = found[1].split("\n")
    assert sum(END in line for line in lines) == 1 and END in lines[-1], text
    return lines


@pytest.mark.parametrize(
    "access, pte, why",
    [
        ("load", R | W | X | A | D, "V is 0"),
        ("load", V | X | A | D, "R is 0"),
        ("store", V | R | X | A | D, "W is 0"),
        ("fetch", V | R | W | A | D, "X is 0"),
        ("load", LEAF | U, "U is 1"),
        ("fetch", LEAF | U, "U is 1"),
        ("load", V, "R, W, X are 0"),
    ],
)
@pytest.mark.parametrize("bits", [39, 48, 57])
def test_a_bit_of_the_guests_own_table(
    setup: Setup, tmp_path: Path, bits: int, access: str, pte: int, why: str
) -> None:
    va = 3 << bits - 9 | 0x12345008
    args = {"bits": bits, "va": va, "gpa": 0x80000000, "access": access, "pte": pte}
    lines = walk(setup, tmp_path / "run", **args)
    levels = (bits - 12) // 9
    assert lines[0] == f"hv:   VS-stage, Sv{bits}, of {va:#x}"
    assert len(lines) == 1 + levels
    for line, level in zip(lines[1:], range(levels - 1, -1, -1), strict=True):
        assert line.startswith(f"hv:     level {level}: 0x")
    flags = "".join(c if pte & 0x80 >> i else "-" for i, c in enumerate("DAGUXWRV"))
    entry = 0x80000000 >> 2 | pte
    assert lines[-1].endswith(f"has {entry:#018x} {flags}{END}{why}")


def test_a_large_leaf_that_is_not_aligned(setup: Setup, tmp_path: Path) -> None:
    args = {"bits": 39, "va": 0xC0001000, "gpa": 0x80001000, "level": 1, "pte": LEAF}
    lines = walk(setup, tmp_path / "run", **args)
    assert lines[-1].startswith("hv:     level 1: ")
    assert lines[-1].endswith(f"{END}a large leaf's low PPN bits")


def test_an_address_of_too_many_bits(setup: Setup, tmp_path: Path) -> None:
    va = 0xC0001000 | 1 << 40
    lines = walk(setup, tmp_path / "run", bits=39, va=va)
    assert lines == [f"hv:   VS-stage, Sv39, of {va:#x}{END}too many bits"]
    gpa = 1 << 41 | 0x1000
    lines = walk(setup, tmp_path / "run2", bits=39, va=0xC0001000, gpa=gpa)
    assert lines[-1] == f"hv:   G-stage, Sv39x4, VMID 1, of {gpa:#x}{END}too many bits"


@pytest.mark.parametrize("level", [0, 1, 2])
def test_the_g_stage(setup: Setup, tmp_path: Path, level: int) -> None:
    """Of what the guest's leaf leads to, or of a table of its own."""
    va = 0xC0000000 | 5 << 21 | 7 << 12 | 0x18
    lines = walk(setup, tmp_path / "run", bits=39, va=va, gpa=NOWHERE, level=level)
    gpa = NOWHERE + {0: 0x18, 1: 7 * 8, 2: 5 * 8}[level]
    assert len(lines) == 1 + 3 - level + 2
    assert lines[-2] == f"hv:   G-stage, Sv39x4, VMID 1, of {gpa:#x}"
    assert lines[-1].startswith("hv:     level 2: ")
    assert lines[-1].endswith(f"--------{END}V is 0")


def test_a_window_that_must_not_be_executed(setup: Setup, tmp_path: Path) -> None:
    lines = walk(setup, tmp_path / "run", bits=0, va=0x22000000, access="fetch")
    assert lines[0] == "hv:   G-stage, Sv39x4, VMID 1, of 0x22000000"
    assert re.fullmatch(
        rf"hv:     level 1: 0x\w+ has 0x00000000088000d7 DA-U-WRV{END}X is 0", lines[-1]
    )


def test_a_and_d_where_the_hart_does_not_set_them(setup: Setup, tmp_path: Path) -> None:
    """QEMU 7.2 sets them, and the walk goes on to what is nowhere."""
    place = {"bits": 39, "va": 0xC0001000, "gpa": NOWHERE}
    lines = walk(setup, tmp_path / "run", **place, pte=LEAF & ~A)
    assert lines[-1].endswith((f"{END}A is 0", f"{END}V is 0"))
    lines = walk(setup, tmp_path / "run2", **place, pte=LEAF & ~D, access="store")
    assert lines[-1].endswith((f"{END}D is 0", f"{END}V is 0"))
