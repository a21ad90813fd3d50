"""What `make qemu-gdb` wrote down: QEMU's socket, the hypervisor, the VMs."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_LOAD = 1  # p_type of a segment that is loaded


@dataclass(frozen=True)
class Session:
    socket: Path
    hypervisor: Path
    vms: dict[str, Path]  # by name, the folder


def read_session(path: Path) -> Session:
    """OSError or ValueError: there is none."""
    socket, hypervisor, *vms = path.read_text().split("\n")[:-1]
    folders = [Path(vm) for vm in vms]
    return Session(Path(socket), Path(hypervisor), {p.name: p for p in folders})


def _segments(elf: bytes) -> Iterator[range]:
    (offset,) = struct.unpack_from("<Q", elf, 0x20)
    size, count = struct.unpack_from("<HH", elf, 0x36)
    for i in range(count):
        at = offset + i * size
        (kind,) = struct.unpack_from("<I", elf, at)
        start, _, _, length = struct.unpack_from("<4Q", elf, at + 0x10)
        if kind == _LOAD:
            yield range(start, start + length)


def loaded_at(path: Path) -> list[range] | None:
    """The addresses of a 64-bit ELF program; None if it is no such file."""
    content = path.read_bytes()
    if content[:5] != b"\x7fELF\x02":
        return None
    return list(_segments(content))
