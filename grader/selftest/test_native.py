"""Driver: whatever the code under test does, ask() ends with the right words."""

import errno
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import pytest

from hvgrade import native, sandbox
from hvgrade.native import Driver, Ended, report_lines
from hvgrade.verdict import Infrastructure

# A driver in Python: each command is a line of code, with answer() to answer.
DRIVER = (
    f"#!{sys.executable} -SE"
    + r"""
import os, signal, sys, time
def say(text):
    os.write(1, text.encode())
def answer(text=""):
    say(f"{key} {text}\n")
for line in sys.stdin:
    key, _, code = line.partition(" ")
    exec(code)
"""
)


@pytest.fixture
def driver(tmp_path: Path) -> Any:
    program = tmp_path / "out/driver"
    program.parent.mkdir()
    program.write_text(DRIVER)
    program.chmod(0o755)
    made = Driver(program)
    yield made
    made.close()


def test_answers_come_in_words_and_in_order(driver: Driver) -> None:
    assert driver.ask(["answer('a b')", "answer(); say('')"]) == [["a", "b"], [""]]
    many = ["answer('x' * 1000)"] * 1000  # far more than a pipe holds
    assert driver.ask(many) == [["x" * 1000]] * 1000
    assert driver.ask(["answer(" + "'y' * 3" + " " * 200_000 + ")"]) == [["yyy"]]


def ended(driver: Driver, *commands: str) -> tuple[int, str, str]:
    with pytest.raises(Ended) as error:
        driver.ask(commands)
    return error.value.answered, error.value.kind, error.value.text


@pytest.mark.parametrize(
    ("code", "kind", "words"),
    [
        ("os._exit(6)", "todo", "status 6"),
        ("os._exit(5)", "panic", "status 5"),
        ("os._exit(99)", "crash", "status 99"),
        ("os._exit(0)", "end", "status 0"),
        ("os.kill(os.getpid(), signal.SIGFPE)", "end", "SIGFPE"),
        ("os.close(1); os._exit(0)", "end", "status 0"),
        ("say('0123456789abcdef 1\\n')", "forged", "0123456789abcdef"),
        ("say('\\n'); answer()", "forged", "written there"),
        ("say('x' * (17 << 20))", "flood", "16 MiB"),
        ("[os.write(2, b'x' * 99999) for i in range(999)]", "flood", "16 MiB"),
        ("bytearray(600 << 20).strip(); time.sleep(9)", "memory", "512 MiB"),
    ],
)
def test_every_other_end_has_its_kind(
    driver: Driver, code: str, kind: str, words: str
) -> None:
    answered, found, text = ended(driver, "answer()", code, "answer()")
    assert (answered, found) == (1, kind)
    assert words in text
    assert driver.ask(["answer('again')"]) == [["again"]]


def test_a_hang_is_told_by_cpu_time(driver: Driver) -> None:
    driver.cpu_limit = 0.2
    start = time.monotonic()
    assert ended(driver, "answer()", "while True: pass")[:2] == (1, "hang")
    assert time.monotonic() - start < 60
    # Slow, but no single command is.
    spin = "end = time.process_time() + 0.1\nwhile time.process_time() < end: pass"
    slow = f"exec({spin!r}); answer()"
    assert driver.ask([slow] * 5) == [[""]] * 5
    # Asleep: the machine's fault, or at least nobody's score.
    assert driver.ask(["time.sleep(0.5); answer()"]) == [[""]]


def test_a_machine_at_a_standstill_is_infrastructure(
    driver: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(native, "WALL_LIMIT", 0.3)
    with pytest.raises(Infrastructure, match="did not answer"):
        driver.ask(["time.sleep(60)"])


def test_what_it_prints_is_kept_and_is_no_answer(driver: Driver) -> None:
    driver.ask(["os.write(2, b'hello\\n'); answer()"])
    ended(driver, "os.write(2, b'goodbye\\n'); os._exit(99)")
    assert driver.printed == "goodbye\n"


def test_a_misuse_of_the_driver_is_infrastructure(driver: Driver) -> None:
    with pytest.raises(Infrastructure, match="no such command"):
        driver.ask(["os.write(2, b'driver: no such command'); os._exit(2)"])
    with pytest.raises(Infrastructure):
        Driver(Path("/nonexistent/driver")).ask(["answer()"])


def outcome(driver: Driver, code: str) -> str:
    """The error that the code meets, or "" ."""
    whole = f"try:\n  {code}\n  answer()\nexcept OSError as e:\n  answer(e.errno)"
    return driver.ask([f"exec({whole!r}, globals())"])[0][0]


def test_the_code_is_confined(driver: Driver, tmp_path: Path) -> None:
    target = tmp_path / "file"
    target.write_text("as it was")
    limit = "import resource as r; answer(r.getrlimit(r.RLIMIT_CORE)[1])"
    assert driver.ask([limit]) == [["0"]]
    opened = f"os.open({str(target)!r}, os.O_WRONLY | os.O_APPEND)"
    assert outcome(driver, "os.fork()") == str(errno.EAGAIN)
    open_socket = "import socket as s; s.socket().connect(('127.0.0.1', 22))"
    if sandbox.kind() != sandbox.BUBBLEWRAP:
        assert outcome(driver, opened) == str(errno.EROFS)
        for code in (
            f"os.truncate({str(target)!r}, 0)",
            f"os.unlink({str(target)!r})",
            f"os.kill({os.getpid()}, 0)",
            "os.kill(-1, 0)",
            f"import resource as r; r.prlimit({os.getpid()}, r.RLIMIT_CPU, (1, 1))",
            open_socket,
        ):
            assert outcome(driver, code) == str(errno.EPERM), code
        assert target.read_text() == "as it was"
        assert outcome(driver, "[os.dup(0) for _ in range(20)]") == str(errno.EMFILE)
        return
    assert outcome(driver, opened) == str(errno.ENOENT)
    assert outcome(driver, "os.unlink(sys.argv[0])") == str(errno.EROFS)
    assert outcome(driver, f"os.kill({os.getpid()}, 0)") == str(errno.ESRCH)
    assert outcome(driver, "os.setuid(0)") == str(errno.EPERM)
    assert outcome(driver, open_socket) == str(errno.ECONNREFUSED)
    assert outcome(driver, "[os.dup(0) for _ in range(20)]") == str(errno.EMFILE)


def test_without_bubblewrap_root_becomes_nobody(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Where nobody can get at the driver."""
    monkeypatch.setenv("HVLAB_SANDBOX", "off")
    sandbox.kind.cache_clear()
    try:
        with tempfile.TemporaryDirectory() as name:
            Path(name).chmod(0o755)
            (Path(name) / "driver").write_text(DRIVER)
            (Path(name) / "driver").chmod(0o755)
            driver = Driver(Path(name) / "driver")
            user = int(driver.ask(["answer(os.getuid())"])[0][0])
            assert user == (os.getuid() or sandbox.NOBODY)
            assert outcome(driver, "os.fork()") == str(errno.EAGAIN)
            if os.getuid() == 0:
                assert outcome(driver, "os.kill(os.getppid(), 0)") == str(errno.EPERM)
            driver.close()
    finally:
        sandbox.kind.cache_clear()


def test_without_bubblewrap_the_limits_hold(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HVLAB_SANDBOX", "off")
    sandbox.kind.cache_clear()
    try:
        assert sandbox.kind() in (sandbox.CONTAINER, sandbox.NONE)
        folder = tmp_path / "out"
        folder.mkdir()
        (folder / "driver").write_text(DRIVER)
        (folder / "driver").chmod(0o755)
        driver = Driver(folder / "driver")
        test_the_code_is_confined(driver, tmp_path)
        driver.close()
    finally:
        sandbox.kind.cache_clear()


def test_nothing_is_left_running(driver: Driver) -> None:
    driver.ask(["answer()"])
    assert driver._process is not None
    pid = driver._process.pid
    driver.close()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


REPORT = """
=================================================================
==7==ERROR: AddressSanitizer: use-after-poison on address 0x7f00 at pc 0x5 bp 0x6
READ of size 8 at 0x7f0000 thread T0
    #0 0x55d0 in npt_walk /tmp/x/grade/h2/submission/h2_npt/npt.c:57
    #1 0x55d1 in npt_map /tmp/x/grade/h2/submission/h2_npt/npt.c:99
    #2 0x55d2 in map grader/unit/h2/drive_npt.c:120
"""


def test_a_report_is_told_in_few_lines() -> None:
    assert report_lines(REPORT) == [
        "AddressSanitizer: use-after-poison: READ of size 8",
        "  in npt_walk, labs/h2_npt/npt.c:57",
        "  in npt_map, labs/h2_npt/npt.c:99",
    ]
    undefined = "/a/h2_npt/insn.h:9:5: runtime error: shift exponent 64 is too large"
    assert report_lines(f"{undefined}\n    #0 0x1 in f /a/h2_npt/insn.h:9\n") == [
        "labs/h2_npt/insn.h:9:5: runtime error: shift exponent 64 is too large",
        "  in f, labs/h2_npt/insn.h:9",
    ]
    assert report_lines("a\n\nb\nc\nd\ne\n") == ["b", "c", "d", "e"]
