"""What a test may expect of a run, and what it says when that is not so."""

import re
from collections.abc import Callable
from functools import partial

import pytest
from tinykit import MakeRun

from hvgrade.run import Run, normalise
from hvgrade.verdict import Failure, Infrastructure, Unwritten, Verdict

ECALL = (
    "riscv_cpu_do_interrupt: hart:0, async:0, cause:000000000000000a, "
    "epc:0x0000000090000038, tval:0x0000000000000000, desc=hypervisor_ecall\n"
)
CONSOLE = (
    "hv: vm tiny: ram\r\nhello\r\n\x1b[31mworld\x1b[0m\r\nhv: vm tiny: stopped: x\r\n"
)


def failing(call: Callable[[], object]) -> Verdict:
    with pytest.raises(Failure) as error:
        call()
    return error.value.verdict


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"a\r\nb\r\r\nc\n\rd\re", "a\nb\nc\nd\ne"),
        (b"\x1b[1;31mred\x1b[0m \x1b]0;title\x07x\x1b[Ky", "red xy"),
        (b"\xff\xc3\xa9", "\\xffé"),
    ],
)
def test_the_console_is_normalised(raw: bytes, text: str) -> None:
    assert normalise(raw) == text


def test_lines_are_whole_lines(make_run: MakeRun) -> None:
    run = make_run(CONSOLE)
    run.expect_line("world", likely="")
    assert run.expect_line(re.compile(r"w(.*)d"), likely="")[1] == "orl"
    assert run.guest_lines == ["hello", "world"]
    for pattern in ("worl", re.compile("worl")):
        verdict = failing(partial(run.expect_line, pattern, likely="why"))
        assert "not printed" in verdict.happened
        assert verdict.cause == "why"
        assert verdict.read == "labs/h1_tiny/README.md#h11"
        assert verdict.log.endswith("console.log")
    run.expect_no_line("worl", likely="")
    assert "'hello'" in failing(lambda: run.expect_no_line("hello", likely="")).happened


def test_a_line_is_expected_once_unless_the_test_says_otherwise(
    make_run: MakeRun,
) -> None:
    run = make_run("a\na\n")
    assert "2 times" in failing(lambda: run.expect_line("a", likely="")).happened
    run.expect_line("a", times=2, likely="")
    run.expect_line("a", times=None, likely="")
    failing(lambda: run.expect_line("b", times=None, likely=""))
    failing(lambda: run.expect_line("b", times=0, likely=""))


def test_a_near_miss_is_shown(make_run: MakeRun) -> None:
    run = make_run("guest: a0 = 0x1234\n")
    verdict = failing(lambda: run.expect_line("guest: a0 = 0x6688", likely=""))
    assert "nearest line: 'guest: a0 = 0x1234'" in verdict.happened


@pytest.mark.parametrize("lines", [["hello"], ["hello", "world", "x"], ["hello", "w"]])
def test_guest_output_is_the_whole_output(make_run: MakeRun, lines: list[str]) -> None:
    run = make_run(CONSOLE)
    run.expect_guest_output(["hello", "world"], likely="")
    failing(lambda: run.expect_guest_output(lines, likely=""))


def test_traps_are_counted(make_run: MakeRun) -> None:
    run = make_run("", ECALL * 3)
    assert len(run.expect_traps(10, 3, likely="")) == 3
    run.expect_traps(10, at_least=2, likely="")
    run.expect_traps(2, 0, likely="")
    run.expect_traps(10, 0, where=lambda trap: trap.tval == 1, likely="")
    verdict = failing(lambda: run.expect_traps(10, 4, likely=""))
    assert "recorded 3" in verdict.happened
    assert "environment call from VS-mode (cause 10)" in verdict.expected
    assert verdict.log.endswith("traps.log")
    failing(lambda: run.expect_traps(10, at_least=4, likely=""))
    failing(lambda: run.expect_traps(10, 3, is_async=True, likely=""))
    with pytest.raises(Infrastructure):
        run.expect_traps(10, likely="")
    with pytest.raises(Infrastructure):
        run.expect_traps(10, 3, at_least=3, likely="")


def test_each_expectation_notes_its_leg(make_run: MakeRun) -> None:
    def looked(look: Callable[[Run], object]) -> set[str]:
        run = make_run("a\n", ECALL)
        look(run)
        return run.looked

    assert looked(lambda run: run.expect_status(0, likely="")) == set()
    assert looked(lambda run: run.expect_line("a", likely="")) == {"console"}
    assert looked(lambda run: run.expect_no_line("b", likely="")) == {"console"}
    assert looked(lambda run: run.expect_guest_output(["a"], likely="")) == {"console"}
    assert looked(lambda run: run.expect_traps(10, 1, likely="")) == {"traps"}
    assert looked(lambda run: run.traps) == {"traps"}


@pytest.mark.parametrize(
    ("status", "line", "words"),
    [
        (5, "hv: PANIC: page 0 is freed twice", "page 0 is freed twice"),
        (7, "m-mode: budget spent: hart 0 was in VS-mode at pc 0x1", "VS-mode at pc"),
        (7, "", "budget of 1,000 instructions"),
        (3, "hv: vm tiny: stopped: nothing handles it", "nothing handles it"),
        (42, "x", "a code of its own (status 42)"),
    ],
)
def test_how_a_run_ended_is_said(
    make_run: MakeRun, status: int, line: str, words: str
) -> None:
    run = make_run(f"first\n{line}\nlast\n", ECALL, status)
    verdict = failing(lambda: run.expect_line("never", likely=""))
    assert words in verdict.happened
    assert "  last" in verdict.happened
    failing(lambda: run.expect_status(0, likely=""))


def test_a_flood_never_has_the_right_status(make_run: MakeRun) -> None:
    run = make_run("x\n")
    run.flooded = True
    assert "flooded" in failing(lambda: run.expect_status(0, likely="")).happened


def test_an_unwritten_task_is_named(make_run: MakeRun) -> None:
    run = make_run("hv: TODO h1.7: exit.c:24: reflect: it\r\n", status=6)
    with pytest.raises(Unwritten) as error:
        run.raise_if_unwritten()
    verdict = error.value.verdict
    assert verdict.happened == "h1.7: labs/h1_tiny/exit.c:24: reflect: it"
    assert verdict.read == "labs/h1_tiny/README.md#h17"


def test_the_code_of_a_todo_without_its_line_is_a_failure(make_run: MakeRun) -> None:
    assert failing(make_run("x\n", status=6).raise_if_unwritten).status == "fail"
    make_run("hv: TODO h1.7: exit.c:24: x\n", status=0).raise_if_unwritten()
