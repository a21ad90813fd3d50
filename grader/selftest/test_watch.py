"""make watch: on a terminal of 80 by 24, with a kit in miniature."""

import io
import os
import re
import sys
import termios
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pexpect
import pytest
from rich.console import Console
from tinykit import GOOD, Kit

from hvgrade import watch as module
from hvgrade.lab import find_labs
from hvgrade.screen import Screen
from hvgrade.verdict import Verdict
from hvgrade.watch import Saves

TESTS = """
import pytest
def test_hello(boot):
    run = boot("tiny")
    run.expect_line("hello", likely="h1.1: nothing says hello")
    run.expect_traps(10, 1, likely="h1.1: no call")
def test_bye(boot):
    test_hello(boot)
"""
SCRIPT = """
import functools, sys
from pathlib import Path
import hvgrade.watch as w
kit, qemu = Path(sys.argv[1]), sys.argv[2]
w.KIT = kit
w.grade = functools.partial(w.grade, kit=kit, qemu=qemu)
w.find_labs = functools.partial(w.find_labs, kit)
sys.exit(w.watch("h1", "reference", "build", 7, (), 1))
"""
QUIET = 0.5  # seconds: a busy machine may stop us for less at any moment
ENTER, LEAVE, HOME = "\x1b[?1049h", "\x1b[?1049l", "\x1b[H"
SLOW = "import time; say('waiting'); time.sleep(600)\n"


class Terminal:
    """A terminal that somebody looks at: its last frame, line by line."""

    def __init__(self, kit: Kit) -> None:
        argv = ["-c", SCRIPT, str(kit.root), str(kit.qemu)]
        env = os.environ | {"PYTHONPATH": str(Path(__file__).parents[1])}
        env |= {"COLUMNS": "80", "LINES": "24"}  # as some shells export them
        self.child: Any = pexpect.spawn(
            sys.executable, argv, dimensions=(24, 80), encoding="utf-8", env=env
        )
        self.mode = termios.tcgetattr(self.child.child_fd)
        self.all = ""

    def frame(self) -> list[str]:
        text = self.all.rpartition(HOME)[2]
        text = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", text).replace("\r", "")
        return text.split("\n")

    def shows(self, *patterns: str, seconds: float = 60) -> None:
        """Waits until the frame matches all; it may come in several reads."""
        end = time.monotonic() + seconds
        while True:
            try:
                self.all += self.child.read_nonblocking(1 << 16, 0.05)
            except pexpect.TIMEOUT:
                pass
            text = "\n".join(self.frame())
            lacks = [one for one in patterns if not re.search(one, text, re.M)]
            if not lacks:
                return
            assert time.monotonic() < end, f"no {lacks} in\n{text}"


@pytest.fixture
def terminal(kit: Kit) -> Iterator[Terminal]:
    kit.tests(TESTS, {"test_hello": 60, "test_bye": 40})
    found = Terminal(kit)
    yield found
    found.child.close(force=True)


def running(kit: Kit) -> list[str]:
    """The processes that the kit's false QEMU still has."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().split(b"\0")
        except OSError:
            continue
        if str(kit.qemu).encode() in words and b"-kernel" in words:
            found.append(path.parent.name)
    return found


def test_every_save_is_graded(kit: Kit, terminal: Terminal) -> None:
    terminal.shows("all 2 tests pass: 100 points")
    assert terminal.all.count(ENTER) == 1 and LEAVE not in terminal.all

    kit.code(GOOD.replace("hello", "hollo"))
    terminal.shows("2 done|done in")
    terminal.shows(
        r"0 of 2 pass  done in [\d.]+ s +Ctrl-C leaves",
        "code.py saved at",
        r"^test_hello fails  \(the first of 2 that do not pass\) *$",
        r"^expected +the line 'hello' *$",
        r"^happened +it was not printed. The nearest line: 'hollo' *$",
        r"^likely cause +h1.1: nothing says hello *$",
        r"^read labs/h1_tiny/README.md#h11 *$",
        r"^log  build/watch/logs/h1/test_hello/console.log *$",
        r"^h1.1 The task +xx +0/2 *$",
    )

    kit.code("syntax error\n")
    terminal.shows(
        "^nothing could be run: 2 tests fail *$",
        "^happened       labs/h1_tiny/code.py:1:syntax error *$",
    )

    new = kit.write("code.py.new", GOOD)  # as editors do that keep a backup
    new.replace(kit.root / "labs/h1_tiny/code.py")
    terminal.shows("all 2 tests pass")

    terminal.child.setwinsize(10, 50)
    terminal.shows(r"\A([^\n]{0,50}\n){9}[^\n]{0,50}\Z")
    terminal.shows("all 2 tests pass")

    during = termios.tcgetattr(terminal.child.child_fd)
    assert not during[3] & (termios.ECHO | termios.ICANON | termios.ISIG)
    terminal.child.send("\x03")
    terminal.child.expect(pexpect.EOF)
    assert LEAVE in terminal.child.before
    assert "2 of 2 tests passed when you left" in terminal.child.before
    terminal.child.close()
    assert terminal.child.exitstatus == 0
    assert "Ctrl-C" not in terminal.child.before.rpartition(LEAVE)[2]


def test_a_save_ends_the_run_before(kit: Kit, terminal: Terminal) -> None:
    kit.code(SLOW)
    terminal.shows("running hello")
    while not running(kit):
        time.sleep(0.02)
    old = running(kit)
    start = time.monotonic()
    kit.code(GOOD)
    terminal.shows("all 2 tests pass")
    assert time.monotonic() - start < 300  # it would have slept for ten minutes
    assert not set(old) & set(running(kit))

    kit.code(SLOW)
    terminal.shows("running hello")
    while not running(kit):
        time.sleep(0.02)
    terminal.child.send("q")
    terminal.child.expect(pexpect.EOF)
    assert running(kit) == []
    attributes = termios.tcgetattr(terminal.child.child_fd)
    assert attributes == terminal.mode


# What fits on the screen.


def drawn(screen: Screen, width: int = 80, height: int = 24) -> list[str]:
    out = Console(file=io.StringIO(), width=width, height=height, legacy_windows=False)
    out.print(screen, height=height, end="")
    assert isinstance(out.file, io.StringIO)
    return out.file.getvalue().split("\n")


@pytest.mark.parametrize("lab", find_labs().values(), ids=list(find_labs()))
@pytest.mark.parametrize("size", [(80, 24), (60, 16), (120, 40)], ids=str)
def test_it_fits_and_keeps_where_to_read(lab: Any, size: tuple[int, int]) -> None:
    out = Console(file=io.StringIO(), width=size[0])
    screen = Screen(out, lab, list(lab.tests), 1 << 31)
    name = max(lab.tests, key=len)
    long = "\n".join(["word " * 40] * 14)
    read = lab.read_of(lab.tests[name].task)
    log = f"build/watch/logs/{lab.name}/{name}/console.log"
    verdict = Verdict("fail", "x " * 300, long, "y " * 300, read, log)
    screen.take({"event": "start", "name": name})
    screen.take(
        {"event": "result", "name": name, "verdict": verdict.as_dict(), "seconds": 1.0}
    )
    lines = drawn(screen, *size)
    assert len(lines) == size[1]
    assert {len(line) for line in lines} == {size[0]}
    text = "\n".join(line.rstrip() for line in lines)
    for part in ("expected", "happened", "likely cause", "[...]"):
        assert part in text
    whole = text.replace("\n     ", "")  # what is folded, in one piece
    assert f"\nread {read}\nlog  {log}" in whole
    for task in lab.tasks.values() if size[1] >= 24 else ():
        assert task.id in text


def test_an_unwritten_task_is_no_failure() -> None:
    lab = find_labs()["h1"]
    screen = Screen(Console(file=io.StringIO()), lab, list(lab.tests), 1)
    name = next(iter(lab.tests))
    verdict = Verdict("unwritten", "", "h1.2: labs/h1/vcpu.c:7: do it", "", "README")
    event = {"event": "result", "name": name, "verdict": verdict.as_dict()}
    screen.take(event)
    text = "\n".join(drawn(screen))
    assert f"{lab.tests[name].task} is not written yet" in text
    assert "write          labs/h1/vcpu.c:7: do it" in text
    # The next run shows it until it knows better.
    screen.started([])
    assert "is not written yet  (before this save)" in "\n".join(drawn(screen))
    assert screen.unhappy() == [name]
    screen.take(event | {"verdict": Verdict("pass").as_dict()})
    assert "not written" not in "\n".join(drawn(screen))


def test_trouble_of_the_grader_is_told() -> None:
    lab = find_labs()["h1"]
    screen = Screen(Console(file=io.StringIO()), lab, list(lab.tests), 1)
    screen.take({"event": "over", "status": 9})
    text = "\n".join(drawn(screen))
    assert "the grader or the machine has failed" in text
    assert "the grading ended with status 9" in text


def test_only_a_change_is_a_save(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "QUIET", QUIET)
    one, two = tmp_path / "one", tmp_path / "two"
    one.write_text("1")
    saves = Saves([one, two])
    time.sleep(QUIET)
    assert saves.changed() == []
    two.write_text("2")
    assert saves.changed() == []  # it may not be complete yet
    time.sleep(QUIET)
    assert saves.changed() == [two]
    assert saves.changed() == []
    one.unlink()
    saves.changed()
    time.sleep(QUIET)
    assert saves.changed() == [one]
