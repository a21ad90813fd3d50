"""Runs the graded tests of a lab: pytest, in a process of its own.

Whatever happens there, the results that arrived until then are kept.
"""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from . import processes
from .lab import Lab
from .session import Session
from .verdict import Verdict

GRADER = Path(__file__).resolve().parents[1]
TEST_LIMIT = 3600  # seconds for one test: a test that hangs is our fault
Watch = Callable[[dict[str, Any]], None]
Results = dict[str, tuple[Verdict, float]]  # by test: the verdict, the seconds


def _pytest_argv(session: Path, tests: Path, jobs: int) -> list[str]:
    argv = ["setpriv", "--pdeathsig", "KILL"] if shutil.which("setpriv") else []
    argv += [sys.executable, "-m", "pytest", "-c", str(GRADER / "pyproject.toml")]
    argv += ["--rootdir", str(tests), "-p", "hvgrade.plugin", "-p", "timeout"]
    argv += ["-p", "no:cacheprovider", f"--timeout={TEST_LIMIT}", "--tb=short"]
    if jobs > 1:
        argv += ["-p", "xdist", "-n", str(jobs)]
    return [*argv, "--session", str(session), str(tests)]


def _pytest_environment(work: Path) -> dict[str, str]:
    away = ("PYTEST_", "MAKE", "MFLAGS", "PYTHONPATH")
    env = {k: v for k, v in os.environ.items() if not k.startswith(away)}
    return env | {
        "PYTHONPATH": str(GRADER),
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "HYPOTHESIS_STORAGE_DIRECTORY": str(work / "hypothesis"),
    }


def _lines(path: Path) -> list[str]:
    """The plugin's events so far; a line that is half-written waits."""
    return path.read_text().split("\n")[:-1]


def run_tests(
    session: Session, lab: Lab, jobs: int, watch: Watch, results: Results
) -> str:
    """Fills results as they come; returns what else went wrong, or ""."""
    work = Path(session.out) / lab.name
    tests = Path(session.kit) / "grader/tests" / lab.name
    path, events, log = (
        work / name for name in ("session.json", "events.jsonl", "pytest.log")
    )
    session.save(path)
    events.write_text("")
    seen = 0
    errors: list[str] = []
    with log.open("wb") as output:
        process = subprocess.Popen(
            _pytest_argv(path, tests, jobs),
            cwd=session.kit,
            env=_pytest_environment(work),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )

    def take() -> None:
        nonlocal seen
        new = [json.loads(line) for line in _lines(events)[seen:]]
        for event in new:
            if event["event"] == "result":
                results[event["name"]] = Verdict(**event["verdict"]), event["seconds"]
            elif event["event"] == "error":
                errors.append(event["text"])
        seen += len(new)
        for event in new:  # only now: whoever watches may end it by an exception
            watch(event | {"lab": lab.name})

    try:
        while process.poll() is None:
            take()
            watch({"event": "waiting"})
            time.sleep(0.05)
    finally:
        processes.end(process)
        take()
    if process.returncode not in (0, 1) and not errors:
        tail = log.read_text(errors="replace")[-1000:]
        errors.append(f"pytest ended with status {process.returncode}:\n{tail}")
    return "\n".join(errors)
