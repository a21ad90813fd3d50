"""make check-cluster: a class on Slurm, two nodes on this machine, one dies.

Not a part of make check: it installs Slurm's packages, as root.
"""

import csv
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from hvgrade.lab import KIT, find_labs
from hvgrade.variants import sample

PACKAGES = "slurmctld", "slurmd", "slurm-client", "munge"
LAB = find_labs()["h1"]
CLASS, CHUNK = 8, 1
WAIT = 600.0  # seconds for the whole class

CONFIGURATION = """
ClusterName=hvlab
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={ports[0]}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
CryptoType=crypto/munge
CredType=cred/munge
SlurmUser=root
SlurmdUser=root
MpiDefault=none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SwitchType=switch/none
ReturnToService=2
SlurmctldTimeout=30
SlurmdTimeout=15
InactiveLimit=0
KillWait=5
StateSaveLocation={folder}/state
SlurmctldPidFile={folder}/slurmctld.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdSpoolDir={folder}/spool-%n
SlurmdPidFile={folder}/slurmd-%n.pid
SlurmdLogFile={folder}/slurmd-%n.log
SchedulerParameters=requeue_delay=1
NodeName=one NodeHostname={host} NodeAddr=127.0.0.1 Port={ports[1]} CPUs=1
NodeName=two NodeHostname={host} NodeAddr=127.0.0.1 Port={ports[2]} CPUs=1
PartitionName=all Nodes=one,two Default=YES MaxTime=INFINITE State=UP
"""


def install() -> None:
    """What is missing of Slurm, without starting any service."""
    if all(map(shutil.which, ("slurmctld", "slurmd", "sbatch", "munged"))):
        return
    if os.geteuid() != 0:
        pytest.skip(f"make check-cluster installs {' '.join(PACKAGES)}: run it as root")
    env = os.environ | {"DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
    for words in (["update"], ["install", "-y", "--no-install-recommends", *PACKAGES]):
        subprocess.run(["apt-get", "-qq", *words], env=env, check=True)


def free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


class Slurm:
    """A cluster of two nodes, all of it on this machine."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.config = folder / "slurm.conf"
        host = socket.gethostname().partition(".")[0]
        text = CONFIGURATION.format(host=host, ports=free_ports(3), folder=folder)
        self.config.write_text(text)
        for name in ("state", "spool-one", "spool-two"):
            (folder / name).mkdir()
        key = folder / "munge.key"
        key.write_bytes(os.urandom(128))
        key.chmod(0o400)
        self.env = os.environ | {"SLURM_CONF": str(self.config)}
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        munge = [f"--key-file={key}", f"--socket={folder}/munge.socket", "--force"]
        munge += [f"--{name}-file={folder}/munge.{name}" for name in ("log", "pid")]
        munge += [f"--seed-file={folder}/munge.seed"]
        self.start("munged", "--foreground", *munge)
        self.until(lambda: (folder / "munge.socket").exists(), "munged")
        self.start("slurmctld", "-D", "-f", str(self.config))
        for node in ("one", "two"):
            self.start(node, "-D", "-N", node, "-f", str(self.config), tool="slurmd")
        self.until(
            lambda: self.ask("sinfo", "-h", "-o", "%T").split() == ["idle"], "up"
        )

    def start(self, name: str, *words: str, tool: str = "") -> None:
        with (self.folder / f"{name}.out").open("wb") as out:
            self.processes[name] = subprocess.Popen(
                [tool or name, *words],
                env=self.env,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )

    def ask(self, *words: str) -> str:
        return subprocess.run(
            words, env=self.env, capture_output=True, text=True
        ).stdout

    def until(self, condition: object, what: str, seconds: float = 60) -> None:
        assert callable(condition)
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, f"{what}: {self.logs()}"
            time.sleep(0.1)

    def logs(self) -> str:
        files = [*self.folder.glob("*.out"), *self.folder.glob("slurm*.log")]
        return "\n".join(f"{f.name}: {f.read_text()[-1500:]}" for f in files)

    def tasks(self, node: str) -> list[Path]:
        """The processes of the tasks that the node runs."""
        return [path for path in Path("/proc").glob("[0-9]*") if self.is_on(node, path)]

    def kill_node(self, node: str) -> int:
        """The power of a node fails: nobody is left to report how its job ended.

        Returns how many processes of tasks died with it.
        """
        self.processes[node].kill()
        tasks = self.tasks(node)
        steps = {parent_of(path) for path in tasks} - {int(p.name) for p in tasks}
        for pid in [*steps, *(int(path.name) for path in tasks)]:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        return len(tasks)

    def is_on(self, node: str, process: Path) -> bool:
        try:
            words = (process / "environ").read_bytes().decode(errors="replace")
        except OSError:
            return False  # it is gone already
        return f"SLURMD_NODENAME={node}\0" in words and str(self.config) in words

    def close(self) -> None:
        self.ask("scancel", "--full", "--user", "root")
        for process in reversed(self.processes.values()):
            process.terminate()
        for process in self.processes.values():
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()


def parent_of(process: Path) -> int:
    """Of the first process of a task that is Slurm's own, slurmstepd."""
    return int((process / "stat").read_text().rpartition(")")[2].split()[1])


@pytest.fixture
def slurm(tmp_path: Path) -> Iterator[Slurm]:
    install()
    (tmp_path / "slurm").mkdir()
    made = Slurm(tmp_path / "slurm")
    yield made
    made.close()


def scores(out: Path) -> dict[str, str]:
    rows = csv.DictReader((out / "gradebook.csv").read_text().splitlines())
    return {row["name"]: row["score"] for row in rows}


def test_a_node_dies_and_nothing_is_lost(slurm: Slurm, tmp_path: Path) -> None:
    folder, out = tmp_path / "class", tmp_path / "out"
    sample(LAB, CLASS, folder, KIT / "labs")
    argv = [sys.executable, "-m", "hvgrade", "grade-class", "--lab", LAB.name]
    argv += ["--submissions", str(folder), "--out", str(out), "--seed", "7"]
    argv += ["--slurm", "--chunk-size", str(CHUNK)]
    env = slurm.env | {"PYTHONPATH": str(KIT / "grader")}
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(argv, env=env, stdout=log, stderr=log)
    try:
        records = out / "records"
        slurm.until(lambda: records.is_dir() and any(records.iterdir()), "begun", WAIT)
        slurm.until(lambda: slurm.tasks("two"), "node two at work", WAIT)
        killed = slurm.kill_node("two")
        print(f"\nnode two dies, and with it {killed} processes of its tasks")
        assert killed
        process.wait(WAIT)
    finally:
        process.kill()
    said = (tmp_path / "log").read_text()
    print(said)
    assert process.returncode == 0, said + slurm.logs()
    found = scores(out)
    assert sorted(found) == sorted(path.name for path in folder.iterdir())
    assert all(found.values()), found
    assert found["student-000"] == found["student-004"] != "0"
    assert found["student-005"] == "0"
    assert (out / "index.html").is_file()
