"""Every kind of death, on QEMU: the words, and a place to read that exists.

The guests are a few instructions. The hypervisor is the reference with mistakes
in lab h1 that `-append break=NAME` switches on.
"""

import functools
import re
import struct
import sys
from pathlib import Path

import pytest

from hvgrade.build import Tree, make
from hvgrade.lab import KIT, find_labs
from hvgrade.machine import Board, Machine, Setup, Vm
from hvgrade.qemu import QEMU
from hvgrade.symptoms import symptom
from hvgrade.run import BUDGET, PANIC, SHUTDOWN, STOPPED, Run

from test_kit import BUILD

sys.path.insert(0, str(KIT / "docs"))

import stage  # noqa: E402

LABS = find_labs()
H1 = LABS["h1"].dir.name
CUSTOM, EBREAK, ECALL = "0000000b", "00100073", "00000073"
STAY, WFI = "0000006f", "10500073"
MHARTID, HSTATUS, TIME = "f14025f3", "60002573", "c0102573"  # csrr of
LOAD, MAGIC = "00003503", "04003503"  # ld a0, of 0 and of 64
BAD_STVEC = "01000513 10551073"  # li a0, 16; csrw stvec, a0
FILL = "00001337 00000297 006282b3 0062b023 ff9ff06f"  # a word in every page
SHUT_DOWN = "00800893 00000073"  # li a7, 8; ecall
# By file of lab h1: what to find, and what to put there; {NAME} is a switch.
MISTAKES = {
    "vcpu.c": {
        "void hart_init_guests": '#include "page.h"\nextern uint64_t mask;\n'
        "static uint64_t empty(void)\n{{\n"
        "	return 8UL << 60 | (uint64_t)page_alloc(4) >> 12;\n}}\n"
        "void hart_init_guests",
        "csr_write(hedeleg, ": "csr_write(hedeleg, {no-hedeleg} ? 0 : ",
        "csr_write(hideleg, ": "csr_write(hideleg, {no-hideleg} ? 0 : ",
        "csr_write(hcounteren, ": "csr_write(hcounteren, {no-counter} ? 0 : ",
        "csr_write(hgatp, ": "csr_write(hgatp, {hgatp} ? empty() : ",
        "= SSTATUS_SPP |": "= ({no-spp} ? 0 : SSTATUS_SPP) |",
        "| HSTATUS_SPV |": "| ({no-spv} ? 0 : HSTATUS_SPV) |",
        "vcpu->sepc = entry.a;": "vcpu->sepc = {no-sepc} ? 0 : entry.a;\n"
        "	mask = {no-sscratch} ? 0 : ~0UL;",
    },
    "exit.c": {
        "bool exit_dispatch": "uint64_t mask;\nbool exit_dispatch",
        "	exit_handler handler = NULL;": "	exit_handler handler = NULL;\n"
        "	while ({loop})\n		;\n"
        '	if ({fact})\n		panic("a fact is violated");\n'
        "	if ({no-sp})\n"
        '		__asm__ volatile("li sp, 8\\n ld t0, (zero)");\n'
        "	if ({no-hideleg}) {{\n"
        "		csr_set(hie, 1 << IRQ_VSSI);\n"
        "		csr_set(hvip, 1 << IRQ_VSSI);\n	}}",
    },
    "emulate.c": {
        "!is_csrr_mhartid(insn)": "{no-mhartid} || !is_csrr_mhartid(insn)",
        "!vm->has_magic ||": "{no-magic} || !vm->has_magic ||",
    },
    "switch.S": {
        "	csrw	sscratch, a0\n	/* 3 */": "	la	t0, mask\n"
        "	ld	t0, (t0)\n	and	t0, t0, a0\n	csrw	sscratch, t0\n",
    },
}
SWITCH = r'(host_argument("break=\1;") != NULL)'


def plant(name: str, text: str) -> str:
    for old, new in MISTAKES.get(name, {}).items():
        assert text.count(old) == 1, (name, old)
        new = re.sub(r"\{([a-z-]+)\}", SWITCH, new)
        text = text.replace(old, new.replace("{{", "{").replace("}}", "}"))
    return text


@functools.cache
def hypervisor(lab: str, work: Path) -> Path:
    """hv.elf of a lab, with the switches in its files of lab h1."""
    tree = Tree(KIT, BUILD, work / lab)
    for name in (H1, *(LABS[x].dir.name for x in LABS if "h1" < x < lab)):
        for file in (KIT / "grader/solutions" / name).iterdir():
            target = tree.submission / name / file.name
            target.parent.mkdir(parents=True, exist_ok=True)
            text = file.read_text()
            target.write_text(plant(file.name, text) if name == H1 else text)
    impl = "mine" if lab == "h1" else "reference"
    words = [f"LAB={lab}", "BASE=mine", f"IMPL={impl}"]
    words += [f"SUBMISSION={tree.submission}", f"OUT={tree.out}"]
    status, output = make(tree, "hv", *words)
    assert status == 0, output
    return tree.out / "hv.elf"


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("deaths")


def die(work: Path, folder: Path, lab: str, code: str, mistake: str) -> Run:
    """A run of a guest with this code, as an Image, on the VM of that lab's guests."""
    vm = folder / "vms/guest"
    vm.mkdir(parents=True)
    words = [int(word, 16) for word in code.split()]
    head = struct.pack("<IIQQQII", 0x0400006F, 0, 0, 4096, 0, 2, 0)
    image = head.ljust(48, b"\0") + b"RISCV\0\0\0RSC\x05" + bytes(4)
    (vm / "kernel").write_bytes(image + struct.pack(f"<{len(words)}I", *words))
    (vm / "vm.dts").write_text((LABS[lab].dir / "guests/vm.dts").read_text())
    setup = Setup(QEMU, hypervisor(lab, work), vm.parent)
    memory = "16M" if code == FILL else "1G"
    board = Board(5_000_000, memory=memory, append=f"break={mistake};")
    with Machine(setup, [Vm("guest")], folder / "run", board) as machine:
        return machine.finish()


@pytest.mark.parametrize(
    ("lab", "code", "mistake", "status", "likely", "read"),
    [
        ("h1", CUSTOM, "", STOPPED, "no handler yet", "the-guest-has-no-handler"),
        ("h1", CUSTOM, "no-spp", STOPPED, "h1.2: sstatus.SPP", "a-kernel-in-vu-mode"),
        (
            "h1",
            EBREAK,
            "no-hedeleg",
            STOPPED,
            "h1.2: hedeleg",
            "an-exception-is-not-delegated",
        ),
        (
            "h1",
            f"{MHARTID} {STAY}",
            "no-hideleg",
            STOPPED,
            "h1.2: hideleg",
            "an-interrupt-is-not-delegated",
        ),
        ("h1", TIME, "no-counter", STOPPED, "h1.2: hcounteren", "a-counter-is-closed"),
        (
            "h1",
            HSTATUS,
            "",
            STOPPED,
            "only HS-mode may",
            "an-instruction-of-hs-mode",
        ),
        ("h1", STAY, "hgatp", STOPPED, "h1.2: hgatp", "a-g-stage-before-lab-h2"),
        ("h3", FILL, "", STOPPED, "h2.5: no page", "memory-runs-out"),
        ("h1", MHARTID, "no-mhartid", STOPPED, "h1.6: csrr", "nobody-emulates-it"),
        ("h1", MAGIC, "no-magic", STOPPED, "h1.6: the load", "nobody-emulates-it"),
        ("h1", STAY, "no-sepc", STOPPED, "h1.2: sepc", "the-pc-leads-nowhere"),
        ("h3", STAY, "no-sepc", STOPPED, "h1.2: sepc", "the-pc-leads-nowhere"),
        ("h1", LOAD, "", STOPPED, "nothing is", "an-address-where-nothing-is"),
        ("h3", LOAD, "", STOPPED, "nothing is", "an-address-where-nothing-is"),
        ("h1", STAY, "", BUDGET, "a loop of the guest", "the-guest-loops"),
        ("h1", ECALL, "loop", BUDGET, "of the hypervisor", "the-hypervisor-loops"),
        (
            "h1",
            f"{BAD_STVEC} {EBREAK}",
            "",
            BUDGET,
            "trap handler faults",
            "the-handler-faults",
        ),
        (
            "h3",
            f"{BAD_STVEC} {EBREAK}",
            "",
            BUDGET,
            "trap handler faults",
            "the-handler-faults",
        ),
        ("h1", WFI, "", BUDGET, "waits for an interrupt", "nobody-wakes-up"),
        ("h3", WFI, "", BUDGET, "waits for an interrupt", "nobody-wakes-up"),
        (
            "h1",
            STAY,
            "no-spv",
            BUDGET,
            "h1.2: the guest runs in HS-mode",
            "the-guest-runs-in-hs-mode",
        ),
        (
            "h1",
            ECALL,
            "no-spv",
            STOPPED,
            "h1.2: hstatus.SPV is 0",
            "the-guest-runs-in-hs-mode",
        ),
        ("h1", ECALL, "no-sscratch", PANIC, "h1.3: this was", "a-trap-of-the-guest"),
        ("h1", ECALL, "no-sp", PANIC, "h1.3: the switch", "the-stack-is-gone"),
        ("h1", ECALL, "fact", PANIC, "", "the-panic"),
    ],
)
def test_death(
    work: Path,
    tmp_path: Path,
    lab: str,
    code: str,
    mistake: str,
    status: int,
    likely: str,
    read: str,
) -> None:
    run = die(work, tmp_path, lab, code, mistake)
    console = "\n".join(run.lines)
    assert run.status == status, console
    told = re.findall(r"(?m)^(?:hv|m-mode):   likely: (.*)$", console)
    assert len(told) == bool(likely) and likely in "".join(told), console
    place = re.findall(r"(?m)^(?:hv|m-mode):   read: docs/debugging.md#(.*)$", console)
    assert place[-1:] == [read], console
    assert f"(more: docs/debugging.md#{read})" in run.ending()
    if likely.startswith("h"):
        found = symptom(run)
        assert found and found[0] == likely[:4]
    else:
        assert likely in run.ending()


def test_every_kind_of_death_is_tested() -> None:
    """What the given code can say, and what the handbook has a section about."""
    said = {
        anchor
        for file in (KIT / "common").rglob("*.c")
        for _, anchor in stage.CONSOLE.findall(file.read_text())
    }
    (cases,) = (m for m in test_death.pytestmark if m.name == "parametrize")  # type: ignore[attr-defined]
    assert said - {"the-post-mortem"} == {case[5] for case in cases.args[1]}


def test_a_sleep_without_end_is_announced(work: Path, tmp_path: Path) -> None:
    run = die(work, tmp_path / "for-ever", "h3", WFI, "")
    line = "hv: vm guest: it sleeps for ever: no timer is armed"
    assert run.lines.count(line) == 1
    run = die(work, tmp_path / "not", "h3", SHUT_DOWN, "")
    assert run.status == SHUTDOWN and line not in run.lines
