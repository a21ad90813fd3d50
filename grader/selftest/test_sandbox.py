"""The sandbox itself: what is not there, not writable, not left behind."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from hvgrade import sandbox

needs_bubblewrap = pytest.mark.skipif(
    sandbox.kind() != sandbox.BUBBLEWRAP, reason="there is no bubblewrap here"
)


@pytest.fixture
def inside(tmp_path: Path) -> "Inside":
    return Inside(tmp_path)


class Inside:
    """Runs shell commands in the sandbox, with a folder to read and one to write."""

    def __init__(self, folder: Path) -> None:
        self.given, self.out = folder / "given", folder / "out"
        self.secret = folder / "secret"
        for path in (self.given, self.out):
            path.mkdir()
        (self.given / "file").write_text("given")
        self.secret.write_text("secret")

    def __call__(self, script: str, **limits: int) -> subprocess.CompletedProcess[str]:
        argv = sandbox.confine(
            ["sh", "-c", script], read=[self.given], write=[self.out], limits=limits
        )
        return subprocess.run(argv, capture_output=True, text=True, timeout=60)


@needs_bubblewrap
def test_only_what_is_named_is_there(inside: Inside) -> None:
    assert inside(f"cat {inside.given}/file").stdout == "given"
    for hidden in (inside.secret, Path(__file__), Path.home(), Path("/etc/passwd")):
        done = inside(f"ls {hidden}")
        assert done.returncode and "No such file" in done.stderr, hidden
    processes = inside("ls -d /proc/[0-9]*").stdout.split()
    assert len(processes) <= 4, processes  # bwrap, setpriv's sh, ls


@needs_bubblewrap
def test_only_one_folder_can_be_written(inside: Inside) -> None:
    assert inside(f"echo x > {inside.out}/x").returncode == 0
    assert (inside.out / "x").read_text() == "x\n"
    for path in (inside.given / "file", Path("/usr/bin/x"), Path("/x"), Path("/etc/x")):
        assert inside(f"echo x > {path}").returncode
    assert (inside.given / "file").read_text() == "given"
    name = f"/tmp/{inside.out.name}-{os.getpid()}"
    assert inside(f"echo x > {name} && ls {name}").returncode == 0
    assert not Path(name).exists()


@needs_bubblewrap
def test_the_user_has_no_rights_and_no_network(inside: Inside) -> None:
    assert inside("id -u").stdout.strip() == str(sandbox.NOBODY)
    status = inside("cat /proc/self/status").stdout
    assert "CapEff:\t0000000000000000" in status
    assert "NoNewPrivs:\t1" in status
    names = inside("tail -n +3 /proc/net/dev | cut -d: -f1").stdout.split()
    assert names == ["lo"]
    assert inside("mount -t tmpfs x /tmp").returncode


@needs_bubblewrap
def test_limits_hold_also_for_root(inside: Inside) -> None:
    assert "File size" in inside(f"yes > {inside.out}/x", fsize=10_000).stderr
    assert (inside.out / "x").stat().st_size == 10_000
    assert inside("sleep 0 & wait", nproc=0).returncode
    assert inside("yes > /tmp/x").returncode  # what /tmp holds is limited


@needs_bubblewrap
@pytest.mark.parametrize("end", ["close", "kill"])
def test_nothing_that_it_started_is_left(inside: Inside, end: str) -> None:
    mark = f"99{os.getpid()}"  # seconds: to know them by
    script = f"setsid sleep {mark} & (sleep {mark} &) ; echo ready; "
    script += "exit 0" if end == "close" else f"sleep {mark}"
    argv = sandbox.confine(["sh", "-c", script])
    process = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True)
    assert process.stdout and process.stdout.readline() == "ready\n"
    if end == "kill":
        process.kill()
    process.wait(30)
    deadline = time.monotonic() + 60
    while _running(mark) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _running(mark)


def _running(word: str) -> bool:
    argv = ["pgrep", "-f", f"^sleep {word}$"]
    return subprocess.run(argv, capture_output=True).returncode == 0


def test_a_program_of_ones_own_comes_with_its_prefix(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tool = tmp_path / "cross/bin/hvlab-tool"
    tool.parent.mkdir(parents=True)
    tool.write_text("#!/bin/sh\ncat ${0%/bin/*}/lib/data\n")
    tool.chmod(0o755)
    (tmp_path / "cross/lib").mkdir()
    (tmp_path / "cross/lib/data").write_text("data")
    monkeypatch.setenv("PATH", str(tool.parent), prepend=os.pathsep)
    assert sandbox.program("hvlab-tool") == [tmp_path / "cross"]
    assert sandbox.program("sh") == []
    argv = sandbox.confine([str(tool)], read=sandbox.program("hvlab-tool"))
    done = subprocess.run(argv, capture_output=True, text=True)
    assert done.stdout == "data", done.stderr


def test_what_there_is_not_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    code = "from hvgrade import sandbox; print(sandbox.kind())"
    env = os.environ | {"PYTHONPATH": str(Path(sandbox.__file__).parents[1])}

    def kind(**more: str) -> str:
        argv = [sys.executable, "-c", code]
        done = subprocess.run(argv, env=env | more, capture_output=True, text=True)
        return done.stdout.strip()

    assert kind(HVLAB_SANDBOX="off", container="docker") == sandbox.CONTAINER
    assert kind(PATH="/nonexistent", container="docker") == sandbox.CONTAINER
    assert kind() == sandbox.kind()
