"""Lab h2, task 7, on this machine: mmio.c and mmio.h against a bus in a few lines."""

from collections.abc import Sequence
from dataclasses import dataclass

from hypothesis import strategies as st

from hvgrade.unit import Call, Unit

VM_DEVICES = 8  # common/include/vm.h
TOP = 1 << 64
RAM, RAM_SIZE = 0x80000000, 0x1000000
READ, WRITE = 1, 2


@dataclass(frozen=True)
class Device:
    base: int
    size: int
    widths: int = 15
    handlers: int = READ | WRITE

    def command(self, verb: str, number: int) -> str:
        numbers = (self.base, self.size, self.widths, self.handlers, number)
        return f"{verb} " + " ".join(f"{n:x}" for n in numbers)

    @property
    def words(self) -> str:
        words = f"[{self.base:#x}, +{self.size:#x})"
        if self.widths != 15:
            words += f", widths {self.widths}"
        kinds = {0: ", no handler", READ: ", read only", WRITE: ", write only"}
        return words + kinds.get(self.handlers, "")

    def meets(self, base: int, size: int) -> bool:
        return self.base < base + size and base < self.base + self.size


def why_not(device: Device, added: Sequence[Device]) -> str:
    """Why the bus refuses the device, or ""."""
    if device.size == 0:
        return "its range is empty"
    if device.base + device.size > TOP:
        return "its range wraps"
    if device.meets(RAM, RAM_SIZE):
        return "it overlaps the RAM"
    if any(device.meets(other.base, other.size) for other in added):
        return "it overlaps another device"
    return "the bus is full" if len(added) == VM_DEVICES else ""


def ends_below_the_top(device: Device) -> bool:
    """Not at 2^64 itself: what that means is left open."""
    return device.base + device.size != TOP


EDGES = (0, 0x1000, 0x1FF0, 0x2000, RAM - 0x1000, RAM, RAM + RAM_SIZE, TOP - 0x1000)
BASES = [edge + step for step in (0, 1, 4, 0x800) for edge in EDGES]
SIZES = [1, 0, 4, 0x10, 0xFF0, 0x1000, 0x1001, 0x2000, 0x1000000]

_START = Call(f"bus {RAM:x} {RAM_SIZE:x}", f"RAM at {RAM:#x}, +{RAM_SIZE:#x}")


def test_bus_refuses_what_overlaps(unit: Unit) -> None:
    def body(devices: list[Device]) -> None:
        calls, did, added = [_START], [""], list[Device]()
        for number, device in enumerate(devices):
            words = f"mmio_add({device.words})"
            calls.append(Call(device.command("plug", number), words))
        answers = unit.ask(calls, likely="h2.7: vm->devices has VM_DEVICES places")
        for index, device in enumerate(devices, 1):
            got, count, kept = map(int, answers[index])
            reason = why_not(device, added)
            added += [] if reason else [device]
            did.append("true" if got else "false")
            if (got, count, kept) == (not reason, len(added), 1):
                continue
            expected = f"false: {reason}" if reason else "true"
            if got == (not reason):
                did[-1] += f", device_count {count}, the devices are kept: {bool(kept)}"
                expected += f", device_count {len(added)}, the devices are kept"
            expected = f"{calls[index].words} -> {expected}"
            likely = (
                "h2.7: two ranges overlap if each begins before the other ends; the "
                "device is copied to vm->devices; neighbours do not overlap"
            )
            unit.fail(calls[: index + 1], did, expected, likely=likely)

    devices = st.builds(Device, st.sampled_from(BASES), st.sampled_from(SIZES))
    whole = devices.filter(ends_below_the_top)
    page = Device(0x1000, 0x1000)
    row = [Device(0x1000 * n, 0x1000) for n in range(1, 12)]
    examples = [
        row,
        [page, page],
        [
            page,
            Device(0x1FFF, 1),
            Device(0x1000, 1),
            Device(0x2000, 1),
            Device(0xFFF, 1),
        ],
        [
            page,
            Device(0x1FFF, 2),
            Device(0xFFF, 2),
            Device(0, 0x3000),
            Device(0, 0x1000),
        ],
        [Device(0x1100, 0x100), page],
        [Device(0x1000, 0)],
        [Device(TOP - 0x1000, 0x1001), Device(TOP - 1, 2), Device(0x1000, TOP - 1)],
        [
            Device(RAM, RAM_SIZE),
            Device(RAM + 8, 8),
            Device(RAM - 1, 2),
            Device(RAM - 1, 1),
        ],
        [Device(RAM + RAM_SIZE - 1, 1), Device(RAM + RAM_SIZE, 1), Device(0, 2 * RAM)],
    ]
    unit.check(st.lists(whole, min_size=1, max_size=12), body, examples=examples)


@dataclass(frozen=True)
class Access:
    gpa: int
    width: int
    store: bool = False
    value: int = 0x1122334455667788
    content: int = 0xA1A2A3A4A5A6A7A8  # of the device

    @property
    def call(self) -> Call:
        numbers = (self.gpa, self.store, self.width, self.value, self.content)
        kind = "store" if self.store else "load"
        words = f"mmio_access(gpa={self.gpa:#x}, {kind} of {self.width})"
        return Call("access " + " ".join(f"{n:x}" for n in numbers), words)


def expected_access(devices: Sequence[Device], access: Access) -> tuple[str, str]:
    """The call of a handler that is right, or "" and why there is none."""
    for number, device in enumerate(devices):
        offset = access.gpa - device.base
        if not 0 <= offset < device.size:
            continue
        if not device.widths & access.width:
            return "", "the device does not take this width"
        if offset + access.width > device.size:
            return "", "the access crosses the end of the device"
        if not device.handlers & (WRITE if access.store else READ):
            return "", "the device has no handler for this direction"
        name = "write" if access.store else "read"
        low = (1 << 8 * access.width) - 1
        value = f", value={access.value & low:#x}" if access.store else ""
        call = f"{name} of device {number}: offset={offset:#x}, width={access.width}"
        return call + value, ""
    return "", "there is no device"


Spot = tuple[int, int]
Shape = tuple[int, int, int, int]
Order = tuple[Spot, int, bool, int, int]
Case = tuple[list[Device], list[Access]]


def near(shapes: list[Shape], orders: list[Order]) -> Case:
    """Devices with few gaps or none, and accesses around their ends."""
    devices, base = list[Device](), 0x1000
    for gap, size, widths, handlers in shapes:
        devices.insert(len(devices) // 2, Device(base + gap, size, widths, handlers))
        base += gap + size
    edges = [edge for d in devices for edge in (d.base, d.base + d.size)]
    accesses = [
        Access(edges[index % len(edges)] + step, width, store, value, content)
        for (index, step), width, store, value, content in orders
    ]
    return devices, accesses


def test_access_goes_to_the_right_device(unit: Unit) -> None:
    def body(case: Case) -> None:
        devices, accesses = case
        given = [
            Call(device.command("device", number), f"device {number}: {device.words}")
            for number, device in enumerate(devices)
        ]
        setup = [_START, *given]
        calls = [access.call for access in accesses]
        answers = unit.ask(setup + calls, likely="h2.7: mmio_access")[len(setup) :]
        for access, call, answer in zip(accesses, calls, answers, strict=True):
            done, value, count, kind, number, offset, width, written = answer
            low = (1 << 8 * access.width) - 1
            got = ""
            if kind != "-":
                got = f"{'read' if kind == 'r' else 'write'} of device "
                got += f"{int(number, 16)}: offset=0x{offset}, width={width}"
                got += f", value={int(written, 16) & low:#x}" * (kind == "w")
            want, why = expected_access(devices, access)
            did = "true" if int(done) else "false"
            did += f"; {got or 'no handler called'}"
            expected = f"true; {want}" if want else f"false; no handler called: {why}"
            right = (int(done), int(count), got) == (bool(want), bool(want), want)
            if want and not access.store:
                loaded, content = int(value, 16) & low, access.content & low
                did += f"; *value = {loaded:#x}"
                expected += f"; *value = {content:#x}"
                right = right and loaded == content
            if right:
                continue
            likely = (
                "h2.7: offset = gpa - base; the width is one bit of device->widths; "
                "read or write may be NULL; the last byte is inside too"
            )
            shown = [*["" for _ in setup], did]
            expected = f"{call.words} -> {expected}"
            unit.fail([*setup, call], shown, expected, likely=likely)

    byte, uart = Device(0x1000, 0x1001), Device(0x3000, 0x10, widths=1)
    silent, mute = Device(0x4000, 8, handlers=WRITE), Device(0x5000, 8, handlers=READ)
    accesses = [
        Access(gpa + step, width, store)
        for gpa in (0x1000, 0x2000, 0x3000, 0x3010, 0x4000, 0x4008, 0x5000, 0x5008)
        for step in (-8, -4, -2, -1, 0, 1)
        for width in (1, 2, 4, 8)
        for store in (False, True)
    ]
    row = [Device(0x1000, 0x1000), Device(0x2000, 0x1000)]
    examples: list[Case] = [
        ([], accesses[:1]),
        ([byte, uart, silent, mute], accesses),
        (row, [Access(0x2000, 4), Access(0x1FFC, 4), Access(0x1FFE, 4)]),
        (row[::-1], [Access(0x1FFC, 4), Access(0x2000, 4)]),
    ]
    sizes, gaps = st.sampled_from([1, 2, 4, 7, 8, 0x1000]), st.sampled_from([0, 0, 1])
    widths = st.sampled_from([15, 15, 1, 4, 8, 5, 12])
    handlers = st.sampled_from([3, 3, READ, WRITE, 0])
    spots = st.tuples(
        st.integers(0, 2 * VM_DEVICES), st.sampled_from([0, 0, 0, -1, -2, -4, -8])
    )
    words = st.integers(0, TOP - 1)
    shapes = st.lists(st.tuples(gaps, sizes, widths, handlers), min_size=1, max_size=6)
    orders = st.tuples(
        spots, st.sampled_from([1, 2, 4, 8]), st.booleans(), words, words
    )
    inputs = st.builds(near, shapes, st.lists(orders, min_size=1, max_size=8))
    unit.check(inputs, body, examples=examples)
