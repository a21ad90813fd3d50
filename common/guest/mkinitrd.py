#!/usr/bin/env python3
"""Make the Linux guest's initrd: busybox, a script as /init, and a console.

mkinitrd.py -o initrd BUSYBOX INIT
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "hv"))

from mkvm import newc  # noqa: E402

DIRECTORY = 0o40755
EXECUTABLE = 0o100755
CHARACTER_DEVICE = 0o20600
CONSOLE = 5 << 8 | 1  # /dev/console must be there before /init can mount /dev


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("busybox", type=Path)
    parser.add_argument("init", type=Path)
    args = parser.parse_args()
    archive = b""
    for name in ("bin", "dev", "proc", "sys", "tmp"):
        archive += newc(name, b"", len(archive), DIRECTORY)
    archive += newc("dev/console", b"", len(archive), CHARACTER_DEVICE, CONSOLE)
    for name, source in (("bin/busybox", args.busybox), ("init", args.init)):
        archive += newc(name, source.read_bytes(), len(archive), EXECUTABLE)
    archive += newc("TRAILER!!!", b"", len(archive))
    args.output.write_bytes(archive)


if __name__ == "__main__":
    main()
