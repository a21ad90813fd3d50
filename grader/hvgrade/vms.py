"""The VMs of a run, packed for the hypervisor as `make qemu` does it."""

import functools
import importlib.util
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType

from .lab import KIT
from .verdict import Infrastructure


@dataclass(frozen=True)
class Vm:
    """A guest to boot, with what changes in its directory for this run."""

    name: str
    bootargs: Mapping[str, object] = field(default_factory=dict)
    set: Mapping[tuple[str, str], object] = field(default_factory=dict)
    files: Mapping[str, bytes] = field(default_factory=dict)  # "pflash"
    program: str = ""  # the guest's folder, if several VMs run the same

    @property
    def folder(self) -> str:
        return self.program or self.name


@dataclass(frozen=True)
class Setup:
    """What every run of a session shares."""

    qemu: str
    hv: Path
    vms: Path  # the folder of the VM directories of the lab
    kit: Path = KIT


@functools.cache
def _packer(kit: Path) -> ModuleType:
    """The kit's common/hv/mkvm.py: to start Python anew for each run costs more."""
    spec = importlib.util.spec_from_file_location("mkvm", kit / "common/hv/mkvm.py")
    assert spec and spec.loader
    module = sys.modules["mkvm"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def pack_vms(setup: Setup, vms: Sequence[Vm], output: Path) -> None:
    """The VMs of a run as one cpio, with their boot arguments and changes."""
    mkvm = _packer(setup.kit)
    folders, edits = [], {}
    for vm in vms:
        folder = setup.vms / vm.folder
        if not folder.is_dir():
            raise Infrastructure(f"there is no VM {vm.folder!r} in {setup.vms}")
        if vm.program:  # a VM is named after its folder
            link = output.with_name("vms") / vm.name
            link.parent.mkdir(exist_ok=True)
            link.symlink_to(folder.resolve())
            folder = link
        folders.append(folder)
        words = [f"{key}={value}" for key, value in vm.bootargs.items()]
        properties = [(*place, str(value)) for place, value in vm.set.items()]
        files = {name: output.with_name(f"{vm.name}.{name}") for name in vm.files}
        for name, path in files.items():
            path.write_bytes(vm.files[name])
        edits[vm.name] = mkvm.Edits(" ".join(words) or None, properties, files)
    try:
        mkvm.pack(output, folders, setup.hv, edits)
    except mkvm.VmError as error:
        raise Infrastructure(f"mkvm: {error}") from error
