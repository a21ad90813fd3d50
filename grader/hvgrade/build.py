"""Builds a submission in a scratch copy, and refuses one that reads elsewhere.

Only the files that lab.toml lists are taken out of a submission. What they
pull in is read back from the dependency files of the preprocessor and of the
assembler: a solution that is an #include or an .incbin of another one earns
nothing.
"""

import fcntl
import os
import re
import shutil
import signal
import stat
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from .lab import Lab
from .verdict import Failure, Infrastructure

CC = "riscv64-unknown-elf-gcc"
HOST_CC = "gcc"
MAX_FILE = 256 << 10  # bytes of a submitted file
CPU_LIMIT = 20  # seconds of CPU for one process of a build
WALL_LIMIT = 300  # seconds for a whole build: only a hanging machine needs them
_MAX_OUTPUT = 64 << 20  # bytes for one file that a build writes
_MAX_MEMORY = 4 << 30  # bytes of address space for one process of a build
_STUDENT_ERRORS = (  # of the linker and the compiler, where no file is named
    r"undefined reference to",
    r"multiple definition of",
    r"CPU time limit exceeded|File size limit exceeded|out of memory|exhausted",
)
_HARMLESS = re.compile(  # what the compiler adds, and the C library's pure part
    r"_GLOBAL_OFFSET_TABLE_|__stack_chk_fail|__(asan|ubsan|sanitizer)_\w+"
    r"|mem(chr|cmp|cpy|move|set)|str\w+|v?s?n?printf|puts|putchar|abort"
)


@dataclass(frozen=True)
class Tree:
    """Where a grading builds."""

    kit: Path
    build: str  # make's BUILD, as the user gave it
    work: Path  # OUT/LAB: holds submission/ and out/

    @property
    def submission(self) -> Path:
        return self.work / "submission"

    @property
    def out(self) -> Path:
        return self.work / "out"

    @property
    def log(self) -> Path:
        return self.work / "build.log"

    @property
    def vms(self) -> Path:
        return self.kit / self.build / "vms"


def _read_plain(path: Path) -> bytes:
    """The bytes of a plain, small file. OSError or ValueError says what it is."""
    fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(fd, "rb") as file:
        status = os.fstat(fd)
        if not stat.S_ISREG(status.st_mode):
            raise ValueError("is not a plain file")
        if status.st_size > MAX_FILE:
            raise ValueError(f"is larger than {MAX_FILE >> 10} KiB")
        return file.read(MAX_FILE)


def copy_submission(lab: Lab, source: Path, tree: Tree) -> list[str]:
    """Copies the lab's files into the scratch tree; returns what was ignored."""
    folder = source / lab.dir.name
    target = tree.submission / lab.dir.name
    target.mkdir(parents=True)
    problems = []
    if folder.is_symlink() or not folder.is_dir():
        problems = [f"{folder} is not a folder"]
    for name in () if problems else lab.files:
        try:
            (target / name).write_bytes(_read_plain(folder / name))
        except FileNotFoundError:
            problems.append(f"{name} is missing")
        except ValueError as error:
            problems.append(f"{name} {error}")
        except OSError:
            problems.append(f"{name} is a symbolic link or cannot be read")
    if problems:
        raise Failure(
            f"the files {', '.join(lab.files)}, plain and of at most 256 KiB",
            "\n".join(problems),
            "a file was renamed, or not handed in",
            "",
            str(tree.log),
        )
    entries = sorted(entry.name for entry in folder.iterdir())
    return [name for name in entries if name not in lab.files][:100]


def _environment() -> dict[str, str]:
    """Nothing of the caller's make or compiler settings reaches a build."""
    names = "PATH", "HOME", "TMPDIR", "HVLAB_CACHE", "XDG_CACHE_HOME", "DEBIAN_MIRROR"
    return {k: os.environ[k] for k in names if k in os.environ} | {"LC_ALL": "C"}


def make(tree: Tree, target: str, *variables: str) -> tuple[int, str]:
    """Runs make in the kit; its status and everything that it printed."""
    argv = ["make", "-s", "-O", f"-j{os.cpu_count() or 1}", target, *variables]
    if tree.build != "build":
        argv.append(f"BUILD={tree.build}")
    # What is the kit's own needs no limits: fetching Linux writes 110 MB.
    if shutil.which("prlimit") and target not in ("guests", "linux-vm"):
        limits = [f"--cpu={CPU_LIMIT}:{CPU_LIMIT + 5}", f"--fsize={_MAX_OUTPUT}"]
        argv = ["prlimit", *limits, f"--as={_MAX_MEMORY}", *argv]
    tree.work.mkdir(parents=True, exist_ok=True)
    (tree.kit / tree.build).mkdir(parents=True, exist_ok=True)
    with (
        (tree.kit / tree.build / ".lock").open("w") as lock,
        tree.log.open("ab") as log,
    ):
        fcntl.flock(lock, fcntl.LOCK_EX)  # gradings share the objects of the kit
        log.write(f"$ {' '.join(argv)}\n".encode())
        log.flush()
        start = log.tell()
        try:
            process = subprocess.Popen(
                argv,
                cwd=tree.kit,
                env=_environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        except OSError as error:
            raise Infrastructure(f"{argv[0]} could not be started: {error}") from error
        try:
            status = process.wait(WALL_LIMIT)
        except subprocess.TimeoutExpired:
            text = f"make {target} did not end within {WALL_LIMIT} s"
            raise Infrastructure(text) from None
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
    with tree.log.open("rb") as log:
        log.seek(start)
        return status, log.read(1 << 20).decode("utf-8", "replace")


def build_guests(lab: Lab, tree: Tree, linux: bool) -> str:
    """Builds the guests of a lab, and Linux; returns why there is no Linux, or ""."""
    status, output = make(tree, "guests", f"LAB={lab.name}")
    if status:
        raise Infrastructure(f"make guests LAB={lab.name} failed:\n{output}")
    if linux:
        status, output = make(tree, "linux-vm", f"LAB={lab.name}")
        if status:
            lines = [
                line for line in output.splitlines() if "fetch-linux: cannot" in line
            ]
            return "\n".join(lines) or output.strip() or "make linux-vm failed"
    return ""


def _errors(output: str, tree: Tree) -> list[str]:
    lines = output.replace(f"{tree.submission}/", "labs/").splitlines()
    pattern = r"\berror\b|undefined reference|multiple definition|\bAssembler messages"
    found = [line for line in lines if re.search(pattern, line, re.I)]
    return [line for line in found if not line.startswith("make")] or lines


def _build(
    lab: Lab, tree: Tree, base: str, impl: str, compiler: str, target: str, name: str
) -> Path:
    """A program with the submission in it. Failure: the submission's fault."""
    if not shutil.which(compiler):
        raise Infrastructure(f"{compiler} is missing: run ./setup.sh")
    status, output = make(
        tree,
        target,
        f"LAB={lab.name}",
        f"BASE={base}",
        f"IMPL={impl}",
        f"SUBMISSION={tree.submission}",
        f"OUT={tree.out}",
    )
    program = tree.out / name
    if status:
        happened = "\n".join(_errors(output, tree)[:6])
        named = str(tree.work) in output
        known = any(re.search(pattern, output) for pattern in _STUDENT_ERRORS)
        if impl == "reference" or not (named or known):
            raise Infrastructure(f"make {target} failed:\n{happened}")
        likely = (
            "the first error is the one to look at; later ones often follow from it"
        )
        raise Failure("the submission builds", happened, likely, "", str(tree.log))
    if not program.is_file():
        raise Infrastructure(f"make {target} left no {name}")
    refuse_foreign_files(tree)
    return program


def build_hv(lab: Lab, tree: Tree, base: str, impl: str) -> Path:
    """hv.elf of the submission."""
    return _build(lab, tree, base, impl, CC, "hv", "hv.elf")


def build_driver(lab: Lab, tree: Tree, impl: str) -> Path:
    """The pure files of the submission for this machine, with their driver."""
    program = _build(lab, tree, "mine", impl, HOST_CC, "unit-driver", "unit")
    refuse_foreign_functions(tree)
    return program


def compiler_warnings(tree: Tree) -> list[str]:
    """What the compilers said of the submitted files, though they took them."""
    lines = tree.log.read_text(errors="replace").splitlines()
    prefix = f"{tree.submission}/"
    found = [line.replace(prefix, "labs/") for line in lines if "warning:" in line]
    return list(dict.fromkeys(x for x in found if x.startswith("labs/")))[:10]


@lru_cache
def _system_includes(*compiler: str) -> tuple[Path, ...]:
    """The directories that the compiler itself searches for <...>."""
    argv = [*compiler, "-E", "-Wp,-v", "-xc", os.devnull]
    done = subprocess.run(argv, capture_output=True, text=True, env=_environment())
    listed = re.findall(r"^ (/.*)$", done.stderr, re.M)
    if done.returncode or not listed:
        text = f"{compiler[0]} cannot find its headers: {done.stderr.strip()}"
        raise Infrastructure(text)
    return tuple(Path(path).resolve() for path in listed)


def _dependencies(text: str) -> Iterator[str]:
    """The prerequisites in a make rule as gcc -MD and as --MD write it."""
    for rule in text.replace("\\\n", " ").splitlines():
        target = re.match(r"(?:\\.|[^:\\]|:(?=\S))*:(?=\s|$)", rule)
        for word in re.findall(r"(?:\\.|\S)+", rule[target.end() :] if target else ""):
            yield re.sub(r"\\([ #\\:])", r"\1", word).replace("$$", "$")


def _is_unnamed(name: str, kit: Path) -> bool:
    """Names that the assembler lists though they are no file of anybody.

    The compiler hands it a temporary file that is gone by now, and tells it the
    bare name of the C file.
    """
    temporary = re.escape(tempfile.gettempdir()) + r"/cc\w{6}\.s"
    bare = "/" not in name or re.fullmatch(temporary, name)
    return bool(bare) and not (kit / name).exists()


def refuse_foreign_files(tree: Tree) -> None:
    """Failure, if a submitted file was built from a file that is not allowed."""
    given = "common/include", f"{tree.build}/include", "grader/unit"
    headers = [tree.kit / name for name in given]
    roots = [path.resolve() for path in (tree.submission, *headers)]
    roots += _system_includes(CC, "--specs=picolibc.specs")
    roots += _system_includes(HOST_CC) if shutil.which(HOST_CC) else ()
    for made in sorted(tree.out.rglob("*.o")):
        for suffix in (".d", ".asd"):
            listing = made.with_name(made.name + suffix)
            if not listing.is_file():
                raise Infrastructure(f"{listing} is missing: what was read is unknown")
            for name in _dependencies(listing.read_text(errors="surrogateescape")):
                if _is_unnamed(name, tree.kit):
                    continue
                real = (tree.kit / name).resolve()
                allowed = any(real.is_relative_to(root) for root in roots)
                # /proc/self/cwd and /dev/fd/3 mean something else to the compiler.
                if not allowed or os.path.normpath(name).startswith(("/proc", "/dev")):
                    raise Failure(
                        "the submission is built from its own files and common/include",
                        f"{made.name} was built from {name}",
                        "an #include, .include or .incbin of another file",
                        "",
                        str(tree.log),
                    )


def _symbols(objects: Sequence[Path], option: str) -> dict[str, set[str]]:
    """Names of functions and data, by the name of the object."""
    argv = ["nm", "-A", option, *map(str, objects)]
    done = subprocess.run(argv, capture_output=True, text=True, env=_environment())
    if done.returncode:
        raise Infrastructure(f"nm failed: {done.stderr.strip()}")
    found: dict[str, set[str]] = {path.name: set() for path in objects}
    for line in done.stdout.splitlines():
        path, _, rest = line.rpartition(":")
        found[Path(path).name].add(rest.split()[-1])
    return found


def refuse_foreign_functions(tree: Tree) -> None:
    """Failure, if a pure file uses what the hypervisor does not have.

    The drivers of unit tests run on this machine, where the C library would
    open files and start programs for whoever asks it.
    """
    mine = sorted((tree.out / "obj/host").rglob("*.o"))
    if not mine:
        return  # IMPL=reference
    host = tree.kit / tree.build / "obj/host"
    kit = [p for part in ("common", "grader/unit") for p in (host / part).rglob("*.o")]
    defined = _symbols([*mine, *kit], "--defined-only").values()
    given = {name for names in defined for name in names}
    for made, names in _symbols(mine, "--undefined-only").items():
        for name in sorted(names):
            ours = name in given and not name.startswith("host_")
            if not ours and not _HARMLESS.fullmatch(name):
                file = made.replace(".o", ".c")
                if file == "inline.c":  # the kit's, around the student's headers
                    file = "a header of yours"
                raise Failure(
                    f"{file} uses what the kernel offers, and nothing else",
                    f"{file} uses {name}",
                    "this file is compiled for the build host too: no CSR, no "
                    "assembly, nothing but the headers of common/include",
                    "",
                    str(tree.log),
                )


def fresh(tree: Tree) -> None:
    """Removes what an earlier grading left in this place."""
    for folder in (tree.submission, tree.out):
        shutil.rmtree(folder, ignore_errors=True)
    tree.log.unlink(missing_ok=True)


def collect(
    lab: Lab, earlier: Sequence[Lab], submission: Path, tree: Tree, base: str, impl: str
) -> list[str]:
    """Makes the scratch copy of a submission; returns what was ignored."""
    fresh(tree)
    ignored: list[str] = []
    mine = [lab] * (impl == "mine") + [*earlier] * (base == "mine")
    tree.submission.mkdir(parents=True)
    for each in mine:
        names = copy_submission(each, submission, tree)
        ignored += [f"{each.dir.name}/{name}" for name in names]
    return ignored


def build_all(
    lab: Lab, earlier: Sequence[Lab], submission: Path, tree: Tree, base: str, impl: str
) -> tuple[Path, str, list[str]]:
    """What runs of a machine need: hv.elf, why no Linux, what was ignored."""
    ignored = collect(lab, earlier, submission, tree, base, impl)
    missing_linux = build_guests(lab, tree, lab.linux)
    return build_hv(lab, tree, base, impl), missing_linux, ignored
