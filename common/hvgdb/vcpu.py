"""hv vcpu [VM]: a guest's registers and CSRs in words; hv exits; hv print."""

from collections.abc import Callable

import gdb

from . import words
from .machine import (
    Vm,
    cause_words,
    choose,
    has_register,
    hypervisor,
    physical,
    register,
    vms,
)

_NAMES = (
    "zero ra sp gp tp t0 t1 t2 s0 s1 a0 a1 a2 a3 a4 a5 a6 a7 "
    "s2 s3 s4 s5 s6 s7 s8 s9 s10 s11 t3 t4 t5 t6"
).split()
_CSRS = "vsstatus vsie hvip vstvec vsscratch vsepc vscause vstval vsatp".split()
# By VM and address, <function+offset>: load.py sets it.
symbol: Callable[[str, int], str] = lambda vm, address: ""
_STATES = {0: "may run", 1: "has ended", 2: "was stopped"}
_SPP = 1 << 8
_INTERRUPT = 1 << 63


def _where(vm: Vm) -> str:
    if vm.running and vm.hart:
        return f"is running, in {vm.hart.mode}"
    state = _STATES.get(int(vm.value["state"]), "has a state that does not exist")
    if vm.hart:
        return f"{state}; its CSRs are in the hart, its registers in memory"
    return f"{state}; all of its state is in memory"


def _gprs(vm: Vm) -> list[str]:
    if vm.running:
        values = [0, *(register(name) for name in _NAMES[1:])]
    else:
        values = [int(vm.vcpu["gpr"][i]) for i in range(32)]
    cells = [f"{_NAMES[i]:>4} {values[i]:016x}" for i in range(1, 32)]
    return ["  " + " ".join(cells[i : i + 3]) for i in range(0, 31, 3)]


def _line(name: str, value: int, said: str = "") -> str:
    return f"  {name:<10} 0x{value:<16x} {said}".rstrip()


def _csr(vm: Vm, name: str) -> str:
    value = vm.csr(name)
    said = words.of(name, value)
    if name in ("vstvec", "vsepc"):
        said = f"{symbol(vm.name, value)} {said}".strip()
    if name == "vscause":
        said = cause_words(value & ~_INTERRUPT, bool(value & _INTERRUPT))
        said = "no trap yet" if value == 0 and vm.csr("vsepc") == 0 else said
    return _line(name, value, said)


def _last_exit(vm: Vm) -> list[str]:
    """What the hart still knows of it; not while the guest runs again."""
    if not vm.entered or vm.running:
        return []
    cause = register("scause")
    name = cause_words(cause & ~_INTERRUPT, bool(cause & _INTERRUPT))
    gpa = register("htval") << 2 | register("stval") & 3
    lines = [
        "  the last trap into the hypervisor:",
        _line("scause", cause, name),
        _line("stval", register("stval")),
        _line("htinst", register("htinst")),
    ]
    said = f"gpa 0x{gpa:x}" if gpa > 3 else ""
    return [*lines, _line("htval", register("htval"), said)]


def _moves_on_exit(vm: Vm) -> list[str]:
    """pc, hstatus and sstatus: in the hart while it runs, else in memory."""
    if vm.running:
        pc, hstatus = register("pc"), register("hstatus")
        where = symbol(vm.name, pc)
        return [
            _line("pc", pc, where),
            _line("hstatus", hstatus, words.of("hstatus", hstatus)),
        ]
    sepc, sstatus, hstatus = (int(vm.vcpu[n]) for n in ("sepc", "sstatus", "hstatus"))
    mode = "VS-mode" if sstatus & _SPP else "VU-mode"
    return [
        _line("sepc", sepc, symbol(vm.name, sepc)),
        _line("sstatus", sstatus, f"{words.of('sstatus', sstatus)}: enters {mode}"),
        _line("hstatus", hstatus, words.of("hstatus", hstatus)),
    ]


def vcpu(argument: str) -> list[str]:
    found = vms()
    vm = choose(found, argument)
    lines = [f"vm {vm.name}: {_where(vm)}"]
    if (
        vm.entered
        and not vm.running
        and register("sscratch") == int(vm.vcpu.address or 0)
    ):
        lines.append(
            "  in the middle of the switch: some registers are still the hart's"
        )
    lines += _gprs(vm) + _moves_on_exit(vm)
    lines += [_csr(vm, name) for name in _CSRS]
    hgatp = vm.csr("hgatp")
    lines.append(_line("hgatp", hgatp, words.of("hgatp", hgatp)))
    root = int(vm.value["npt"]["root"])
    if root and hgatp >> 60 == 0:
        lines.append(f"             but this VM has a G-stage table at 0x{root:x}")
    lines.append(_csr(vm, "henvcfg"))
    if not vm.hart or has_register("vstimecmp"):  # QEMU 7.2 hides it from gdb
        lines.append(_csr(vm, "vstimecmp"))
    lines.append(_line("htimedelta", int(vm.vcpu["htimedelta"])))
    return lines + _last_exit(vm)


def exits(argument: str) -> list[str]:
    """Per VM: how often each cause ended a run of the guest."""
    found, lines = vms(), []
    for vm in [choose(found, argument)] if argument else found:
        counts = vm.vcpu["counts"]
        lines.append(f"vm {vm.name}: {_STATES.get(int(vm.value['state']), '?')}")
        each = [(int(counts["exits"][i]), i) for i in range(64)]
        for count, i in sorted(each, reverse=True):
            if count:
                lines.append(f"  {count:>12} {cause_words(i % 32, i >= 32)}")
        total = sum(count for count, _ in each)
        lines.append(f"  {total:>12} exits in all")
        for name, said in (
            ("interrupts", "interrupts raised for it"),
            ("turns", "turns on the hart"),
        ):
            if int(counts[name]):
                lines.append(f"  {int(counts[name]):>12} {said}")
    return lines


def show(argument: str) -> None:
    """`print` of an expression of the hypervisor, in either world."""
    hypervisor()
    with physical():
        gdb.execute(f"print {argument}")
