"""What one grading of one lab is about: written by grade.py, read by the plugin."""

import json
import re
from dataclasses import asdict, dataclass
from pathlib import Path

from .lab import Lab, load_lab
from .vms import Setup


@dataclass(frozen=True)
class Session:
    kit: str
    toml: str  # lab.toml
    hv: str  # hv.elf; "" if there are only unit tests to run
    vms: str  # the folder of the lab's VM directories
    out: str  # the run's folders go to OUT/logs/LAB/TEST
    qemu: str
    seed: int
    tests: list[str]  # the tests to run
    linux: str = ""  # why there is no Linux VM, if there is none
    traced: bool = False  # hv was built for tracing: see trace.py
    driver: str = ""  # the pure files with their driver, for unit tests

    def save(self, path: Path) -> None:
        path.write_text(json.dumps(asdict(self), indent=1) + "\n")

    @staticmethod
    def load(path: Path) -> "Session":
        return Session(**json.loads(path.read_text()))

    @property
    def setup(self) -> Setup:
        return Setup(self.qemu, Path(self.hv), Path(self.vms), Path(self.kit))

    @property
    def lab(self) -> Lab:
        return load_lab(Path(self.toml))


def log_dir(out: Path, lab: str, test: str) -> Path:
    """The folder of a test's logs."""
    return out / "logs" / lab / test_folder(test)


def test_folder(test: str) -> str:
    """test_x[a] becomes test_x-a."""
    return re.sub(r"[^\w.]+", "-", test).strip("-")
