"""The machine behind gdb: its hart, its memory, the structs of the hypervisor.

While a guest runs (V = 1), QEMU gives gdb the memory as the guest sees it, and
the guest's trap CSRs under the names of the supervisor's: `stvec` is then the
value of vstvec, and `vstvec` itself an old one. physical() and csr() take care
of both.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import gdb

VS_CSRS = ("status", "tvec", "scratch", "epc", "cause", "tval", "atp")
_MODES = {0: "U-mode", 1: "HS-mode", 3: "M-mode"}
RAM = 0x8000_0000  # QEMU virt: below are devices, and reading may change them


class Problem(Exception):
    """One line for the user: what cannot be done, and why."""


def connected() -> None:
    """Problem, if there is no stopped machine to look at."""
    thread = gdb.selected_thread()
    if thread is None or not thread.is_valid():
        raise Problem("no machine: type `make qemu-gdb` in another terminal first")
    if thread.is_running():
        raise Problem("the machine runs: stop it with Ctrl-C")


@contextmanager
def physical() -> Iterator[None]:
    """Memory is the machine's own meanwhile, whatever the hart's tables say."""
    gdb.execute("maint packet Qqemu.PhyMemMode:1", to_string=True)
    try:
        yield
    finally:
        gdb.execute("maint packet Qqemu.PhyMemMode:0", to_string=True)


def read(address: int, size: int = 8) -> int | None:
    """A number at a host-physical address; None where there is no memory."""
    if address < RAM:
        return None
    return read_device(address, size)


def read_device(address: int, size: int) -> int | None:
    try:
        memory = gdb.selected_inferior().read_memory(address, size)
    except gdb.error:
        return None
    return int.from_bytes(bytes(memory), "little")


@dataclass(frozen=True)
class Hart:
    """What the hart is doing now."""

    virtual: bool  # V = 1: a guest runs
    privilege: int

    @property
    def mode(self) -> str:
        if self.virtual:
            return "VS-mode" if self.privilege == 1 else "VU-mode"
        return _MODES[self.privilege]

    @staticmethod
    def now() -> "Hart":
        # The register "priv" has V only in newer QEMUs, above the privilege.
        text = gdb.execute("monitor info registers", to_string=True)
        virtual = re.search(r"^\s*V\s*=\s*1", text, re.M)
        return Hart(bool(virtual), register("priv") & 3)

    def csr(self, name: str) -> int:
        """A CSR of the guest or the hypervisor, by its own name."""
        if self.virtual and name[:2] == "vs" and name[2:] in VS_CSRS:
            return register(name[1:])
        return register(name)


def register(name: str) -> int:
    try:
        value = gdb.newest_frame().read_register(name)
        return int(value) & (1 << 64) - 1
    except (ValueError, gdb.error):
        raise Problem(f"this QEMU shows gdb no register {name}") from None


def has_register(name: str) -> bool:
    try:
        register(name)
    except Problem:
        return False
    return True


# ---- the hypervisor's own symbols ----------------------------------------------


def hypervisor() -> Any:
    """The objfile of the hypervisor: it has the VMs."""
    for objfile in gdb.objfiles():
        if objfile.lookup_global_symbol("vm_count"):
            return objfile
    raise Problem("no symbols of the hypervisor: `make gdb` loads them")


def variable(name: str) -> Any:
    """A variable of the hypervisor, or None. To be read within physical()."""
    objfile = hypervisor()
    symbol = objfile.lookup_global_symbol(name) or objfile.lookup_static_symbol(name)
    return symbol.value() if symbol else None


def needed(name: str) -> Any:
    value = variable(name)
    if value is None:
        raise Problem(f"the hypervisor has no variable {name}")
    return value


def text(value: Any) -> str:
    """A char array, up to its end."""
    low, high = value.type.range()
    raw = bytes(int(value[i]) & 0xFF for i in range(low, high + 1))
    return raw.split(b"\0")[0].decode(errors="replace")


def cause_words(cause: int, interrupt: bool) -> str:
    """As the hypervisor's own cause_name (trap.c) says it."""
    names = variable("interrupt_names" if interrupt else "exception_names")
    kind = "interrupt" if interrupt else "cause"
    if names is None or cause > names.type.range()[1] or int(names[cause]) == 0:
        return f"{kind} {cause}"
    return str(names[cause].string())


# ---- VMs -----------------------------------------------------------------------


@dataclass(frozen=True)
class Vm:
    """A VM, read once; `hart` is where its state is, or None: in memory."""

    name: str
    value: Any  # struct vm
    vcpu: Any  # struct vcpu
    hart: Hart | None  # its VS CSRs and hgatp are there
    running: bool  # it runs right now, V = 1
    entered: bool  # the hypervisor is between two of its turns, for it

    def csr(self, name: str) -> int:
        """One of the CSRs that move when another vCPU takes the hart."""
        if self.hart:
            return self.hart.csr(name)
        if name == "hgatp":
            return hgatp_of(self.value)
        return int(self.vcpu[name])


def hgatp_of(vm: Any) -> int:
    """What must be in hgatp for this VM, from its struct npt."""
    root = int(vm["npt"]["root"])
    if root == 0:
        return 0
    return 8 << 60 | (int(vm["npt"]["vmid"]) & 0x3FFF) << 44 | root >> 12


def vms() -> list[Vm]:
    """All of them. Problem, if there are none yet."""
    count = int(needed("vm_count"))
    limit = needed("vms").type.range()[1] + 1
    if not 0 < count <= limit:
        raise Problem(
            "no VM yet: the hypervisor has not built one"
            if count == 0
            else "vm_count is nonsense: is this the hypervisor that runs?"
        )
    hart, this = Hart.now(), needed("harts")[0]
    vcpu, loaded = int(this["vcpu"]), int(this["loaded"])
    found = []
    for i in range(count):
        value = needed("vms")[i]
        address = int(value["vcpus"][0].address)
        value.fetch_lazy()
        has = address == (loaded or vcpu)
        inside = address == vcpu
        found.append(
            Vm(
                text(value["name"]),
                value,
                value["vcpus"][0],
                hart if has else None,
                inside and hart.virtual,
                inside,
            )
        )
    return found


def running_vm() -> str:
    """The name of the VM that runs right now (V = 1), or ""."""
    if not Hart.now().virtual:
        return ""
    with physical():
        vcpu = needed("harts")[0]["vcpu"]
        if int(vcpu) == 0:
            return ""
        return text(vcpu["vm"]["name"])


def choose(found: list[Vm], name: str) -> Vm:
    """The VM of that name or number; without one, whose turn it is."""
    if name:
        for i, vm in enumerate(found):
            if name in (vm.name, str(i)):
                return vm
        names = ", ".join(vm.name for vm in found)
        raise Problem(f"there is no VM {name}: {names}")
    for vm in found:
        if vm.entered:
            return vm
    return next((vm for vm in found if vm.hart), found[0])
