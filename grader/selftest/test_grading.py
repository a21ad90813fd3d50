"""Whole gradings of the kit in miniature: pytest, xdist, verdicts, records."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from tinykit import GOOD, Kit

from hvgrade import grade as module, testrun
from hvgrade.grade import Interrupted, grade
from hvgrade.record import Record
from hvgrade.verdict import Infrastructure

HONEST = """
import os, sys, pytest

def look(run):
    run.expect_status(0, likely="the machine did not end")
    run.expect_line("hello", likely="nothing was printed")
    run.expect_traps(10, 1, likely="the guest did not call")

def test_pass(boot, rng, seed):
    print(seed, rng.random())
    look(boot("tiny", bootargs={"n": rng.randrange(1 << 30)}))
"""

ALL_ENDINGS = """
def test_fail(boot):
    boot("tiny").expect_line("goodbye", likely="C", read="R")

def test_assert(boot):
    look(boot("tiny"))
    assert False, "a plain assert"

def test_console_only(boot):
    boot("tiny").expect_line("hello", likely="")

def test_traps_only(boot):
    boot("tiny").expect_traps(10, 1, likely="")

def test_second_run_unseen(boot):
    look(boot("tiny"))
    boot("tiny")

def test_unfinished(boot):
    look(boot("tiny"))
    boot.start("tiny")

def test_no_run():
    pass

def test_skip(boot):
    look(boot("tiny"))
    pytest.skip("not today")

@pytest.mark.skip(reason="never")
def test_skip_mark(boot):
    look(boot("tiny"))

@pytest.mark.xfail
def test_xfail(boot):
    boot("tiny").expect_line("goodbye", likely="")

def test_exit(boot):
    look(boot("tiny"))
    sys.exit(0)

@pytest.fixture
def broken():
    raise RuntimeError("setup")

def test_setup(broken, boot):
    look(boot("tiny"))

@pytest.fixture
def breaks_later():
    yield
    raise RuntimeError("teardown")

def test_teardown(breaks_later, boot):
    look(boot("tiny"))

def test_fail_and_teardown(breaks_later, boot):
    boot("tiny").expect_line("goodbye", likely="")

@pytest.mark.parametrize("word", ["hello", "goodbye"])
def test_param(boot, word):
    run = boot("tiny")
    run.expect_traps(10, 1, likely="")
    run.expect_line(word, likely="")

def test_wrong_option(boot):
    boot("tiny", budgit=1)

def test_crash(boot):
    os._exit(0)

def test_unlisted(boot):
    look(boot("tiny"))
"""

STATUSES = {
    "test_pass": "pass",
    "test_fail": "fail",
    "test_assert": "infrastructure",
    "test_console_only": "infrastructure",
    "test_traps_only": "infrastructure",
    "test_second_run_unseen": "infrastructure",
    "test_unfinished": "infrastructure",
    "test_no_run": "infrastructure",
    "test_skip": "infrastructure",
    "test_skip_mark": "infrastructure",
    "test_xfail": "fail",
    "test_exit": "infrastructure",
    "test_setup": "infrastructure",
    "test_teardown": "infrastructure",
    "test_fail_and_teardown": "infrastructure",
    "test_param[hello]": "pass",
    "test_param[goodbye]": "fail",
    "test_wrong_option": "infrastructure",
    "test_crash": "infrastructure",
    "test_not_there": "infrastructure",
}


def points(names: list[str]) -> dict[str, int]:
    return {name: 1 for name in names[1:]} | {names[0]: 101 - len(names)}


def run(kit: Kit, **options: Any) -> Record:
    defaults: dict[str, Any] = {"jobs": 1, "seed": 5, "qemu": str(kit.qemu)}
    return grade(kit=kit.root, **defaults | options)


def one(record: Record, name: str = "test_pass") -> dict[str, Any]:
    return next(vars(t) for lab in record.labs for t in lab.tests if t.name == name)


def test_every_ending_gets_its_verdict(kit: Kit) -> None:
    kit.tests(HONEST + ALL_ENDINGS, points(list(STATUSES)))
    record = run(kit, jobs=2)
    found = {test.name: test.status for lab in record.labs for test in lab.tests}
    assert found == STATUSES | {"test_unlisted": "infrastructure"}
    assert record.score == 100 - len(STATUSES) + 1 + 1  # test_pass, test_param[hello]
    assert record.exit_code == 2

    failed = one(record, "test_fail")
    assert failed["detail"] == {
        "expected": "the line 'goodbye'",
        "happened": failed["detail"]["happened"],
        "cause": "C",
        "read": "R",
    }
    assert "every VM shut itself down" in failed["detail"]["happened"]
    assert failed["log"] == "build/grade/logs/h1/test_fail/console.log"
    assert (kit.root / failed["log"]).read_text().splitlines()[1] == "hello"
    assert (kit.root / "build/grade/logs/h1/test_second_run_unseen/run2").is_dir()
    for name, words in (
        ("test_assert", "AssertionError: a plain assert"),
        ("test_crash", "crashed"),
        ("test_not_there", "there is no such test"),
        ("test_unlisted", "not in"),
        ("test_traps_only", "without looking at: console"),
        ("test_wrong_option", "budgit"),
    ):
        assert words in one(record, name)["message"]


def test_full_marks_and_the_files_of_the_record(kit: Kit) -> None:
    kit.tests(HONEST, {"test_pass": 100})
    record = run(kit)
    assert (record.score, record.exit_code, record.qemu) == (100, 0, "9.9.9")
    out = kit.root / "build/grade"
    data = json.loads((out / "results.json").read_text())
    assert (data["score"], data["seed"], data["complete"]) == (100, 5, True)
    assert (out / "junit.xml").is_file()
    assert not list(out.glob(".results*"))


@pytest.mark.parametrize(
    ("code", "status", "words"),
    [
        ("say('hv: TODO h1.1: code.py:3: it'); off(6)", "unwritten", "code.py:3: it"),
        ("say('hello'); off(0)", "fail", "QEMU recorded 0"),  # only printed
        ("trap(10); off(0)", "fail", "not printed"),
        ("off(0)", "fail", "not printed"),
        (GOOD.replace("off(0)", "off(5)"), "fail", "panicked"),
        (GOOD.replace("trap(10,", "trap(9,"), "fail", "QEMU recorded 0"),
        (GOOD.replace('"hello"', '"hello", "hello"'), "fail", "2 times"),
        ("syntax error", "fail", "syntax error"),
    ],
)
def test_a_wrong_submission_scores_nothing(
    kit: Kit, code: str, status: str, words: str
) -> None:
    kit.tests(HONEST, {"test_pass": 100})
    kit.code(code)
    record = run(kit)
    assert (one(record)["status"], record.score) == (status, 0)
    assert (record.exit_code, record.labs[0].undecided) == (1, 0)
    assert words in one(record)["message"]


def test_a_build_error_of_the_kit_is_infrastructure(kit: Kit) -> None:
    kit.tests(HONEST, {"test_pass": 100})
    kit.write("Makefile", "guests:\n\tfalse\n")
    record = run(kit)
    assert (record.exit_code, record.labs[0].undecided) == (2, 100)


def test_a_test_file_that_does_not_import_is_infrastructure(kit: Kit) -> None:
    kit.tests("import nothing_of_that_name", {"test_pass": 100})
    record = run(kit)
    assert one(record)["status"] == "infrastructure"
    assert "nothing_of_that_name" in one(record)["message"]


def test_a_hook_that_fails_is_infrastructure(kit: Kit) -> None:
    kit.tests(HONEST, {"test_pass": 100})
    kit.write(
        "grader/tests/h1/conftest.py",
        "def pytest_runtest_logreport(report):\n    raise RuntimeError('a hook')",
    )
    record = run(kit)
    assert one(record)["status"] == "infrastructure"


def test_a_test_that_hangs_is_infrastructure(
    kit: Kit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(testrun, "TEST_LIMIT", 1)
    kit.tests("import time\ndef test_pass(): time.sleep(60)", {"test_pass": 100})
    assert one(run(kit))["status"] == "infrastructure"


def test_the_seed_makes_the_inputs(kit: Kit) -> None:
    kit.tests(HONEST, {"test_pass": 100})

    def inputs(seed: int | None) -> tuple[int, str]:
        seed = run(kit, seed=seed).seed
        cpio = kit.root / "build/grade/logs/h1/test_pass/vms.cpio"
        return seed, cpio.read_text()

    assert inputs(1) == inputs(1)
    assert inputs(1)[1] != inputs(2)[1]
    assert inputs(None)[0] != inputs(None)[0]


def test_one_test_can_be_chosen(kit: Kit) -> None:
    names = ["test_pass", "test_fail"]
    kit.tests(
        HONEST + ALL_ENDINGS[: ALL_ENDINGS.index("def test_assert")], points(names)
    )
    record = run(kit, tests=["test_pass"])
    assert [test.name for test in record.labs[0].tests] == ["test_pass"]
    assert (record.exit_code, record.max_score, record.selected) == (0, 99, names[:1])
    for wrong in ({"tests": ["test_pas"]}, {"tests": ["test_pass", "x"]}):
        with pytest.raises(Infrastructure, match="no test"):
            run(kit, **wrong)
    with pytest.raises(Infrastructure, match="no lab 'h9'"):
        grade("h9", kit=kit.root, qemu=str(kit.qemu))


def test_the_callers_pytest_settings_do_not_matter(
    kit: Kit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTEST_ADDOPTS", "--no-such-option")
    monkeypatch.setenv("PYTEST_PLUGINS", "no_such_plugin")
    kit.tests(HONEST, {"test_pass": 100})
    assert run(kit).score == 100


def test_two_gradings_do_not_share_a_folder_but_run_side_by_side(
    kit: Kit, tmp_path: Path
) -> None:
    kit.tests(HONEST, {"test_pass": 100})
    bad = tmp_path / "bad/h1_tiny"
    bad.mkdir(parents=True)
    (bad / "code.py").write_text("off(5)")
    (bad / "extra.c").write_text("")
    with module._alone(tmp_path / "out0"):
        with pytest.raises(Infrastructure, match="another grading"):
            run(kit, out=tmp_path / "out0")

    def side(index: int) -> Record:
        submission = bad.parent if index % 2 else None
        return run(kit, submission=submission, out=tmp_path / f"out{index}")

    with ThreadPoolExecutor(4) as pool:
        records = list(pool.map(side, range(4)))
    assert [record.score for record in records] == [100, 0, 100, 0]
    assert records[1].labs[0].ignored == ["h1_tiny/extra.c"]
    assert records[0].labs[0].ignored == []


def test_labs_side_by_side_are_told_in_their_order(kit: Kit) -> None:
    kit.tests(HONEST, {"test_pass": 100})
    kit.second_lab()
    kit.write("labs/h2_tiny/code.py", "syntax error")
    events: list[dict[str, Any]] = []
    record = run(kit, jobs=2, watch=events.append)
    assert [lab.lab for lab in record.labs] == ["h1", "h2"]
    assert [lab.score for lab in record.labs] == [100, 0]
    assert "syntax error" in record.labs[1].tests[0].detail["happened"]
    begun = [event["lab"] for event in events if event["event"] == "lab"]
    over = [event["lab"] for event in events if event["event"] == "graded"]
    assert sorted(begun) == sorted(over) == ["h1", "h2"]
    assert {e["lab"] for e in events if e["event"] in ("start", "result")} == {"h1"}


SLOW = (
    HONEST
    + """
def test_slow(boot):
    boot("tiny")
"""
)


def commands() -> Iterator[bytes]:
    """The command lines of all processes that run now."""
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):  # it may end at any moment
            yield path.read_bytes()


@pytest.mark.parametrize("labs", [1, 2])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_grading_keeps_what_it_found(
    kit: Kit, number: signal.Signals, labs: int
) -> None:
    kit.tests(SLOW, {"test_pass": 60, "test_slow": 40})
    kit.code("\nif 'test_slow' in value('-D'): time.sleep(60)\n" + GOOD)
    if labs == 2:
        kit.second_lab()
    script = (
        "import signal, sys; from pathlib import Path; import hvgrade.grade as g\n"
        # A shell starts what it puts into the background with SIGINT ignored.
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "import hvgrade.__main__ as m\n"
        f"g.KIT = Path({str(kit.root)!r})\n"
        "import functools; m.grade = functools.partial(g.grade, kit=g.KIT)\n"
        f"sys.exit(m.main(['grade', '--jobs', '{labs}', '--qemu', {str(kit.qemu)!r}]))"
    )
    grader = Path(module.__file__).parents[1]
    process = subprocess.Popen(
        [sys.executable, "-c", script],
        env=os.environ | {"PYTHONPATH": str(grader)},
        stdout=subprocess.PIPE,
        text=True,
    )
    logs = kit.root / "build/grade/logs"
    slow = [logs / f"h{n}/test_slow/console.log" for n in range(1, labs + 1)]
    deadline = time.monotonic() + 60
    while not all(x.exists() for x in slow) and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(number)
    shown, _ = process.communicate(timeout=60)
    assert process.returncode == 2
    assert f"{60 * labs} of {100 * labs} points" in shown
    data = json.loads((kit.root / "build/grade/results.json").read_text())
    assert [lab["lab"] for lab in data["labs"]] == ["h1", "h2"][:labs]
    for lab in data["labs"]:
        found = [test["status"] for test in lab["tests"]]
        assert found == ["pass", "infrastructure"]
    assert not any(bytes(kit.qemu) in command for command in commands())


def test_an_interruption_keeps_what_nobody_was_told_yet(kit: Kit) -> None:
    kit.tests(SLOW, {"test_pass": 60, "test_slow": 40})
    kit.code("\nif 'test_slow' in value('-D'): time.sleep(60)\n" + GOOD)
    slow = kit.root / "build/grade/logs/h1/test_slow/console.log"

    def watch(event: dict[str, Any]) -> None:
        if event["event"] in ("grading", "lab", "graded"):
            return
        deadline = time.monotonic() + 60
        while not slow.exists() and time.monotonic() < deadline:
            time.sleep(0.02)  # so that the result of test_pass lies ready
        raise KeyboardInterrupt

    with pytest.raises(Interrupted) as interrupted:
        run(kit, watch=watch)
    [lab] = interrupted.value.record.labs
    assert [test.status for test in lab.tests] == ["pass", "infrastructure"]


def main(*args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "hvgrade", *args],
        env=os.environ | {"PYTHONPATH": str(Path(module.__file__).parents[1])},
        capture_output=True,
        text=True,
    )


def test_the_command_line_says_what_is_wrong_in_one_line() -> None:
    done = main("grade", "--lab", "h99")
    assert done.returncode == 2
    assert done.stderr.startswith("hvgrade: there is no lab 'h99'")
    done = main("grade", "--qemu", "no-such-qemu")
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "no-such-qemu could not be started" in done.stderr
