"""What a hypervisor that was built for tracing has noted: common/hv/trace.

The machine's memory is a file that has no name, so that it outlives QEMU
however that ended. What matters of it is kept as a small file in the run's
folder: a line of JSON, and behind it the records, oldest first.
"""

import json
import os
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import IntEnum, auto
from pathlib import Path
from typing import Any, NamedTuple

from ..verdict import Infrastructure

RAM_BASE = 0x80000000
_RECORD = struct.Struct("<QBBHxxxxQQ")
_VM_MAX, _NAME_SIZE = 16, 32  # common/include/vm.h: struct vm begins with its name
_UNITS = {"K": 10, "M": 20, "G": 30}


class What(IntEnum):
    """enum trace_what of common/hv/trace/trace.c."""

    NOTHING = 0
    ENTER = auto()
    EXIT = auto()
    TURN = auto()
    TURN_OVER = auto()
    IDLE = auto()
    IDLE_OVER = auto()
    WAIT = auto()
    WAIT_OVER = auto()
    RAISE = auto()
    LOWER = auto()
    CLAIM = auto()
    COMPLETE = auto()
    LINE_HIGH = auto()
    LINE_LOW = auto()
    VCLAIM = auto()
    VCOMPLETE = auto()


class Record(NamedTuple):
    when: int  # instructions; tracing itself is left out
    what: int
    vm: int  # 255: none
    number: int
    at: int
    detail: int


@dataclass(frozen=True)
class Ring:
    """The records that are left, oldest first."""

    vms: list[str]  # names, in the order of their numbers
    lost: int  # records that were written over
    own: int  # instructions of tracing itself, which no record counts
    records: list[Record]
    # And of the run that it is from:
    hv: str = ""
    kernels: dict[str, str] = field(default_factory=dict)
    budget: int = 0  # instructions
    status: int | None = None  # QEMU's
    killed: str = ""  # why, if it was us


def memory_size(text: str) -> int:
    """Bytes, from QEMU's -m: "1G"."""
    found = re.fullmatch(r"(\d+)([KMG]?)", text)
    if not found:
        raise Infrastructure(f"not a size of memory: {text!r}")
    return int(found[1]) << _UNITS.get(found[2], 20)


def new_memory(size: str) -> int:
    """A file without a name that will be a machine's memory: its descriptor."""
    fd = os.memfd_create("memory")
    os.ftruncate(fd, memory_size(size))
    return fd


def options(fd: int, size: str) -> list[str]:
    """QEMU's options for a machine whose memory is that file."""
    backend = f"memory-backend-file,id=ram,size={size},share=on"
    memory = f"{backend},mem-path=/proc/self/fd/{fd}"
    return ["-object", memory, "-machine", "memory-backend=ram"]


class _Memory:
    """The machine's memory, by the names of hv.elf."""

    def __init__(self, fd: int, hv: Path) -> None:
        from elftools.elf.elffile import ELFFile  # slow to import, rarely needed

        self.fd = fd
        with hv.open("rb") as file:
            table = ELFFile(file).get_section_by_name(".symtab")
            self._symbols = {
                symbol.name: (symbol["st_value"], symbol["st_size"])
                for symbol in table.iter_symbols()
            }

    def read(self, name: str, offset: int = 0, size: int | None = None) -> bytes:
        if name not in self._symbols:
            raise Infrastructure(f"hv.elf has no {name}: it was not built for tracing")
        at, whole = self._symbols[name]
        length = whole - offset if size is None else size
        return os.pread(self.fd, length, at - RAM_BASE + offset)

    def size(self, name: str) -> int:
        return int(self._symbols[name][1])


def _names(memory: _Memory) -> list[str]:
    """struct vm vms[]; a name that was written over ends the list."""
    each = memory.size("vms") // _VM_MAX
    names = []
    for i in range(_VM_MAX):
        raw = memory.read("vms", i * each, _NAME_SIZE).partition(b"\0")[0]
        if not re.fullmatch(rb"[\x21-\x7e]+", raw):
            break
        names.append(raw.decode())
    return names


def save(fd: int, hv: Path, path: Path, **run: Any) -> None:
    """Keeps the ring of a machine that has ended, with what is known of the run."""
    memory = _Memory(fd, hv)
    count = int.from_bytes(memory.read("trace_count"), "little")
    records = memory.read("trace_ring")
    room = len(records) // _RECORD.size
    if count > room:
        oldest = count % room * _RECORD.size
        records = records[oldest:] + records[:oldest]
    own = int.from_bytes(memory.read("trace_own"), "little")
    head = {"vms": _names(memory), "lost": max(0, count - room), "own": own}
    head |= {"hv": str(hv), **run}
    kept = records[: min(count, room) * _RECORD.size]
    path.write_bytes(json.dumps(head).encode() + b"\n" + kept)


def _records(raw: bytes) -> Iterator[Record]:
    whole = len(raw) // _RECORD.size * _RECORD.size
    for when, what, vm, number, at, detail in _RECORD.iter_unpack(raw[:whole]):
        if What.NOTHING < what <= What.VCOMPLETE:  # else a guest wrote over it
            yield Record(when, what, vm, number, at, detail)


def load(path: Path) -> Ring:
    """What save() has kept."""
    head, _, raw = path.read_bytes().partition(b"\n")
    return Ring(**json.loads(head), records=list(_records(raw)))
