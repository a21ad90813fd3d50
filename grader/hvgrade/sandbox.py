"""Confines whatever a submission has a say in: compilers, QEMU, unit drivers.

Where it can be had, the sandbox is bubblewrap: an empty world of its own, with
the system's programs and the paths that are named, all read-only but for those
that may be written; no network, no other process, an unprivileged user. Where
user namespaces are missing, inside most containers, the container itself is
the sandbox, and the record says so. Limits hold in both, and a program that only
computes is refused the rest there as well (lockdown.py).
"""

import functools
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from .verdict import Infrastructure

BUBBLEWRAP, CONTAINER, NONE = "bubblewrap", "container", "none"
NOBODY = 65534  # the user and the group inside
SCRATCH = 256 << 20  # bytes of /tmp inside
PROCESSES = 512  # also threads
_SYSTEM = ("/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
_CONFIGURATION = ("/etc/alternatives", "/etc/ld.so.cache")


def _system() -> list[str]:
    """The programs and libraries of this machine, read-only."""
    argv = ["--ro-bind", "/usr", "/usr"]
    for name in _SYSTEM:
        if os.path.islink(name):
            argv += ["--symlink", os.readlink(name), name]
        elif os.path.isdir(name):
            argv += ["--ro-bind", name, name]
    argv += ["--perms", "0755", "--dir", "/etc"]
    for name in _CONFIGURATION:
        argv += ["--ro-bind-try", name, name]
    return [*argv, "--proc", "/proc", "--dev", "/dev"]


def _bubblewrap() -> list[str]:
    """bwrap with all that does not depend on the program.

    Root of this machine stays root in a user namespace, and no limit on
    processes binds root: so root becomes nobody for real, others by a namespace.
    """
    argv = ["bwrap", "--unshare-ipc", "--unshare-pid", "--unshare-net"]
    argv += ["--unshare-uts", "--unshare-cgroup-try", "--die-with-parent"]
    if os.geteuid() == 0:
        argv += ["--cap-drop", "ALL"]
        for capability in ("SETUID", "SETGID", "SETPCAP"):
            argv += ["--cap-add", f"CAP_{capability}"]
    else:
        argv += ["--unshare-user", "--uid", str(NOBODY), "--gid", str(NOBODY)]
    argv += [*_system(), "--perms", "1777", "--size", str(SCRATCH)]
    return [*argv, "--tmpfs", "/tmp"]


def _become_nobody() -> list[str]:
    if os.geteuid() != 0:
        return []
    argv = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
    return [*argv, "--inh-caps=-all", "--bounding-set=-all"]


@functools.cache
def kind() -> str:
    """Which sandbox there is here: tried out, not guessed.

    HVLAB_SANDBOX=off does without bubblewrap, as where it does not work.
    """
    argv = [*_bubblewrap(), *_become_nobody(), "true"]
    if shutil.which("bwrap") and os.environ.get("HVLAB_SANDBOX") != "off":
        done = subprocess.run(argv, capture_output=True, stdin=subprocess.DEVNULL)
        if done.returncode == 0:
            return BUBBLEWRAP
    marks = "/.dockerenv", "/run/.containerenv", "/run/systemd/container"
    inside = "container" in os.environ or any(map(os.path.exists, marks))
    return CONTAINER if inside else NONE


def program(name: str) -> list[Path]:
    """Where a program lies, with its libraries, if it is not one of the system's."""
    path = Path(os.path.abspath(shutil.which(name) or name))
    places = dict.fromkeys((path, path.resolve()))
    own = [p for p in places if p.exists() and p.parts[1] not in ("usr", "bin")]
    prefixes = [p.parents[1] if p.parent.name == "bin" else p for p in own]
    return list(dict.fromkeys(prefixes))


def _parents(paths: Iterable[Path]) -> list[str]:
    """Makes the folders above these paths, open to everybody inside."""
    above = {parent for path in paths for parent in path.parents[:-1]}
    away = ("/usr", "/tmp", *_SYSTEM)
    made = [p for p in sorted(above) if str(p) not in away and p.parts[1] != "usr"]
    return [word for path in made for word in ("--perms", "0755", "--dir", str(path))]


@functools.cache
def _may_drop() -> bool:
    """Not every container lets its root become somebody else."""
    argv = [*_become_nobody(), "true"]
    return subprocess.run(argv, capture_output=True).returncode == 0


def _drop(read: Sequence[Path], write: Sequence[Path]) -> list[str]:
    """Without bubblewrap: nobody instead of root, where nobody can reach it all."""

    def is_open(path: Path, bits: int) -> bool:
        return path.stat().st_mode & bits == bits

    paths = [path.resolve() for path in (*read, *write) if path.exists()]
    above = {parent for path in paths for parent in path.parents}
    reachable = all(is_open(p, 0o001) for p in above)
    readable = all(is_open(p, 0o004) for p in paths if p not in write)
    if os.geteuid() != 0 or not (reachable and readable and _may_drop()):
        return []
    for path in write:
        os.chown(path, NOBODY, NOBODY)
    return _become_nobody()


@functools.cache
def _lockdown() -> tuple[str, ...]:
    """Not every container has the library, or lets its programs use it."""
    script = Path(__file__).with_name("lockdown.py")
    argv = (sys.executable, "-I", "-S", str(script))
    locked = ["setpriv", "--no-new-privs", *argv, "true"]
    return argv if subprocess.run(locked, capture_output=True).returncode == 0 else ()


def confine(
    command: Sequence[str],
    *,
    read: Iterable[Path | tuple[Path, Path]] = (),
    write: Sequence[Path] = (),
    limits: Mapping[str, int | str] | None = None,
    cwd: Path = Path("/"),
    computes: bool = False,
) -> list[str]:
    """The command line that runs a command in the sandbox.

    read: what it sees besides the system, where it is, or (where, seen as);
    write: folders that it may write to. limits: options of prlimit. computes: it
    writes no file and starts no program. It ends when the caller's thread does,
    and everything that it started with it.
    """
    for tool in ("prlimit", "setpriv"):
        if not shutil.which(tool):
            raise Infrastructure(f"{tool} is missing: run ./setup.sh")
    values = {"core": 0, "nofile": 1024} | dict(limits or {})
    limited = ["prlimit", *(f"--{name}={value}" for name, value in values.items())]
    pairs = [item if isinstance(item, tuple) else (item, item) for item in read]
    if kind() != BUBBLEWRAP:
        die = ["setpriv", "--no-new-privs", "--pdeathsig", "KILL"]
        drop = _drop([cwd, *(source for source, _ in pairs)], write)
        lock = _lockdown() if computes else ()
        return [*drop, *die, *limited, *lock, *command]
    argv = _bubblewrap()
    pairs += [(path, path) for path in write]
    argv += _parents(seen for _, seen in pairs)
    for path in write:
        if os.geteuid() == 0:
            os.chown(path, NOBODY, NOBODY)
    for source, seen in pairs:
        option = "--bind" if source in write else "--ro-bind"
        argv += [option, str(source), str(seen)]
    argv += ["--chdir", str(cwd), "--"]
    if "nproc" not in values:
        limited.append(f"--nproc={PROCESSES}")
    return [*argv, *_become_nobody(), *limited, *command]
