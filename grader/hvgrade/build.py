"""Builds a submission in a scratch copy, and refuses one that reads elsewhere.

The files that scratch.py has taken out of a submission are compiled and linked
in a sandbox that holds the kit as students have it: of the reference only the
objects of earlier labs. What came of it is looked at afterwards: see refuse.py.
"""

import fcntl
import os
import re
import shutil
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO, NoReturn

from . import processes, sandbox
from .lab import Lab
from .refuse import (
    refuse_foreign_files as refuse_foreign_files,
    refuse_foreign_functions as refuse_foreign_functions,
    refuse_foreign_sections as refuse_foreign_sections,
)
from .scratch import collect
from .tree import CC as CC, HOST_CC as HOST_CC, Tree as Tree, environment
from .usage import usage
from .verdict import Failure, Infrastructure

CPU_LIMIT = 20  # seconds of CPU for one process of a build
WALL_LIMIT = 300  # seconds for a whole build: only a hanging machine needs them
_MAX_OUTPUT = 64 << 20  # bytes for one file that a build writes
_MAX_LOG = 2 << 20  # bytes of the build's log that are kept
_MAX_MEMORY = 2 << 30  # bytes of address space for one process of a build
_PROGRAM = {"hv": "hv.elf", "hv-trace": "hv-trace.elf", "unit-driver": "unit"}
_GIVEN = {"hv": "given", "hv-trace": "given-trace", "unit-driver": "unit-given"}
_OWN = {"unit-driver": "reference"}  # with this IMPL it is the kit's own
_STUDENT_ERRORS = (  # of the linker and the compiler, where no file is named
    r"undefined reference to",
    r"multiple definition of",
    r"CPU time limit exceeded|File size limit exceeded|out of memory|exhausted",
    r"ld: (TLS outgrew|the hypervisor is larger)",  # kernel.ld
    r"hvgrade: the build waits",
)
_PATIENCE = 10.0  # seconds for which all of make and the compilers may be asleep
_LOOK = 0.5  # seconds between two looks at what a build does


def _sandbox_environment() -> dict[str, str]:
    """Of the caller's own only where programs are."""
    path = os.environ.get("PATH", os.defpath)
    return {"PATH": path, "LC_ALL": "C", "TMPDIR": "/tmp", "HOME": "/tmp"}


def _view(lab: Lab, tree: Tree, base: str, impl: str) -> list[Path | tuple[Path, Path]]:
    """What the build of a submission sees of the kit, as in a kit of students."""
    kit, made = tree.kit, tree.kit / tree.build
    names = ["Makefile", "setup.sh", "common", "labs", "grader/unit"]
    paths = [kit / name for name in names] + [made / "include"]
    paths += [made / "obj" / x for x in ("common", "host/common", "host/grader/unit")]
    found: list[Path | tuple[Path, Path]] = [path for path in paths if path.exists()]
    for folder in sorted(path.name for path in kit.glob("labs/h*_*")):
        whose = impl if folder == lab.dir.name else base
        if folder > lab.dir.name or whose != "reference":
            continue
        seen = kit / "grader/reference" / f"{folder}.o"
        source = made / "reference" / seen.name
        if (kit / "grader/solutions").is_dir() and source.exists():
            found.append((source, seen))
        elif seen.exists():
            found.append(seen)
    tools = [path for name in (CC, HOST_CC) for path in sandbox.program(name)]
    return [*tools, *found, tree.submission]


def make(
    tree: Tree, *words: str, view: Sequence[Path | tuple[Path, Path]] = ()
) -> tuple[int, str]:
    """Runs make in the kit; its status and everything that it printed.

    With a view it runs in the sandbox and sees only that. Without one what it
    makes is the kit's own.
    """
    argv = ["make", "-s", "-O", f"-j{os.cpu_count() or 1}", *words]
    if tree.build != "build":
        argv.append(f"BUILD={tree.build}")
    tree.work.mkdir(parents=True, exist_ok=True)
    (tree.kit / tree.build).mkdir(parents=True, exist_ok=True)
    command, env = argv, environment()
    if view:
        limits: dict[str, int | str] = {"fsize": _MAX_OUTPUT, "as": _MAX_MEMORY}
        limits["cpu"] = f"{CPU_LIMIT}:{CPU_LIMIT + 5}"
        tree.out.mkdir(exist_ok=True)
        command = sandbox.confine(
            argv, read=view, write=[tree.out], limits=limits, cwd=tree.kit
        )
        env = _sandbox_environment()
    with (
        (tree.kit / tree.build / ".lock").open("w") as lock,
        tree.log.open("ab") as log,
    ):
        if not view:  # gradings share the objects of the kit
            fcntl.flock(lock, fcntl.LOCK_EX)
        log.write(f"$ {' '.join(argv)}\n".encode())
        log.flush()
        start = log.tell()
        status = _run(command, tree.kit, env, log, bool(view))
    with tree.log.open("r+b") as log:
        log.seek(start)
        output = log.read(1 << 20).decode("utf-8", "replace")
        if tree.log.stat().st_size > start + _MAX_LOG:
            log.truncate(start + _MAX_LOG)
        return status, output


def _run(
    command: list[str], cwd: Path, env: dict[str, str], log: IO[bytes], boxed: bool
) -> int:
    """The exit status of make, of which nothing is left when it returns."""
    try:
        process = subprocess.Popen(
            command,
            cwd=cwd,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    except OSError as error:
        raise Infrastructure(f"make could not be started: {error}") from error
    slept, end = 0.0, time.monotonic() + WALL_LIMIT
    try:
        while time.monotonic() < end:
            try:
                return process.wait(_LOOK)
            except subprocess.TimeoutExpired:
                slept += _LOOK if boxed and usage(process.pid).asleep else 0
            if slept > _PATIENCE:  # a compiler that reads a terminal
                log.write(b"hvgrade: the build waits for something, for ever\n")
                return 1
        raise Infrastructure(f"make did not end within {WALL_LIMIT} s")
    finally:
        processes.end(process)


def build_guests(lab: Lab, tree: Tree, linux: bool) -> str:
    """Builds the guests of a lab, and Linux; returns why there is no Linux, or ""."""
    _make_given(tree, "guests", f"LAB={lab.name}")
    return build_linux(lab, tree) if linux else ""


def build_linux(lab: Lab, tree: Tree) -> str:
    """Builds the Linux VM of a lab; returns why there is none, or ""."""
    status, output = make(tree, "linux-vm", f"LAB={lab.name}")
    if not status:
        return ""
    lines = [line for line in output.splitlines() if "fetch-linux: cannot" in line]
    return "\n".join(lines) or output.strip() or "make linux-vm failed"


def _make_given(tree: Tree, *words: str) -> None:
    status, output = make(tree, *words)
    if status:
        raise Infrastructure(f"make {' '.join(words)} failed:\n{output}")


def _errors(output: str, tree: Tree) -> list[str]:
    lines = output.replace(f"{tree.submission}/", "labs/").splitlines()
    pattern = "|".join((r"\berror\b|\bAssembler messages", *_STUDENT_ERRORS))
    found: list[str] = []
    for index, line in enumerate(lines):
        if re.search(pattern, line, re.I) and not line.startswith("make"):
            drawn = lines[index + 1 : index + 3]  # the line, and a mark below it
            drawn = [text for text in drawn if re.match(r" *\d* \| ", text)]
            found += [line, *(drawn if not found else [])]
    return found or lines


def build(
    lab: Lab, tree: Tree, base: str, impl: str, *targets: str, given: bool = True
) -> None:
    """Makes hv (or hv-trace) or unit-driver or both. Failure: it is the submission's fault.

    given: make what is the kit's own first. What holds no file of a submission
    is made outside of the sandbox, where the reference is.
    """
    for compiler in (CC, HOST_CC) if "unit-driver" in targets else (CC,):
        if not shutil.which(compiler):
            raise Infrastructure(f"{compiler} is missing: run ./setup.sh")
    words = [f"LAB={lab.name}", f"BASE={base}", f"IMPL={impl}"]
    words += [f"SUBMISSION={tree.submission}", f"OUT={tree.out}"]
    own = {t for t in targets if impl == base == "reference" or impl == _OWN.get(t)}
    mine = [target for target in targets if target not in own]
    if given:
        make_given(lab, tree, base, *targets, impl=impl)
    if own:
        _make_given(tree, *sorted(own), *words)
    if mine:
        status, output = make(tree, *mine, *words, view=_view(lab, tree, base, impl))
        if status:
            _raise_broken(tree, impl, " ".join(mine), output)
    for target in targets:
        if not (tree.out / _PROGRAM[target]).is_file():
            raise Infrastructure(f"make {target} left no {_PROGRAM[target]}")
    refuse_foreign_files(tree)
    refuse_foreign_sections(tree)
    if "unit-driver" in targets:
        refuse_foreign_functions(tree)


def make_given(
    lab: Lab, tree: Tree, base: str, *targets: str, impl: str = "mine"
) -> None:
    """Makes what hv or unit-driver need of the kit's own."""
    words = [f"LAB={lab.name}", f"BASE={base}", f"IMPL={impl}"]
    words += [f"SUBMISSION={tree.submission}", f"OUT={tree.out}"]
    _make_given(tree, *(_GIVEN[target] for target in targets), *words)


def _raise_broken(tree: Tree, impl: str, targets: str, output: str) -> NoReturn:
    """Whose fault is it that make failed?"""
    happened = "\n".join(_errors(output, tree)[:6])
    named = str(tree.work) in output
    known = any(re.search(pattern, output) for pattern in _STUDENT_ERRORS)
    if impl == "reference" or not (named or known):
        raise Infrastructure(f"make {targets} failed:\n{happened}")
    likely = "the first error is the one to look at; later ones often follow from it"
    raise Failure("the submission builds", happened, likely, "", str(tree.log))


def build_hv(lab: Lab, tree: Tree, base: str, impl: str) -> Path:
    """hv.elf of the submission."""
    build(lab, tree, base, impl, "hv")
    return tree.out / "hv.elf"


def build_driver(lab: Lab, tree: Tree, impl: str) -> Path:
    """The pure files of the submission for this machine, with their driver."""
    build(lab, tree, "reference", impl, "unit-driver")
    return tree.out / "unit"


def compiler_warnings(tree: Tree) -> list[str]:
    """What the compilers said of the submitted files, though they took them."""
    lines = tree.log.read_text(errors="replace").splitlines()
    prefix = f"{tree.submission}/"
    found = [line.replace(prefix, "labs/") for line in lines if "warning:" in line]
    return list(dict.fromkeys(x for x in found if x.startswith("labs/")))[:10]


def build_all(
    lab: Lab, earlier: Sequence[Lab], submission: Path, tree: Tree, base: str, impl: str
) -> tuple[Path, str, list[str]]:
    """What runs of a machine need: hv.elf, why no Linux, what was ignored."""
    ignored = collect(lab, earlier, submission, tree, base, impl)
    hv = build_hv(lab, tree, base, impl)
    return hv, build_linux(lab, tree) if lab.linux else "", ignored
