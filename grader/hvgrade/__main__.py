"""python -m hvgrade grade --lab h1: grades, shows, and exits 0, 1 or 2."""

import argparse
import signal
import sys
from pathlib import Path

from .demo import demo
from .grade import QEMU, Interrupted, grade
from .lab import LabError
from .record import Record
from .show import linux
from .verdict import Infrastructure


def _arguments(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="hvgrade", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    whose = ("mine", "reference")
    for command, what in (("grade", "every test"), ("unit", "only the unit tests")):
        sub = commands.add_parser(command, help=f"{what} of the labs named, or of all")
        sub.add_argument("--lab", action="append", default=[], help="e.g. h1")
        sub.add_argument("--base", choices=whose, default="reference")
        sub.add_argument("--impl", choices=whose, default="mine")
        sub.add_argument("--seed", type=lambda text: int(text, 0), help="replay")
        sub.add_argument("--test", action="append", default=[], help="only this test")
        sub.add_argument("--jobs", type=int, help="tests at a time, else all cores")
        sub.add_argument("--submission", type=Path, help="a folder like labs/")
        sub.add_argument("--out", type=Path, help=f"default: build/{command}")
        sub.add_argument("--build", default="build", help="make's BUILD")
        sub.add_argument("--qemu", default=QEMU)
    linux = commands.add_parser("linux", help="how far Debian's kernel gets")
    linux.add_argument("--lab", default="h1")
    linux.add_argument("--base", choices=whose, default="mine")
    linux.add_argument("--impl", choices=whose, default="mine")
    demo = commands.add_parser("demo", help="the reference on real guests")
    demo.add_argument("--interactive", action="store_true", help="you type")
    for each in (linux, demo):
        each.add_argument("--build", type=Path, default=Path("build"))
    return parser.parse_args(argv)


def _grade(args: argparse.Namespace) -> Record:
    from .table import Watcher, console, show  # rich takes a while to import

    out = console()
    with Watcher(out) as watch:
        try:
            record = grade(
                *args.lab,
                build=args.build,
                submission=args.submission,
                out=args.out,
                base=args.base,
                impl=args.impl,
                seed=args.seed,
                tests=args.test,
                jobs=args.jobs,
                qemu=args.qemu,
                unit=args.command == "unit",
                watch=watch,
            )
        except Interrupted as interrupted:
            record = interrupted.record
    show(record, out)
    return record


def main(argv: list[str] | None = None) -> int:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, interrupt)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    args = _arguments(argv)
    try:
        if args.command == "linux":
            return linux(args.lab, args.base, args.impl, args.build.resolve())
        if args.command == "demo":
            return demo(args.build.resolve(), args.interactive)
        return _grade(args).exit_code
    except (LabError, Infrastructure) as error:
        print(f"hvgrade: {error}", file=sys.stderr)
    except KeyboardInterrupt:
        print("hvgrade: interrupted", file=sys.stderr)
    except BaseException as error:  # our fault: 2, never the 1 of "not full marks"
        print(f"hvgrade: {type(error).__name__}: {error}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
