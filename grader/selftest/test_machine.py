"""Running QEMU: every way in which a run can end, with a QEMU that is a script."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tinykit import MKVM, Kit

from hvgrade import machine as module
from hvgrade.machine import Board, Machine, Setup, Vm
from hvgrade.qemu import qemu_version
from hvgrade.verdict import Failure, Infrastructure, Unwritten


class Bench:
    """Starts machines that run a few lines of Python."""

    def __init__(self, kit: Kit) -> None:
        self.kit, self.started = kit, list[Machine]()
        kit.write("vms/tiny/kernel", "kernel")
        self.setup = Setup(str(kit.qemu), kit.root / "hv", kit.root / "vms", kit.root)

    def start(
        self,
        code: str,
        *,
        budget: int = 1_000_000,
        interactive: bool = False,
        trap_log: int = 1 << 20,
    ) -> Machine:
        self.kit.write("hv", code)
        made = Machine(
            self.setup,
            [Vm("tiny", {"seed": 7, "word": "x"}, {("/soc/a", "hv,b"): 3})],
            self.kit.root / "logs" / "test_x",
            Board(budget, cpu="rv64,h=false", interactive=interactive),
            trap_log=trap_log,
        )
        self.started.append(made)
        return made


@pytest.fixture
def bench(kit: Kit) -> Iterator[Bench]:
    made = Bench(kit)
    yield made
    for one in made.started:
        one.close()


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split(")")[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_a_run_leaves_both_witnesses_and_its_command(bench: Bench) -> None:
    run = bench.start("say('hello'); trap(10, 64); off(3)").finish()
    assert (run.status, run.lines, len(run.traps)) == (3, ["hello"], 1)
    assert not run.flooded
    names = {path.name for path in run.dir.iterdir()}
    assert {"console.log", "traps.log", "command.txt", "vms.cpio"} <= names
    assert (run.dir / "console.log").read_bytes() == b"hello\r\n"
    assert "environment call from VS-mode" in (run.dir / "traps.log").read_text()
    command = (run.dir / "command.txt").read_text()
    for words in (
        "-machine virt -cpu rv64,h=false -m 1G -bios none -nodefaults",
        "-sandbox on,",
        "-icount shift=0,sleep=off,rr=record,rrfile=/dev/null",
        "-rtc clock=vm -d int -D",
        "loader,addr=0x8000fff8,data=10000,data-len=8",
    ):
        assert words in command


def test_the_vms_are_packed_with_their_changes(bench: Bench) -> None:
    run = bench.start("off()").finish()
    packed = (run.dir / "vms.cpio").read_text()
    edits = "{'tiny': ('seed=7 word=x', [('/soc/a', 'hv,b', '3')], {})}"
    assert packed.endswith(f"/vms/tiny')] {edits}")


def test_an_old_run_in_the_same_place_is_removed(bench: Bench) -> None:
    bench.start("trap(10); say('old'); off()").finish()
    run = bench.start("say('new'); off()").finish()
    assert (run.lines, run.traps) == (["new"], [])


def test_an_unwritten_task_ends_the_test(bench: Bench) -> None:
    code = "say('hv: TODO h1.3: switch.S:24: save'); off(6)"
    with pytest.raises(Unwritten):
        bench.start(code).finish()


def test_a_console_flood_is_ended_and_cut(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "CONSOLE_CAP", 10_000)
    run = bench.start("while True: say(70 * 'x')").finish()
    assert run.flooded
    assert (run.dir / "console.log").stat().st_size == 10_000
    # The verdict is the same when the run ends before anybody looks.
    assert bench.start("say(20000 * 'x'); off(0)").finish().flooded
    assert not bench.start("say(9990 * 'x'); off(0)").finish().flooded


def test_a_trap_flood_is_ended(bench: Bench) -> None:
    run = bench.start("while True: trap(2, 0x1234)", trap_log=10_000).finish()
    assert "traps without end" in run.ending()
    assert "illegal instruction at 0x1234" in run.ending()
    with pytest.raises(Failure):
        run.expect_status(0, likely="")


def test_the_wall_clock_is_infrastructure_and_kills(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "WALL", 0.3)
    code = "import signal; signal.signal(15, signal.SIG_IGN)\nwhile True: pass"
    machine = bench.start(code, budget=1000)
    with pytest.raises(Infrastructure, match="did not end within"):
        machine.finish()
    assert not alive(machine.process.pid)


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("sys.stderr.write('bad option'); off(1)", "not be started: bad option"),
        ("os.kill(os.getpid(), signal.SIGSEGV)", "SIGSEGV"),
        ("os.kill(os.getpid(), signal.SIGKILL)", "SIGKILL"),
        ("os.unlink(value('-D')); off(0)", "no trap log"),
        ("log.write('riscv_cpu_do_interrupt: new\\n'); off(0)", "unknown form"),
    ],
)
def test_trouble_with_qemu_itself_is_infrastructure(
    bench: Bench, code: str, words: str
) -> None:
    with pytest.raises(Infrastructure, match=words):
        bench.start(code).finish()


def test_a_status_of_its_own_is_the_code_under_test(bench: Bench) -> None:
    run = bench.start("say('hv: all is well'); off(1)").finish()
    assert run.status == 1


def test_a_missing_qemu_or_vm_is_infrastructure(bench: Bench, kit: Kit) -> None:
    with pytest.raises(Infrastructure, match="no-such-qemu"):
        qemu_version("no-such-qemu")
    assert qemu_version(str(kit.qemu)) == "9.9.9"
    bench.setup = Setup("no-such-qemu", kit.root, kit.root / "vms", kit.root)
    with pytest.raises(Infrastructure, match="could not be started"):
        bench.start("off()")
    bench.setup = Setup(str(kit.qemu), kit.root, kit.root / "nowhere", kit.root)
    with pytest.raises(Infrastructure, match="no VM 'tiny'"):
        bench.start("off()")


def test_a_broken_vm_is_infrastructure(bench: Bench, kit: Kit) -> None:
    broken = MKVM.replace("output.write_text", "raise VmError")
    kit.write(
        "common/hv/mkvm.py", broken.replace('f"{vms} {edits}"', "'vm.dts: broken'")
    )
    with pytest.raises(Infrastructure, match="mkvm: vm.dts: broken"):
        bench.start("off()")


ECHO = """
say("ready")
for line in sys.stdin.buffer:
    say("got " + line.decode().strip())
    if line == b"end\\n":
        off(0)
"""


def test_a_test_can_talk_to_the_machine(bench: Bench) -> None:
    machine = bench.start(ECHO, interactive=True)
    assert "sleep=on" in machine.argv[machine.argv.index("-icount") + 1]
    machine.expect("ready", likely="")
    machine.send("one\n")
    assert machine.expect(r"got o\w+", likely="") == "got one"
    machine.send("end\n")
    run = machine.finish()
    assert run.lines == ["ready", "got one", "got end"]


def test_waiting_in_vain_is_a_failure_that_says_how_the_run_ended(bench: Bench) -> None:
    machine = bench.start("say('m-mode: budget spent: x'); off(7)", interactive=True)
    with pytest.raises(Failure) as error:
        machine.expect("login:", likely="the interrupt never comes", read="R")
    verdict = error.value.verdict
    assert verdict.expected == "/login:/ on the console"
    assert "m-mode: budget spent: x" in verdict.happened
    assert (verdict.cause, verdict.read) == ("the interrupt never comes", "R")


def test_waiting_for_an_unwritten_task_says_so(bench: Bench) -> None:
    code = "say('hv: TODO h1.3: switch.S:24: save'); off(6)"
    with pytest.raises(Unwritten):
        bench.start(code, interactive=True).expect("never", likely="")


def test_a_machine_that_is_left_is_killed(bench: Bench) -> None:
    with bench.start("while True: pass") as machine:
        assert alive(machine.process.pid)
    assert not alive(machine.process.pid)


LEFT = """
import sys, time
from pathlib import Path
from hvgrade.machine import Board, Machine, Setup
root = Path(sys.argv[1])
setup = Setup(str(root / "qemu"), root / "hv", root / "vms", root)
print(Machine(setup, [], root / "left", Board(1000)).process.pid, flush=True)
time.sleep(60)
"""


def test_qemu_does_not_outlive_the_grader(kit: Kit) -> None:
    """The process that started QEMU is killed, so no Python code can clean up."""
    kit.write("hv", "say('up')\nwhile True: pass")
    grader = str(Path(module.__file__).parents[1])
    with subprocess.Popen(
        [sys.executable, "-c", LEFT, str(kit.root)],
        env=os.environ | {"PYTHONPATH": grader},
        stdout=subprocess.PIPE,
        text=True,
    ) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        console, deadline = kit.root / "left/console.log", time.monotonic() + 60
        while not console.stat().st_size and time.monotonic() < deadline:
            time.sleep(0.02)
        assert alive(pid)
        parent.kill()
    while alive(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not alive(pid)
