#!/usr/bin/env python3
"""Pack VM directories into the newc cpio archive that the hypervisor reads.

A VM is a directory with `vm.dts`, `kernel`, and optionally `initrd` and
`pflash`. This is the host's half of the VM loader: what can be found wrong here
is reported in one line that names the file, and the exit status is 1.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Iterator, NoReturn, Sequence

import libfdt  # type: ignore[import]

OPTIONAL = ("initrd", "pflash")
NAME_MAX = 31  # VM_NAME_SIZE - 1 in vm.h
EDIT_ROOM = 4096  # bytes that edited properties may add to a device tree


class VmError(Exception):
    """Something is wrong with a VM directory: one line, with the file."""


@dataclass
class Edits:
    """Changes to one VM: boot arguments, properties of its tree, files."""

    bootargs: str | None = None
    properties: list[tuple[str, str, str]] = field(default_factory=list)
    files: dict[str, Path] = field(default_factory=dict)

    def file(self, vm: Path, name: str) -> Path:
        """Where an optional file of the VM is, if it is anywhere."""
        return self.files.get(name, vm / name)


def compile_dts(dts: Path) -> bytes:
    """Run dtc; its first complaint becomes the message of a VmError."""
    if not dts.is_file():
        raise VmError(f"{dts}: there is no such file")
    command = ["dtc", "-q", "-I", "dts", "-O", "dtb", "-o", "-", str(dts)]
    try:
        done = subprocess.run(command, capture_output=True, check=False)
    except FileNotFoundError:
        raise VmError("dtc is not installed: run ./setup.sh") from None
    if done.returncode != 0:
        lines = done.stderr.decode(errors="replace").split("\n")
        reason = next((line for line in lines if line.strip()), "dtc failed")
        where = reason.removeprefix("Error: ").removeprefix(f"{dts}:")
        raise VmError(f"{dts}: {where.strip()}")
    return done.stdout


def is_flat(dtb: bytes) -> bool:
    """Does the VM's tree say that its kernel is code without a header?"""
    try:
        libfdt.Fdt(dtb).getprop(0, "hv,flat-kernel")
    except libfdt.FdtException:
        return False
    return True


def check_kernel(kernel: Path, dtb: bytes) -> bytes:
    """Read the kernel: a RISC-V ELF-64, a Linux Image, or flat code."""
    try:
        data = kernel.read_bytes()
    except OSError as error:
        raise VmError(f"{kernel}: {error.strerror}") from None
    elf = data[:6] == b"\x7fELF\x02\x01"
    if elf and data[18:20] != b"\xf3\x00":
        raise VmError(f"{kernel}: an ELF, but not for RISC-V")
    if not elf and data[56:60] != b"RSC\x05" and not is_flat(dtb):
        raise VmError(
            f"{kernel}: neither a RISC-V ELF nor a Linux Image"
            " (flat code needs hv,flat-kernel in vm.dts)"
        )
    return data


def cells_of(text: str, old: bytes) -> bytes:
    """A new property value: a number in the old one's size, or a string."""
    try:
        number = int(text, 0)
    except ValueError:
        return text.encode() + b"\0"
    return (number % (1 << 8 * len(old))).to_bytes(len(old), "big")


def edit_tree(dts: Path, dtb: bytes, edits: Edits, has_initrd: bool) -> bytes:
    """Apply edits; make room for linux,initrd-start and -end if needed."""
    tree = libfdt.Fdt(dtb)
    tree.resize(len(dtb) + EDIT_ROOM)
    try:
        chosen = tree.path_offset("/chosen")
    except libfdt.FdtException:
        chosen = tree.add_subnode(0, "chosen")
    if edits.bootargs is not None:
        tree.setprop_str(chosen, "bootargs", edits.bootargs)
    if has_initrd:
        for name in ("linux,initrd-start", "linux,initrd-end"):
            tree.setprop(tree.path_offset("/chosen"), name, bytes(8))
    for path, name, text in edits.properties:
        try:
            node = tree.path_offset(path)
            old = bytes(tree.getprop(node, name))
        except libfdt.FdtException:
            raise VmError(f"{dts}: has no {path}:{name} to set") from None
        tree.setprop(node, name, cells_of(text, old))
    tree.pack()
    return bytes(tree.as_bytearray())


def newc(
    name: str, data: bytes, offset: int, mode: int = 0o100644, device: int = 0
) -> bytes:
    """One file of a newc archive, to stand at `offset` of it.

    The format pads to 4 bytes. A name that ends in more zeroes than it needs
    makes that 8 for the content, so that it can be copied by words. `device`
    is major << 8 | minor of a device node.
    """
    encoded = name.encode() + b"\0"
    encoded += bytes(-(offset + 110 + len(encoded)) % 8)
    fields = [offset, mode, 0, 0, 1, 0, len(data), 0, 0]
    fields += [device >> 8, device & 255, len(encoded), 0]
    header = b"070701" + b"".join(b"%08x" % value for value in fields)
    return header + encoded + data + bytes(-len(data) % 4)


def vm_files(vm: Path, edits: Edits) -> Iterator[tuple[str, bytes]]:
    """The archive's files for one VM directory."""
    if not vm.is_dir():
        raise VmError(f"{vm}: is not a directory")
    if len(vm.name) > NAME_MAX:
        raise VmError(f"{vm}: the name is longer than {NAME_MAX} letters")
    dts = vm / "vm.dts"
    has_initrd = edits.file(vm, "initrd").is_file()
    dtb = edit_tree(dts, compile_dts(dts), edits, has_initrd)
    yield f"{vm.name}/vm.dtb", dtb
    yield f"{vm.name}/kernel", check_kernel(vm / "kernel", dtb)
    for name in OPTIONAL:
        if edits.file(vm, name).is_file():
            yield f"{vm.name}/{name}", edits.file(vm, name).read_bytes()


def pack(
    output: Path,
    vms: Sequence[Path],
    hv: Path | None = None,
    edits: dict[str, Edits] | None = None,
) -> None:
    """Write the archive. `edits` is by VM name; raises VmError."""
    edits = edits or {}
    names = [vm.name for vm in vms]
    for name in names:
        if names.count(name) > 1:
            raise VmError(f"{name}: two VMs with the same name")
    for name in edits:
        if name not in names:
            raise VmError(f"{name}: no such VM among {', '.join(names)}")
    files = [("hv.elf", hv.read_bytes())] if hv else []
    for vm in vms:
        files += vm_files(vm, edits.get(vm.name, Edits()))
    files.append(("TRAILER!!!", b""))
    partial = output.with_suffix(".partial")
    with partial.open("wb") as file:
        for name, data in files:
            file.write(newc(name, data, file.tell()))
    partial.replace(output)


def fail(message: str) -> NoReturn:
    print(f"mkvm: {message}", file=sys.stderr)
    sys.exit(1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--hv", type=Path, help="the hypervisor's ELF")
    parser.add_argument(
        "--bootargs", nargs=2, action="append", default=[], metavar=("VM", "TEXT")
    )
    parser.add_argument(
        "--set",
        nargs=4,
        action="append",
        default=[],
        metavar=("VM", "NODE", "PROPERTY", "VALUE"),
    )
    parser.add_argument(
        "--file", nargs=3, action="append", default=[], metavar=("VM", "NAME", "PATH")
    )
    parser.add_argument("vms", nargs="+", type=Path, metavar="DIR")
    args = parser.parse_args()
    edits: dict[str, Edits] = {}
    for vm, text in args.bootargs:
        edits.setdefault(vm, Edits()).bootargs = text
    for vm, node, name, value in args.set:
        edits.setdefault(vm, Edits()).properties.append((node, name, value))
    for vm, name, path in args.file:
        if name not in OPTIONAL or not Path(path).is_file():
            fail(f"{path}: cannot be the file {name} of {vm}")
        edits.setdefault(vm, Edits()).files[name] = Path(path)
    try:
        pack(args.output, args.vms, args.hv, edits)
    except VmError as error:
        fail(str(error))


if __name__ == "__main__":
    main()
