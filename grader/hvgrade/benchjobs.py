"""What `make bench` boots: one job per measurement of the guest bench."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .machine import Vm
from .several import DOORBELL, memory

LAB, BEFORE = "h5", "h4"
RAM_BASE = 0xA0000000
MIB = 1 << 20
SSTC = {("/cpus/cpu@0", "riscv,isa"): "rv64imafdc_sstc"}
SLICE = "slice=1"  # millisecond: to see many switches in little time
VMS = (1, 2, 4, 8, 16)
RAM = (16, 64, 256, 512)  # MiB


@dataclass(frozen=True)
class Job:
    """One boot. The figures are called as the guest calls them, then renamed."""

    name: str
    vms: Sequence[Vm]
    names: Mapping[str, str] = field(default_factory=dict)
    append: str = ""
    lab: str = LAB


def guest(name: str, what: str = "", **more: Any) -> Vm:
    """A VM that measures; more: set, program, and boot arguments."""
    properties, program = more.pop("set", {}), more.pop("program", "bench")
    return Vm(name, {"do": what, **more}, properties, program=program)


def alone(what: str, name: str = "", **more: Any) -> Job:
    names = {what: name} if name else {}
    return Job(name or what or "boot", [guest("bench", what, **more)], names)


def pair(what: str, name: str, **more: Any) -> Job:
    """Two VMs, each the other's peer."""
    vms = []
    for me, peer in (("a", "b"), ("b", "a")):
        number = "ab".index(me)
        vms.append(guest(me, what, me=number, set={DOORBELL: peer}, **more))
    return Job(name, vms, append=SLICE)


def jobs(seed: int) -> list[Job]:
    """Every measurement, but for Linux and for how cost grows."""
    found = [alone(what) for what in ("", "call", "probe", "set_timer")]
    found += [
        alone("set_timer", "set_timer_sstc", set=SSTC),
        alone("stimecmp", set=SSTC),
        alone("deadline", seed=seed, timer="sbi"),
        alone("deadline", "deadline_sstc", seed=seed, set=SSTC),
        alone("touch"),
        alone("claim_none"),
        alone("uart", "vuart"),
    ]
    found += [alone(what, program="mmio") for what in ("load", "store", "byte")]
    found += [alone(what, program="devices") for what in ("claim", "uart")]
    found += [
        pair("turns", "switch"),
        pair("turns", "switch_fp", fp=1),
        pair("doorbell", "doorbell"),
    ]
    before = guest("bench", "call")
    return [*found, Job("before", [before], {"call": "before"}, lab=BEFORE)]


def sleepers(n: int) -> list[Vm]:
    return [guest(f"sleep{i}", "sleep") for i in range(n)]


def growth_jobs() -> list[Job]:
    """One VM measures, and the others sleep with a deadline; or all of them run."""
    found = []
    for n in VMS:
        for what in ("", "call", "set_timer"):
            vms = [guest("bench", what), *sleepers(n - 1)]
            found.append(Job(f"vms {what or 'boot'} {n}", vms))
        if n > 1:
            vms = [guest(f"vm{i}", "turns", n=6) for i in range(n)]
            found.append(Job(f"vms switch {n}", vms, append=SLICE))
    for size in RAM:
        for what in ("", "call", "touch"):
            vm = guest("bench", what, set=memory(size * MIB + (64 << 10), RAM_BASE))
            found.append(Job(f"ram {what or 'boot'} {size}", [vm]))
    for n in (1, 2, 32, 127):
        for what in ("claim_none", "claim"):
            vm = guest("bench", what, sources=n)
            found.append(Job(f"sources {what} {n}", [vm]))
    return found
