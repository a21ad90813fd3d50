"""The figures that `make bench` measures: their goals, and what others reach.

Those of Bao, Xvisor and KVM (Linux 6.12 under a minimal monitor) were counted on
QEMU 7.2 in the same way: one hart, -icount shift=0, 20,000 repetitions.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """A figure: its goal, and what is published of others."""

    key: str
    title: str
    goal: float | None = None
    bao: float | None = None
    xvisor: float | None = None
    kvm: float | None = None
    unit: str = ""  # instructions


ROWS = (
    Row("call", "SBI BASE.get_spec_version", 150, 240, 737, 1939),
    Row("probe", "SBI BASE.probe_extension"),
    Row("set_timer", "SBI set_timer", 160, 239, 757, 2009),
    Row("set_timer_sstc", "the same, Sstc granted"),
    Row("stimecmp", "write stimecmp, Sstc granted"),
    Row("load", "emulated load, 8 bytes", 220, 277, 1132, 6278),
    Row("load_1", "emulated load, 1 byte", 220),
    Row("store", "emulated store, 8 bytes", 220, 292, 1136, 6671),
    Row("store_1", "emulated store, 1 byte", 220),
    Row("touch_4k", "first touch of 4 KiB (1)", 600),
    Row("touch_2m", "first touch of 2 MiB (1)", 600),
    Row("deadline", "deadline to handler (2)", 250, 324, 3499, 23800),
    Row("deadline_sstc", "the same, Sstc granted"),
    Row("claim_none", "PLIC claim, none pending", 260, 27085, 1557),
    Row("claim", "PLIC claim, one pending", 300, 27102, 2046),
    Row("complete", "PLIC complete", 300, 13755, 1312),
    Row("uart", "UART to handler (3)", 1000, 13670, 3550),
    Row("vuart", "the same, UART emulated"),
    Row("switch", "switch of two VMs", 900),
    Row("switch_fp", "the same, both using FP"),
    Row("doorbell", "doorbell, there and back"),
    Row("multi", "what h5 adds to a call (4)", 10),
    Row("boot", "boot to the first line (5)", 500_000, 500_000, 64e6),
)
LINUX_ROWS = (
    Row("init", "Linux to /init (6)", 0.95, 1.00, 1.04, unit="s"),
    Row("init_bare", "the same, bare metal", unit="s"),
    Row("init_ratio", "the same, times bare metal", 1.03, unit="x"),
    Row("off", "Linux to power-off", unit="s"),
    Row("off_bare", "the same, bare metal", unit="s"),
)
NOTES = (
    "1 beyond zeroing it, which is the work itself",
    "2 QEMU alone is up to 99 late, as the line below it shows",
    "3 from the write that makes it pull its wire; it is passed through",
    "4 beyond the same call on lab h4",
    "5 before the guest's own first instruction",
    "6 by the guest's clock; bare metal is QEMU's OpenSBI and device tree",
)
