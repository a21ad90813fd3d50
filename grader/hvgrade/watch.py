"""make watch: grades again on every save, and shows the first failure.

One process looks after the files, the keys and the screen, and never waits for
anything. The grading itself runs in a child of it, which can be ended at any
time: a save in the middle of a run does that. Files are looked at, not waited
for: inotify says nothing of what is saved on the other side of a bind mount.
"""

import os
import secrets
import select
import signal
import sys
import termios
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.live import Live

from .grade import Prepared, grade, prepare
from .lab import KIT, Lab, LabError, find_labs
from .screen import Screen
from .verdict import PASS, Infrastructure

LOOK = 0.05  # seconds between two looks at the files
QUIET = 0.1  # seconds without a change: an editor may write a file in steps
GONE = 10.0  # seconds for a grading to clean up after itself
_QUIT = (b"\x03", b"\x04", b"q")  # Ctrl-C, Ctrl-D
_context = get_context("fork")  # everything is imported already


@dataclass(frozen=True)
class Job:
    """What is graded again and again."""

    labs: dict[str, Lab]
    lab: Lab
    base: str
    build: str
    seed: int
    tests: tuple[str, ...]  # "TEST=": these only
    jobs: int | None

    @property
    def out(self) -> Path:
        return KIT / self.build / "watch"

    def chosen(self) -> list[str]:
        """The names of the tests, as lab.toml orders them."""
        return [name for name in self.lab.tests if name in self.tests or not self.tests]

    def files(self) -> list[Path]:
        """The student's files that count."""
        names = list(self.labs)
        mine = names[: names.index(self.lab.name)] if self.base == "mine" else []
        labs = [self.labs[name] for name in (*mine, self.lab.name)]
        return [lab.dir / name for lab in labs for name in lab.files]


class Saves:
    """Tells of files that were saved, also when a new one took the old one's name."""

    def __init__(self, files: Sequence[Path]) -> None:
        self.files = files
        self.seen = self.last = self._look()
        self.since = 0.0  # when they last changed

    def _look(self) -> dict[Path, tuple[int, ...]]:
        found: dict[Path, tuple[int, ...]] = {}
        for path in self.files:
            try:
                status = path.stat()
            except OSError:
                continue
            found[path] = (status.st_ino, status.st_mtime_ns, status.st_size)
        return found

    def changed(self) -> list[Path]:
        """What was saved since the last call that told something."""
        now = self._look()
        if now != self.last:
            self.last, self.since = now, time.monotonic()
        if now == self.seen or time.monotonic() < self.since + QUIET:
            return []
        before, self.seen = self.seen, now
        return [path for path in self.files if before.get(path) != now.get(path)]


def _order(job: Job, first: Sequence[str]) -> list[str]:
    """What did not pass the last time, then what takes no machine."""
    tests = job.lab.tests
    return sorted(job.chosen(), key=lambda n: (n not in first, not tests[n].unit))


def _child(
    job: Job, ready: Prepared | None, first: Sequence[str], pipe: Connection
) -> None:
    """One grading: its events, the last of them the record, go into the pipe."""
    os.setsid()  # the terminal's signals are not for us
    with open(job.out / "watch.log", "w") as log:
        for fd in (1, 2):
            os.dup2(log.fileno(), fd)
    try:
        if ready is None:
            work = job.out / job.lab.name
            ready = prepare(job.lab, KIT, job.build, job.base, work)
            pipe.send({"event": "prepared", "prepared": ready})
        record = grade(
            job.lab.name,
            build=job.build,
            out=job.out,
            base=job.base,
            seed=job.seed,
            tests=_order(job, first),
            jobs=job.jobs,
            prepared=ready,
            watch=pipe.send,
        )
        pipe.send({"event": "record", "record": record})
    except Exception as error:
        pipe.send({"event": "trouble", "text": str(error) or type(error).__name__})


class Run:
    """A grading in a child of this process."""

    def __init__(
        self, job: Job, ready: Prepared | None, first: Sequence[str] = ()
    ) -> None:
        self.pipe, other = _context.Pipe(duplex=False)
        args = (job, ready, first, other)
        self.process = _context.Process(target=_child, args=args)
        self.process.start()
        other.close()

    def events(self) -> Iterator[dict[str, Any]]:
        """What has arrived; the last event of all is "over"."""
        try:
            while self.pipe.poll():
                yield self.pipe.recv()
        except EOFError:
            self.process.join()
            yield {"event": "over", "status": self.process.exitcode}

    def end(self) -> None:
        """Ends it, and with it all that it has started."""
        self.process.terminate()
        self.process.join(GONE)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()
        self.pipe.close()


@contextmanager
def _keys() -> Iterator[None]:
    """No echo, and Ctrl-C is a key: make, too, would die of the signal."""
    if not sys.stdin.isatty():
        yield
        return
    before = termios.tcgetattr(sys.stdin)
    raw = termios.tcgetattr(sys.stdin)
    raw[3] &= ~(termios.ECHO | termios.ICANON | termios.ISIG)
    try:
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, raw)
        yield
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSAFLUSH, before)


def _typed(pipe: Connection | None) -> bytes:
    """What was typed. Waits for it, or for an event, until the next look."""
    keys = [sys.stdin] if sys.stdin.isatty() else []
    ready = select.select([*keys, *[pipe] * bool(pipe)], [], [], LOOK)[0]
    return os.read(sys.stdin.fileno(), 64) or b"q" if sys.stdin in ready else b""


class Watch:
    """The loop."""

    def __init__(self, job: Job, screen: Screen) -> None:
        self.job, self.screen = job, screen
        self.saves = Saves(job.files())
        self.ready: Prepared | None = None
        self.run: Run | None = None
        self.drawn: object = None  # the size of the screen; None: it is out of date

    def start(self, saved: Sequence[Path]) -> None:
        """Grades from the beginning, and forgets a run that is not done."""
        self.stop()
        first = self.screen.unhappy()
        self.screen.started(saved)
        self.run = Run(self.job, self.ready, first)

    def stop(self) -> None:
        run, self.run = self.run, None
        if run:
            run.end()

    def step(self) -> bool:
        """Once around; False at the end."""
        typed = _typed(self.run.pipe if self.run else None)
        if any(key in typed for key in _QUIT):
            return False
        saved = self.saves.changed()
        if saved or typed:
            self.start(saved)
            self.drawn = None
        for event in self.run.events() if self.run else ():
            if event["event"] == "prepared":
                self.ready = event["prepared"]
            elif event["event"] == "over":
                self.run = None
            self.screen.take(event)
            self.drawn = None
        return True

    def loop(self) -> None:
        out = self.screen.out
        with Live(self.screen, console=out, screen=True, auto_refresh=False) as live:
            self.start([])
            try:
                while self.step():
                    size = out.size  # it may change while we draw
                    if self.drawn != size:
                        live.refresh()
                        self.drawn = size
            finally:
                self.stop()


def watch(
    name: str,
    base: str,
    build: str,
    seed: int | None,
    tests: Sequence[str],
    jobs: int | None,
) -> int:
    """Until Ctrl-C, which is no failure: 0."""
    for variable in ("COLUMNS", "LINES"):  # they would be its size for ever
        os.environ.pop(variable, None)
    labs, out = find_labs(), Console(highlight=False)
    if name not in labs:
        raise LabError(f"there is no lab {name!r}: {', '.join(labs)}")
    for test in tests:
        if test not in labs[name].tests:
            raise Infrastructure(f"there is no test {test!r}")
    if not out.is_terminal:
        raise Infrastructure("make watch needs a terminal; make grade does not")
    seed = secrets.randbelow(1 << 32) if seed is None else seed
    job = Job(labs, labs[name], base, build, seed, tuple(tests), jobs)
    job.out.mkdir(parents=True, exist_ok=True)
    screen = Screen(out, job.lab, job.chosen(), seed)
    signal.signal(signal.SIGHUP, signal.getsignal(signal.SIGTERM))
    try:
        with _keys():
            Watch(job, screen).loop()
    except KeyboardInterrupt:
        pass
    passed = sum(verdict.status == PASS for verdict in screen.verdicts.values())
    print(f"{passed} of {len(screen.names)} tests passed when you left")
    return 0
