"""Unit tests in a grading: what they may do, and how their failures are told."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import strategies
from test_grading import HONEST, one, run
from tinykit import TOML, Kit

from hvgrade import unit as module
from hvgrade.build import HOST_CC, Tree, refuse_foreign_functions
from hvgrade.unit import Call, Unit
from hvgrade.verdict import Failure, Infrastructure, Unwritten

# The "pure file" of these tests is the body of square(n) in Python; the driver
# answers "square N" with what it returns.
DRIVER = (
    f"#!{sys.executable} -SE"
    + r"""
import os, sys, time
def todo():
    os.write(2, b"hv: TODO h1.1: code.c:3: write it\n")
    os._exit(6)
def crash(text):
    os.write(2, text.encode())
    os._exit(99)
exec("def square(n):\n  " + open(sys.argv[0] + ".code").read())
for line in sys.stdin:
    key, name, n = line.split()
    print(key, square(int(n)) if name == "square" else 0, flush=True)
"""
)

MAKEFILE = """
unit-driver:
\tmkdir -p $(OUT)
\tcp common/driver $(OUT)/unit
\tcp $(SUBMISSION)/*/code.py $(OUT)/unit.code
"""

TESTS = """
from hypothesis import strategies
from hvgrade.unit import Call

def ask(unit, n):
    call = Call(f"square {n}", f"square({n})")
    ((got,),) = unit.ask([call])
    if int(got) != n * n:
        unit.fail([call], [got], f"square({n}) -> {n * n}", likely="the formula")

def test_square(unit):
    unit.check(strategies.integers(0, 1000), lambda n: ask(unit, n))
"""

WRONG_TESTS = """
def test_asks_nothing(unit):
    pass

def test_boots_too(unit, boot):
    ask(unit, 2)

def test_uses_neither():
    pass

def test_unmarked(unit):
    ask(unit, 2)

def test_unmarked_boots(boot):
    look(boot("tiny"))
"""

NAMES = [
    "test_square",
    "test_asks_nothing",
    "test_boots_too",
    "test_uses_neither",
    "test_unmarked",
    "test_unmarked_boots",
]


@pytest.fixture
def unit_kit(kit: Kit) -> Callable[..., None]:
    """Writes tests, and rows in lab.toml that mark all but "unmarked" as unit."""

    def write(source: str, *names: str) -> None:
        rows = ""
        for name in names:
            points = 101 - len(names) if name == names[0] else 1
            rows += f'[[test]]\nname = "{name}"\ntitle = "{name}"\ntask = "h1.1"\n'
            rows += f"points = {points}\nunit = {str('unmarked' not in name).lower()}\n"
        kit.write("labs/h1_tiny/lab.toml", TOML + rows)
        kit.write("grader/tests/h1/test_h1.py", source)
        kit.write("common/driver", DRIVER).chmod(0o755)
        kit.write("Makefile", (kit.root / "Makefile").read_text() + MAKEFILE)

    return write


def test_only_marked_tests_are_free_of_the_two_legs(
    kit: Kit, unit_kit: Callable[..., None]
) -> None:
    unit_kit(HONEST + TESTS + WRONG_TESTS, *NAMES)
    # Both a body for square() and a program for the false QEMU.
    kit.code("return n * n if 'n' in globals() or 'n' in locals() else 0")
    record = run(kit)
    found = {test.name: test.status for test in record.labs[0].tests}
    wrong = NAMES[1:5]
    assert found["test_square"] == "pass"
    assert {name: found[name] for name in wrong} == dict.fromkeys(
        wrong, "infrastructure"
    )
    for name, words in (
        ("test_asks_nothing", "without looking at: answers"),
        ("test_boots_too", "does not boot"),
        ("test_uses_neither", "without a run"),
        ("test_unmarked", "has no 'unit = true'"),
    ):
        assert words in one(record, name)["message"]


def test_alone_they_need_no_machine(kit: Kit, unit_kit: Callable[..., None]) -> None:
    last = WRONG_TESTS[WRONG_TESTS.index("def test_unmarked_boots") :]
    unit_kit(HONEST.split("def test_pass")[0] + TESTS + last, *NAMES[::5])
    kit.code("return n * n")
    record = run(kit, unit=True, qemu="no-such-qemu")
    assert [test.name for test in record.labs[0].tests] == ["test_square"]
    assert (record.exit_code, record.score, record.max_score) == (0, 99, 99)
    assert (kit.root / "build/unit/results.json").is_file()
    assert not (kit.root / "build/unit/h1/out/hv.elf").exists()
    for wrong in ({"tests": ["test_unmarked_boots"]}, {"tests": ["test_squar"]}):
        with pytest.raises(Infrastructure, match="no unit test"):
            run(kit, unit=True, **wrong)


@pytest.mark.parametrize(
    ("code", "status", "words"),
    [
        ("return n * n if n < 7 else 0", "fail", "square(7) -> 0"),
        ("todo()", "unwritten", "h1.1: labs/h1_tiny/code.c:3: write it"),
        ("return todo() if n > 9 else n * n", "unwritten", "h1.1"),
        (
            "if n > 8: crash('x.c:1:2: runtime error: shift exponent 64')\n"
            "  return n * n",
            "fail",
            "square(9) -> x.c:1:2: runtime error: shift exponent 64",
        ),
        ("while n > 5: pass\n  return n * n", "fail", "endless loop"),
        ("print('0123 81')\n  return n * n", "fail", "something else was written"),
    ],
)
def test_a_wrong_file_fails_with_the_shortest_input(
    kit: Kit, unit_kit: Callable[..., None], code: str, status: str, words: str
) -> None:
    unit_kit(TESTS, "test_square")
    kit.code(code)
    record = run(kit, unit=True)
    found = one(record, "test_square")
    assert (found["status"], record.score, record.exit_code) == (status, 0, 1)
    assert words in found["message"]
    assert found["detail"]["read"] == "labs/h1_tiny/README.md#h11"
    log = kit.root / found["log"]
    assert log.read_text()
    assert (log.parent / "commands.txt").read_text().startswith("1 square ")


# ---- Unit itself -----------------------------------------------------------------


@pytest.fixture
def make_unit(tmp_path: Path) -> Any:
    made: list[Unit] = []

    def make(code: str, seed: str = "1") -> Unit:
        program = tmp_path / "out/unit"
        program.parent.mkdir(exist_ok=True)
        program.write_text(DRIVER)
        program.chmod(0o755)
        Path(f"{program}.code").write_text(code)
        made.append(Unit(program, tmp_path / "log", seed, "READ", {"h1.1": "a/b.md"}))
        return made[-1]

    yield make
    for unit in made:
        unit.close()


def check(unit: Unit, asked: list[int] | None = None) -> None:
    def body(n: int) -> None:
        if asked is not None:
            asked.append(n)
        call = Call(f"square {n}", f"square({n})")
        ((got,),) = unit.ask([call])
        if int(got) != n * n:
            unit.fail([call], [got], f"{n * n}", likely="the formula")

    unit.check(strategies.integers(0, 1 << 40), body, examples=[3])


def test_the_seed_alone_decides_the_inputs(make_unit: Callable[..., Unit]) -> None:
    asked: list[list[int]] = [[], [], []]
    for numbers, seed in zip(asked, ("1", "1", "2"), strict=True):
        check(make_unit("return n * n", seed), numbers)
    assert asked[0] == asked[1] != asked[2]
    assert asked[0][0] == 3 and len(asked[0]) > 20


def test_a_failure_that_comes_and_goes_is_a_failure(
    make_unit: Callable[..., Unit],
) -> None:
    often = "global c; c = globals().get('c', 0) + 1\n  return n * n + (c % 9 == 8)"
    with pytest.raises(Failure):
        check(make_unit(often))


def test_looking_for_a_shorter_input_takes_its_time_and_no_more(
    make_unit: Callable[..., Unit], monkeypatch: pytest.MonkeyPatch
) -> None:
    for effort in (0, 100):
        monkeypatch.setattr(module, "SHRINK", effort)
        unit = make_unit("while n > 10: pass\n  return n * n")
        unit.driver.cpu_limit = 0.2
        with pytest.raises(Failure, match="endless loop"):
            check(unit)


def test_unwritten_names_where_to_read(make_unit: Callable[..., Unit]) -> None:
    with pytest.raises(Unwritten) as error:
        check(make_unit("todo()"))
    assert error.value.verdict.read == "a/b.md"


# ---- what a pure file may use ------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "happened"),
    [
        ('#include <stdio.h>\nvoid f(int i) { printf("%d", i); }', ""),
        ("#include <string.h>\nvoid f(char *p) { memset(p, 0, strlen(p)); }", ""),
        ("void todo(void); void f(void) { todo(); }", ""),
        ("void g(void); void f(void) { g(); }", ""),  # it is in the other file
        ('int system(char *); int f(void) { return system("ls"); }', "uses system"),
        ('int open(); int f(void) { return open("/etc/passwd", 0); }', "uses open"),
        (
            'void host_answer(char *); void f(void) { host_answer(""); }',
            "uses host_answer",
        ),
        ("long syscall(); long f(void) { return syscall(57); }", "uses syscall"),
        ("int x[9]; int f(int i) { return x[i]; }", ""),
        ("void __asan_report_load8(long a) {}", "defines __asan_report_load8"),
    ],
)
def test_a_pure_file_uses_what_the_kernel_offers(
    kit: Kit, source: str, happened: str
) -> None:
    tree = Tree(kit.root, "build", kit.root / "build/unit/h1")
    made = {
        kit.root / "build/obj/host/grader/unit/host.o": "void host_answer(char *p)"
        " { (void)p; } void todo(void) {}",
        tree.out / "obj/host/h1_tiny/a.o": source,
        tree.out / "obj/host/h1_tiny/b.o": "void g(void) {}",
    }
    for path, text in made.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        argv = [HOST_CC, "-w", "-fsanitize=address", "-c", "-xc", "-o", str(path), "-"]
        subprocess.run(argv, input=text, text=True, check=True)
    if not happened:
        refuse_foreign_functions(tree)
        return
    with pytest.raises(Failure) as error:
        refuse_foreign_functions(tree)
    assert f"a.c {happened}" in error.value.verdict.message
