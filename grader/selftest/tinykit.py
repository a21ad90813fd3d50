"""A kit in miniature, with a QEMU that is a script: the grader's own tests.

The "hypervisor" of this kit is a Python file, code.py, which make copies to
hv.elf and the false QEMU executes. It says what the machine does: say(),
trap() and off(). So every ending of a run can be had in a few lines.
"""

import sys
from collections.abc import Callable
from pathlib import Path

from hvgrade.run import Run

QEMU = (
    f"#!{sys.executable} -SE\n"
    + r"""
import os, signal, sys, time
argv = sys.argv[1:]
if argv == ["--version"]:
    print("QEMU emulator version 9.9.9 (false)")
    sys.exit(0)
def value(option):
    return argv[argv.index(option) + 1]
log = open(value("-D"), "w")
def say(*lines):
    for line in lines:
        os.write(1, (line + "\r\n").encode())
def trap(cause, epc=0, tval=0, desc="x", is_async=0):
    log.write(
        f"riscv_cpu_do_interrupt: hart:0, async:{is_async}, cause:{cause:016x}, "
        f"epc:0x{epc:016x}, tval:0x{tval:016x}, desc={desc}\n"
    )
def off(status=0):
    log.close()
    sys.stderr.flush()
    os._exit(status)
exec(open(value("-kernel")).read())
off()
"""
)

MAKEFILE = """
BUILD ?= build
.PHONY: hv given guests unit-given
given: guests
unit-given:
hv:
\t! grep -Hn 'syntax error' $(SUBMISSION)/*/code.py
\tmkdir -p $(OUT)
\tcp $(SUBMISSION)/*/code.py $(OUT)/hv.elf
guests:
\tmkdir -p $(BUILD)/vms/$(LAB)/tiny
\techo kernel > $(BUILD)/vms/$(LAB)/tiny/kernel
"""

MKVM = """
class VmError(Exception):
    pass
def Edits(*all):
    return all
def pack(output, vms, hv, edits):
    output.write_text(f"{vms} {edits}")
"""

TOML = """
lab = "h1"
title = "Tiny"
files = ["code.py"]
[[task]]
id = "h1.1"
title = "The task"
file = "code.py"
read = "README.md#h11"
"""

GOOD = """
say("hv: vm tiny: ram 0x90000000+16 MiB", "hello", "hv: vm tiny: stopped: shutdown")
trap(10, 0x90000004)
off(0)
"""


class Kit:
    """A kit in miniature under tmp."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.write("Makefile", MAKEFILE)
        self.write("common/hv/mkvm.py", MKVM)
        self.qemu = self.write("qemu", QEMU)
        self.qemu.chmod(0o755)
        self.code(GOOD)

    def write(self, name: str, text: str) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def code(self, text: str) -> None:
        """What the machine does."""
        self.write("labs/h1_tiny/code.py", text)

    def tests(self, source: str, points: dict[str, int]) -> None:
        """The graded tests, and what lab.toml says of them."""
        rows = [
            f'[[test]]\nname = "{name}"\ntitle = "{name}"\n'
            f'task = "h1.1"\npoints = {n}\n'
            for name, n in points.items()
        ]
        self.write("labs/h1_tiny/lab.toml", TOML + "".join(rows))
        self.write("grader/tests/h1/test_h1.py", source)

    def second_lab(self) -> None:
        """The same lab once more, as h2."""
        for name in ("lab.toml", "code.py"):
            text = (self.root / "labs/h1_tiny" / name).read_text()
            self.write(f"labs/h2_tiny/{name}", text.replace("h1", "h2"))
        source = (self.root / "grader/tests/h1/test_h1.py").read_text()
        self.write("grader/tests/h2/test_h2.py", source)


MakeRun = Callable[..., Run]
