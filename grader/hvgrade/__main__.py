"""python -m hvgrade grade --lab h1: grades, shows, and exits 0, 1 or 2."""

import argparse
import os
import signal
import sys
import tempfile
from pathlib import Path

from . import progress
from .demo import demo
from .grade import Interrupted, grade
from .intake import take
from .lab import LabError, find_labs
from .qemu import QEMU
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
        sub.add_argument(
            "--submission",
            type=Path,
            help="a folder like labs/, or what a student handed in",
        )
        sub.add_argument("--out", type=Path, help=f"default: build/{command}")
        sub.add_argument("--build", default="build", help="make's BUILD")
        sub.add_argument("--qemu", default=QEMU)
    whole = commands.add_parser("grade-class", help="every submission in a folder")
    whole.add_argument("--submissions", type=Path, required=True)
    whole.add_argument("--lab", required=True)
    whole.add_argument("--out", type=Path, required=True)
    whole.add_argument("--seed", type=lambda text: int(text, 0))
    more = len(os.sched_getaffinity(0)) + 1  # some sleep until they are ended
    whole.add_argument("--jobs", type=int, default=more)
    whole.add_argument("--build", default="build", help="make's BUILD")
    whole.add_argument("--slurm", action="store_true", help="as array jobs of Slurm")
    whole.add_argument("--chunk", type=int, help="one task of such a job")
    whole.add_argument("--chunk-size", type=int, default=10)
    whole.add_argument("--collect", action="store_true", help="only the gradebook")
    mutants = commands.add_parser("mutants", help="which test kills which mutant")
    mutants.add_argument("--lab", action="append", default=[])
    mutants.add_argument("--seed", type=lambda text: int(text, 0), default=7)
    mutants.add_argument("--jobs", type=int, default=len(os.sched_getaffinity(0)))
    mutants.add_argument("--build", default="build", help="make's BUILD")
    for command, what in (
        ("submit", "pack the files of a lab"),
        ("release", "make the students' kit"),
        ("gradescope", "make the autograder for Gradescope"),
        ("autolab", "make the autograder for Autolab"),
    ):
        sub = commands.add_parser(command, help=what)
        sub.add_argument("--lab", default="")
        sub.add_argument("--out", type=Path, required=True)
        sub.add_argument("--build", default="build", help="make's BUILD")
    watch = commands.add_parser("watch", help="grade again on every save")
    watch.add_argument("--lab", default="h1")
    watch.add_argument("--base", choices=whose, default="reference")
    watch.add_argument("--seed", type=lambda text: int(text, 0), help="replay")
    watch.add_argument("--test", action="append", default=[], help="only this test")
    watch.add_argument("--jobs", type=int, help="tests at a time, else all cores")
    watch.add_argument("--build", default="build", help="make's BUILD")
    linux = commands.add_parser("linux", help="how far Debian's kernel gets")
    linux.add_argument("--lab", default="h1")
    linux.add_argument("--base", choices=whose, default="mine")
    linux.add_argument("--impl", choices=whose, default="mine")
    demo = commands.add_parser("demo", help="the reference on real guests")
    demo.add_argument("--interactive", action="store_true", help="you type")
    trace = commands.add_parser("trace", help="a run as a timeline")
    trace.add_argument("--lab", default="h1")
    trace.add_argument("--base", choices=whose, default="mine")
    trace.add_argument("--impl", choices=whose, default="mine")
    trace.add_argument("--vm", nargs="*", default=["hello"])
    trace.add_argument("--args", default="", help="boot arguments of the first VM")
    trace.add_argument("--append", default="", help="to the hypervisor")
    trace.add_argument("--memory", default="1G")
    trace.add_argument("--budget", type=int, default=0, help="instructions")
    trace.add_argument("--test", default="", help="a graded test instead")
    trace.add_argument("--seed", type=lambda text: int(text, 0))
    bench = commands.add_parser("bench", help="what things cost, in instructions")
    bench.add_argument("--impl", choices=whose, default="reference")
    bench.add_argument("--seed", type=lambda text: int(text, 0))
    bench.add_argument("--check", action="store_true", help="against the baseline")
    bench.add_argument("--save", action="store_true", help="the last as the baseline")
    so_far = commands.add_parser("progress", help="points so far, what comes next")
    so_far.add_argument("--build", default="build", help="make's BUILD")
    for each in (linux, demo, bench, trace):
        each.add_argument("--build", type=Path, default=Path("build"))
    return parser.parse_args(argv)


def _grade(args: argparse.Namespace) -> Record:
    """An archive, or a folder that is not laid out like labs/, is looked through."""
    given: Path | None = args.submission
    labs = [find_labs().get(name) for name in args.lab]
    if given and len(labs) == 1 and labs[0] and not (given / labs[0].dir.name).is_dir():
        with tempfile.TemporaryDirectory(prefix="hvlab-") as folder:
            take(labs[0], given, Path(folder))
            args.submission = Path(folder)
            return _grade(args)

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


def _mutants(args: argparse.Namespace) -> int:
    """0 if every mutant is killed, as its entry says."""
    from . import matrix
    from .table import console

    labs, out, failed = find_labs(), console(), False
    for name in args.lab or labs:
        if name not in labs:
            raise LabError(f"there is no lab {name!r}: {', '.join(labs)}")
        found = matrix.run(
            labs[name], out, build=args.build, seed=args.seed, jobs=args.jobs
        )
        matrix.show(labs[name], found, out)
        failed = failed or bool(found.survivors())
    return int(failed)


def _shared_words(args: argparse.Namespace, out: Path) -> list[str]:
    submissions = str(args.submissions.resolve())
    words = ["--submissions", submissions, "--lab", args.lab, "--out", str(out)]
    return [*words, "--build", args.build]


def _grade_class(args: argparse.Namespace) -> int:
    """0 if every submission has a score, else 2."""
    from . import classroom, cluster
    from .table import ClassWatcher, console

    labs, out = find_labs(), console()
    if args.lab not in labs:
        raise LabError(f"there is no lab {args.lab!r}: {', '.join(labs)}")
    every = classroom.entries(args.submissions.resolve())
    this = classroom.course(labs[args.lab], args.out.resolve(), args.seed, args.build)
    chosen = every
    if args.chunk is not None:
        chosen = list(cluster.chunk(every, args.chunk, args.chunk_size))
    watch = ClassWatcher(out, len(chosen))
    if args.slurm:
        cluster.submit(every, this.out, args.chunk_size, _shared_words(args, this.out))
    elif not args.collect:
        try:
            with watch:
                classroom.grade_all(this, chosen, args.jobs, watch)
        finally:
            if args.chunk is None:
                classroom.collect(this, every)
    if args.chunk is not None:
        return 0  # the job that collects tells what is missing
    whole = classroom.collect(this, every)
    watch.summary(whole, args.out)
    return 2 if whole.undecided or whole.missing else 0


def _trace(args: argparse.Namespace) -> int:
    from .trace import BUDGET, Wanted, trace

    return trace(
        Wanted(
            lab=args.lab,
            base=args.base,
            impl=args.impl,
            build=args.build.resolve(),
            vms=() if args.test else args.vm,
            args=args.args,
            append=args.append,
            memory=args.memory,
            budget=args.budget or BUDGET,
            test=args.test,
            seed=args.seed,
            out=args.build.resolve() / "trace",
        )
    )


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
        if args.command in ("submit", "release", "gradescope", "autolab"):
            from . import pack

            return pack.run(args.command, args.lab, args.out, args.build)
        if args.command == "grade-class":
            return _grade_class(args)
        if args.command == "mutants":
            return _mutants(args)
        if args.command == "watch":
            from .watch import watch

            return watch(
                args.lab, args.base, args.build, args.seed, args.test, args.jobs
            )
        if args.command == "progress":
            print("\n".join(progress.lines(build=args.build)))
            return 0
        if args.command == "demo":
            return demo(args.build.resolve(), args.interactive)
        if args.command == "trace":
            return _trace(args)
        if args.command == "bench":
            from . import bench

            build = args.build.resolve()
            if args.check:
                return bench.check(build)
            if args.save:
                return bench.write_baseline(build)
            return bench.bench(build, args.impl, args.seed)
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
