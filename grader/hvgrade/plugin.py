"""The pytest plugin: the fixtures of graded tests, and a verdict for each.

    def test_hello(boot: Boot, rng: Random) -> None:
        n = rng.randrange(1, 1000)
        run = boot("hello", bootargs={"n": n})
        run.expect_status(SHUTDOWN, likely="SRST does not stop the VM")
        run.expect_line(f"n = {n}", likely="a0 is not what the guest passed")
        run.expect_traps(10, 22, inside="sbi_ecall", likely="...")

It runs inside pytest (and inside every xdist worker) and reports to grade.py
through a file of events, one JSON object per line. The file is on disk while
the tests run, so that an interrupted grading leaves what it found. To debug a
graded test, grade once and then:

    PYTHONPATH=grader python3 -m pytest -c grader/pyproject.toml \\
        -p hvgrade.plugin --session build/grade/h1/session.json \\
        grader/tests/h1 -k hello --pdb
"""

import json
import random
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from .lab import Lab
from .machine import Board, Machine, Vm
from .run import Run
from .session import Session, log_dir
from .unit import Unit
from .verdict import INFRASTRUCTURE, PASS, Infrastructure, Looked, Verdict, judge

_SESSION = pytest.StashKey[Session]()
_LAB = pytest.StashKey[Lab]()
_EVENTS = pytest.StashKey[Path]()
_LOOKED = pytest.StashKey[Sequence[Looked]]()
_TRAP_LOG = 2 << 20  # bytes, some 14,000 traps: enough for the labs' own guests
_SEVERITY = [PASS, "unwritten", "fail", INFRASTRUCTURE]


class Boot:
    """What the fixture `boot` is: it starts machines for one test."""

    def __init__(self, session: Session, lab: Lab, name: str) -> None:
        self._session, self._name = session, name
        test = lab.tests.get(name)
        self._read = lab.read_of(test.task) if test else ""
        self._reads = {task: lab.read_of(task) for task in lab.tasks}
        self._folder = log_dir(Path(session.out), lab.name, name)
        self.machines: list[Machine] = []

    def __call__(self, *vms: str | Vm, **options: Any) -> Run:
        """Boots the VMs, waits for the end, and returns the run. Options: start()."""
        return self.start(*vms, interactive=False, **options).finish()

    def start(
        self,
        *vms: str | Vm,
        bootargs: Mapping[str, object] | None = None,
        set: Mapping[tuple[str, str], object] | None = None,
        budget: int = Board.budget,
        cpu: str = Board.cpu,
        memory: str = Board.memory,
        append: str = "",
        flash: bytes = b"",
        steps: bool = False,
        trap_log: int | None = None,
        interactive: bool = True,
    ) -> Machine:
        """Starts a machine that the test talks to: expect(), send(), finish().

        bootargs: arguments of the (only) guest; set: properties of its device
        tree, {("/node", "property"): value}; budget: instructions; append: to the
        hypervisor; flash: the machine's pflash; steps: QEMU also records what
        TrapLog.steps_since() counts; trap_log: bytes of that record, beyond which
        the run is ended. While it is interactive, idle time passes in real time, so
        that input can arrive.
        """
        if (bootargs or set) and len(vms) != 1:
            raise Infrastructure("with several VMs, give bootargs and set in Vm(...)")
        guests = [
            vm if isinstance(vm, Vm) else Vm(vm, bootargs or {}, set or {})
            for vm in vms
        ]
        if self._session.linux and any(vm.folder == "linux" for vm in guests):
            raise Infrastructure(f"there is no Linux VM: {self._session.linux}")
        if trap_log is None:
            real = any(vm.folder == "linux" for vm in guests)
            trap_log = _TRAP_LOG * (8 if real else 1)
        folder = self._folder
        if self.machines:
            folder = folder / f"run{len(self.machines) + 1}"
        machine = Machine(
            self._session.setup,
            guests,
            folder,
            Board(budget, cpu, memory, append, flash, steps, interactive),
            trap_log=trap_log,
            traced=self._session.traced,
            read=self._read,
            reads=self._reads,
        )
        self.machines.append(machine)
        return machine


@pytest.fixture
def boot(request: pytest.FixtureRequest) -> Iterator[Boot]:
    """Boots guests on the hypervisor under test: run = boot("hello")."""
    stash = request.config.stash
    if _is_unit(request):
        raise Infrastructure("a unit test does not boot anything: see lab.toml")
    bench = Boot(stash[_SESSION], stash[_LAB], request.node.name)
    request.node.stash[_LOOKED] = bench.machines
    yield bench
    for machine in bench.machines:
        machine.close()


@pytest.fixture
def unit(request: pytest.FixtureRequest, seed: int) -> Iterator[Unit]:
    """Calls the pure files of the submission, on this machine: see unit.py.

    Only for tests that lab.toml marks: they have one leg, not two.
    """
    session, lab = request.config.stash[_SESSION], request.config.stash[_LAB]
    name = request.node.name
    if not _is_unit(request):
        raise Infrastructure(f"{name} has no 'unit = true' in lab.toml")
    bench = Unit(
        Path(session.driver),
        log_dir(Path(session.out), lab.name, name),
        f"{seed}/{name}",
        lab.read_of(lab.tests[name].task),
        {task: lab.read_of(task) for task in lab.tasks},
    )
    request.node.stash[_LOOKED] = [bench]
    yield bench
    bench.close()


def _is_unit(request: pytest.FixtureRequest) -> bool:
    test = request.config.stash[_LAB].tests.get(request.node.name)
    return test is not None and test.unit


@pytest.fixture
def seed(request: pytest.FixtureRequest) -> int:
    """The seed of this grading."""
    return request.config.stash[_SESSION].seed


@pytest.fixture
def rng(request: pytest.FixtureRequest, seed: int) -> random.Random:
    """Random inputs for this test, the same again with the same seed."""
    return random.Random(f"{seed}/{request.node.name}")


def pytest_addoption(parser: pytest.Parser) -> None:
    help_text = "session.json of a grading (see grade.py)"
    parser.addoption("--session", type=Path, default=None, help=help_text)


def pytest_configure(config: pytest.Config) -> None:
    path = config.getoption("--session")
    if path is None:
        return
    config.stash[_SESSION] = session = Session.load(path)
    config.stash[_LAB] = session.lab
    if not hasattr(config, "workerinput"):
        config.stash[_EVENTS] = path.with_name("events.jsonl")
    config.pluginmanager.register(_Hooks(config), "hvgrade-hooks")


class _Hooks:
    """The hooks of a graded session."""

    def __init__(self, config: pytest.Config) -> None:
        self.config, self.stash = config, config.stash
        self.results: dict[str, dict[str, Any]] = {}

    def emit(self, **event: Any) -> None:
        path = self.stash.get(_EVENTS, None)
        if path:
            with path.open("a") as file:
                file.write(json.dumps(event) + "\n")

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Keeps the tests asked for, and those that lab.toml does not know."""
        wanted = {name: i for i, name in enumerate(self.stash[_SESSION].tests)}
        known = self.stash[_LAB].tests
        away = [i for i in items if i.name in known and i.name not in wanted]
        items[:] = [item for item in items if item not in away]
        items.sort(key=lambda item: wanted.get(item.name, -1))
        self.config.hook.pytest_deselected(items=away)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        name = item.name
        if name not in self.stash[_LAB].tests:
            raise Infrastructure(f"{name} is not in {self.stash[_SESSION].toml}")
        if sum(other.name == name for other in item.session.items) > 1:
            raise Infrastructure(f"{name} is there twice")

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Iterator[None]:
        """Adds the verdict of each phase to its report, in the worker."""
        outcome: Any = yield
        report: pytest.TestReport = outcome.get_result()
        error = call.excinfo.value if call.excinfo else None
        log = log_dir(Path(self.stash[_SESSION].out), self.stash[_LAB].name, item.name)
        if error is None and call.when != "call":
            verdict = Verdict(PASS, log=str(log))  # nothing was tested in this phase
        else:
            runs: Sequence[Looked] = item.stash.get(_LOOKED, [])
            verdict = judge(error, runs, str(log))
        report.user_properties.append(("verdict", verdict.as_dict()))

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self.emit(event="start", name=nodeid.split("::", 1)[-1])

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Folds the phases of a test into one result: the worst counts."""
        name = report.nodeid.split("::", 1)[-1]
        found = dict(report.user_properties).get("verdict")
        if not isinstance(found, dict):  # a worker died, or pytest reported alone
            text = f"pytest reported no verdict: {report.longreprtext}"
            found = Verdict(INFRASTRUCTURE, happened=text).as_dict()
        result = self.results.setdefault(name, {"verdict": found, "seconds": 0.0})
        result["seconds"] += report.duration
        result.setdefault("phases", []).append(report.when)
        severity = [_SEVERITY.index(v["status"]) for v in (result["verdict"], found)]
        if severity[1] >= severity[0]:
            result["verdict"] = found
        if report.when not in ("setup", "call"):
            del self.results[name]
            whole = result["phases"] == ["setup", "call", "teardown"]
            if result["verdict"]["status"] == PASS and not whole:
                text = f"the test was not run whole: {result['phases']}"
                found = Verdict(INFRASTRUCTURE, happened=text).as_dict()
                result["verdict"] = found
            self.emit(event="result", name=name, **result)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.emit(event="error", text=f"{report.nodeid}: {report.longreprtext}")

    def pytest_internalerror(self, excrepr: object) -> None:
        self.emit(event="error", text=f"pytest failed: {excrepr}")
