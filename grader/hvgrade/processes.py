"""What /proc says about processes: who is whose child, and ending a whole family."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

GONE = 5.0  # seconds; SIGKILL needs milliseconds, unless the machine stands still


def stats() -> Iterator[tuple[int, list[str]]]:
    """The number of each process, and what its stat has behind the name (proc(5))."""
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            yield int(path.parent.name), path.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it has just ended


def _descendants(pid: int) -> set[int]:
    parents = {child: int(fields[1]) for child, fields in stats()}
    found, new = {pid}, {pid}
    while new:
        new = {child for child, parent in parents.items() if parent in new} - found
        found |= new
    return found


def _signal(pids: set[int], number: signal.Signals) -> None:
    for pid in pids:
        try:
            os.kill(pid, number)
        except (ProcessLookupError, PermissionError):
            pass  # it has ended


def _end_family(pid: int) -> None:
    """Ends a process, all that it has started, and what these have.

    First all of them are halted, or one could start another behind our back.
    """
    family = set[int]()
    while new := _descendants(pid) - family:
        _signal(new, signal.SIGSTOP)
        family |= new
    _signal(family, signal.SIGKILL)
    until = time.monotonic() + GONE
    while time.monotonic() < until:
        if not any(pid in family and fields[0] != "Z" for pid, fields in stats()):
            return
        time.sleep(0.01)


def end(process: subprocess.Popen[bytes]) -> None:
    """Ends the leader of a session and all that it has started: nothing is left."""
    if process.poll() is None:
        _end_family(process.pid)
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait()
