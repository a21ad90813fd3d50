"""SLURM=1: the same class as array jobs of a Slurm cluster.

Slurm does the queueing, the retrying (--requeue) and the waiting; here is only
how the class is cut. A task grades CHUNK submissions; a job that comes after
all of them, however they ended, writes the gradebook. SUBMISSIONS, OUT and the
kit are where every node sees them. A task that starts again skips what has its
record, so a dead node loses nothing but time.
"""

import math
import shlex
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from .classroom import Entry
from .lab import KIT
from .verdict import Infrastructure

CHUNK = 10  # submissions for a task: starting one costs as much as grading one


def chunk(every: Sequence[Entry], number: int, size: int) -> Sequence[Entry]:
    """The submissions of one task."""
    return every[number * size : (number + 1) * size]


def _sbatch(out: Path, command: Sequence[str], *options: str) -> str:
    argv = ["sbatch", "--parsable", f"--chdir={KIT}", *options]
    argv += [f"--output={out}/slurm/%x-%A-%a.log", "--open-mode=append"]
    argv += ["--wrap", shlex.join(["env", f"PYTHONPATH={KIT}/grader", *command])]
    try:
        done = subprocess.run(argv, capture_output=True, text=True)
    except OSError as error:
        raise Infrastructure(f"sbatch could not be started: {error}") from error
    if done.stdout and "--wait" in options:
        return done.stdout.strip()  # its status is that of the job
    if done.returncode:
        raise Infrastructure(f"sbatch failed: {done.stderr.strip()}")
    return done.stdout.strip()


def submit(every: Sequence[Entry], out: Path, size: int, words: Sequence[str]) -> None:
    """Hands the class to Slurm, and returns when the gradebook is written.

    words: the arguments of grade-class that all tasks share.
    """
    (out / "slurm").mkdir(parents=True, exist_ok=True)
    last = math.ceil(len(every) / size) - 1
    command = [sys.executable, "-m", "hvgrade", "grade-class", *words]
    task = [*command, "--jobs", "1", "--chunk-size", str(size), "--chunk"]
    # Slurm replaces nothing in an argument that is quoted: the number comes
    # from the environment.
    array = _sbatch(
        out,
        ["sh", "-c", f"exec {shlex.join(task)} $SLURM_ARRAY_TASK_ID"],
        "--job-name=hvlab",
        f"--array=0-{last}",
        "--requeue",
        "--cpus-per-task=1",
    )
    print(f"Slurm job {array}: {last + 1} tasks of {size} submissions", flush=True)
    _sbatch(
        out,
        [*command, "--collect"],
        "--job-name=hvlab-collect",
        f"--dependency=afterany:{array.partition(';')[0]}",
        "--requeue",
        "--wait",
    )
