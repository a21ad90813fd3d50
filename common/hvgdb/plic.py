"""hv plic [VM]: the PLIC that a VM has in software, and the machine's own."""

from typing import Any

import gdb

from .machine import Vm, choose, hypervisor, needed, read_device, text, variable, vms

_VSEIP = 1 << 10
_PRIORITY, _PENDING, _ENABLE, _CONTEXT = 0x0, 0x1000, 0x2000, 0x200000  # plic.h
_SOURCES = 128


def _bit(words: Any, source: int) -> bool:
    return bool(int(words[source // 64]) >> source % 64 & 1)


def _best(plic: Any) -> int:
    """What vplic_best (lab h4) has to return for context 0."""
    best, highest = 0, int(plic["threshold"][0])
    for source in range(1, _SOURCES):
        if _bit(plic["pending"], source) and _bit(plic["enable"][0], source):
            if int(plic["priority"][source]) > highest:
                best, highest = source, int(plic["priority"][source])
    return best


def _devices(vm: Vm) -> dict[int, str]:
    found = {}
    for i in range(int(vm.value["device_count"])):
        device = vm.value["devices"][i]
        if int(device["source"]) and int(device["name"]):
            found[int(device["source"])] = str(device["name"].string())
    return found


def _yes(*flags: bool) -> str:
    return " ".join(f"{'yes' if flag else '-':>8}" for flag in flags)


_HEAD = f"  {'source':>6} {'priority':>8} {'enabled':>8} {'pending':>8}"


def _virtual(vm: Vm) -> list[str]:
    plic, devices = vm.value["vplic"], _devices(vm)
    lines = [f"vm {vm.name}: threshold {int(plic['threshold'][0])}"]
    rows = []
    for source in range(1, _SOURCES):
        priority = int(plic["priority"][source])
        names = (plic["enable"][0], plic["pending"], plic["claimed"], plic["line"])
        flags = [_bit(words, source) for words in names]
        if priority or any(flags) or source in devices:
            device = devices.get(source, "")
            row = f"  {source:>6} {priority:>8} {_yes(*flags)}  {device}"
            rows.append(row.rstrip())
    if rows:
        lines.append(f"{_HEAD} {'claimed':>8} {'line':>8}  device")
    else:
        lines.append("  nothing was ever set in it")
    best, vseip = _best(plic), bool(vm.csr("hvip") & _VSEIP)
    lines += [
        *rows,
        f"  to be claimed next: {best or 'nothing'}; VSEIP is {int(vseip)}",
    ]
    if vseip != bool(best):
        lines.append(f"  VSEIP should be {int(bool(best))}: vplic_update (lab h4)")
    return lines


def _owners() -> dict[int, str] | None:
    """By source, the VM that it is routed to, as extirq.c of lab h4 keeps it;
    None, if it does not. The reference's has no type: students get it so."""
    names = {int(needed("vms")[i].address): i for i in range(int(needed("vm_count")))}
    try:
        owner = gdb.parse_and_eval("(struct vm **)&owner")
    except gdb.error:
        return None
    found = {}
    for source in range(1, _SOURCES):
        i = names.get(int(owner[source]))
        if i is not None:
            found[source] = text(needed("vms")[i]["name"])
    return found


def _has_plic() -> bool:
    hypervisor()
    try:
        gdb.parse_and_eval("&vplic_update")
    except gdb.error:
        return False
    return True


def _machine() -> list[str]:
    base, context = variable("plic"), variable("context")
    if base is None or context is None or int(base) == 0:
        return ["the machine's PLIC: not found by the hypervisor yet"]
    at, ours = int(base), int(context)

    def word(offset: int) -> int:  # never the claim register: reading it claims
        return read_device(at + offset, 4) or 0

    owners, rows = _owners(), []
    for source in range(1, _SOURCES):
        index, bit = source // 32 * 4, 1 << source % 32
        priority = word(_PRIORITY + 4 * source)
        enabled = bool(word(_ENABLE + 0x80 * ours + index) & bit)
        pending = bool(word(_PENDING + index) & bit)
        if priority or enabled or pending or source in (owners or ()):
            owner = "" if owners is None else owners.get(source, "the hypervisor")
            rows.append(
                f"  {source:>6} {priority:>8} {_yes(enabled, pending)}  {owner}"
            )
    threshold = word(_CONTEXT + 0x1000 * ours)
    lines = [f"the machine: context {ours}, threshold {threshold}"]
    return lines + ([f"{_HEAD}  owner", *rows] if rows else ["  no source is enabled"])


def plic(argument: str) -> list[str]:
    found, lines = vms(), []
    if not _has_plic():
        return ["there is no PLIC for guests before lab h4", *_machine()]
    for vm in [choose(found, argument)] if argument else found:
        lines += _virtual(vm)
    return lines + _machine()
