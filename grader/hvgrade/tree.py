"""Where a grading builds, and with which compilers."""

import os
from dataclasses import dataclass
from pathlib import Path

CC = "riscv64-unknown-elf-gcc"
HOST_CC = "gcc"


@dataclass(frozen=True)
class Tree:
    """Where a grading builds."""

    kit: Path
    build: str  # make's BUILD, as the user gave it
    work: Path  # OUT/LAB: holds submission/ and out/

    @property
    def submission(self) -> Path:
        return self.work / "submission"

    @property
    def out(self) -> Path:
        return self.work / "out"

    @property
    def log(self) -> Path:
        return self.work / "build.log"

    @property
    def vms(self) -> Path:
        return self.kit / self.build / "vms"


def environment() -> dict[str, str]:
    """Nothing of the caller's make or compiler settings reaches a build."""
    names = "PATH", "HOME", "TMPDIR", "HVLAB_CACHE", "XDG_CACHE_HOME", "DEBIAN_MIRROR"
    return {k: os.environ[k] for k in names if k in os.environ} | {"LC_ALL": "C"}
