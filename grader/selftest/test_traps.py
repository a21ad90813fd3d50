"""The second witness: what QEMU's trap log says, and where it happened."""

import subprocess
from pathlib import Path

import pytest

from hvgrade.traps import Symbols, TrapLog, cause_words
from hvgrade.verdict import Infrastructure

SOURCE = """
        .globl  _start, sbi_ecall
        .text
        .type   _start, @function
_start: nop
        call    sbi_ecall
        .size   _start, . - _start
sbi_ecall:
        ecall
        ret
        .data
datum:  .dword  0
"""


def line(cause: int, epc: int, is_async: int = 0, hart: int = 0) -> str:
    return (
        f"riscv_cpu_do_interrupt: hart:{hart}, async:{is_async}, cause:{cause:016x}, "
        f"epc:0x{epc:016x}, tval:0x00000000f14025f3, desc=whatever\n"
    )


def link(folder: Path, name: str, address: int) -> Path:
    source, elf = folder / "x.S", folder / name
    source.write_text(SOURCE)
    argv = ["riscv64-unknown-elf-gcc", "-nostdlib", "-march=rv64ima", "-mabi=lp64"]
    argv += ["-Wl,--no-relax", f"-Wl,-Ttext={address:#x}", "-o", str(elf), str(source)]
    subprocess.run(argv, check=True)
    return elf


@pytest.fixture(scope="module")
def elfs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A guest and a hypervisor; the second guest has the hypervisor's address."""
    folder = tmp_path_factory.mktemp("elfs")
    image = folder / "image"
    image.write_bytes(b"MZ not an ELF")
    return {
        "guest": link(folder, "guest", 0x90000000),
        "hv": link(folder, "hv", 0x80000000),
        "image": image,
    }


def log(tmp_path: Path, text: str, elfs: dict[str, Path], **options: int) -> TrapLog:
    path = tmp_path / "traps.log"
    path.write_text(text)
    return TrapLog(path, elfs, **options)


def test_functions_are_found_by_address(elfs: dict[str, Path]) -> None:
    symbols = Symbols(elfs["guest"])
    assert symbols.at(0x90000000) == "_start"
    assert symbols.at(0x90000004) == "_start+0x4"
    assert symbols.find("sbi_ecall") == range(0x9000000C, 0x90000014)
    assert symbols.at(0x90000010) == "sbi_ecall+0x4"
    assert symbols.at(0x90000014) is None
    assert symbols.find("datum") is None
    assert Symbols(elfs["image"]).at(0) is None


def test_traps_are_read_and_selected(tmp_path: Path, elfs: dict[str, Path]) -> None:
    text = line(10, 0x9000000C) * 2 + "other words\n" + line(10, 0x90000000)
    text += line(2, 0x9000000C, hart=3) + line(10, 0x8000000C) + line(7, 0, is_async=1)
    traps = log(tmp_path, text, {k: elfs[k] for k in ("guest", "hv")})
    assert len(traps.traps) == 6
    assert len(traps.select(10)) == 4
    assert len(traps.select(10, inside="sbi_ecall")) == 2
    assert len(traps.select(10, vm="guest")) == 3
    assert len(traps.select(10, vm="hv", inside="sbi_ecall")) == 1
    assert len(traps.select(inside="sbi_ecall")) == 3
    assert [trap.words for trap in traps.select(7, is_async=True)] == [
        "machine timer interrupt"
    ]
    assert traps.select(7) == []
    assert traps.select(2)[0].hart == 3
    assert traps.select(2)[0].tval == 0xF14025F3


def test_a_cause_says_whose_code_it_was(tmp_path: Path, elfs: dict[str, Path]) -> None:
    both = {"linux": elfs["hv"], "hv": elfs["hv"]}  # the same addresses
    text = line(10, 0x8000000C) + line(9, 0x8000000C) + line(2, 0x8000000C)
    traps = log(tmp_path, text, both)
    assert [traps.where(trap) for trap in traps.traps] == [
        "sbi_ecall in linux",
        "sbi_ecall in hv",
        "sbi_ecall in linux or sbi_ecall in hv",
    ]


def test_the_log_gains_words_and_functions(
    tmp_path: Path, elfs: dict[str, Path]
) -> None:
    first = line(10, 0x9000000C)
    traps = log(tmp_path, first + line(5, 0x40), elfs)
    traps.annotate()
    written = traps.path.read_text().splitlines()
    words = "# exception: environment call from VS-mode, at sbi_ecall in guest"
    assert written[0] == f"{first.strip()}  {words}"
    assert written[1].endswith("# exception: load access fault, at 0x40")
    assert log(tmp_path, traps.path.read_text(), elfs).traps == traps.traps


def test_a_wrong_name_is_our_fault(tmp_path: Path, elfs: dict[str, Path]) -> None:
    traps = log(tmp_path, line(10, 0), elfs)
    for vm, inside in (
        (None, "sbi_ecall"),  # two guests: which?
        ("guest", "sbi_call"),
        ("gest", None),
        ("image", None),
    ):
        with pytest.raises(Infrastructure):
            traps.select(10, vm=vm, inside=inside)


def test_a_changed_format_is_an_error_not_zero_traps(tmp_path: Path) -> None:
    text = line(10, 0) + "riscv_cpu_do_interrupt: hart=0 cause=10\n"
    with pytest.raises(Infrastructure, match="unknown form"):
        log(tmp_path, text, {}).traps


def test_no_log_is_an_error_not_zero_traps(tmp_path: Path) -> None:
    with pytest.raises(Infrastructure, match="no trap log"):
        TrapLog(tmp_path / "nothing", {})


def test_a_line_cut_by_the_end_of_qemu_is_left_out(tmp_path: Path) -> None:
    assert len(log(tmp_path, line(10, 0) + line(10, 0)[:-20], {}).traps) == 1


def test_a_flood_is_cut(tmp_path: Path) -> None:
    size = len(line(10, 0))
    traps = log(tmp_path, line(10, 0) * 100, {}, cap=size * 10)
    assert traps.flooded
    assert len(traps.traps) == 10
    assert not log(tmp_path, line(10, 0) * 10, {}, cap=size * 10).flooded


def test_causes_have_words() -> None:
    assert cause_words(22) == "virtual instruction"
    assert cause_words(10, is_async=True) == "VS external interrupt"
    assert cause_words(63) == "cause 63"


def test_steps_are_counted_from_the_first_trap_of_a_cause(
    tmp_path: Path, elfs: dict[str, Path]
) -> None:
    step = "Trace 0: 0x7f08c406efc0 [0000000000000000/00000000800104a0/0/0] \n"
    wait = line(22, 0x90000000)
    text = step * 9 + line(10, 0) + step * 5 + wait + step + wait + step * 2
    found = log(tmp_path, text + line(7, 0, is_async=1) + step, elfs)
    assert found.steps_since(22) == 4
    found.annotate()  # leaves them out of the file
    assert (found.steps_since(10), found.steps_since(7)) == (9, 0)
