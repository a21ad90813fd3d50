"""Looks at what was built, and refuses a submission that reached elsewhere.

What the files pulled in is read back from the dependency files of the
preprocessor and of the assembler: a solution that is an #include or an .incbin
of another one earns nothing. Nor does one that lays its code among the kit's,
or that uses functions of the machine it is unit-tested on.
"""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path

from elftools.elf.constants import SH_FLAGS
from elftools.elf.elffile import ELFFile

from .tree import CC, HOST_CC, Tree, environment
from .verdict import Failure, Infrastructure

_SECTIONS = re.compile(  # that are loaded
    r"\.(text|s?data|s?rodata|s?bss)(\..*)?|\.extable|\.eh_frame"
)
_SANITIZERS = re.compile(r"__(asan|ubsan|sanitizer|interceptor)_\w+")
_HARMLESS = re.compile(  # what the compiler adds, and the C library's pure part
    r"_GLOBAL_OFFSET_TABLE_|__stack_chk_fail|__(asan|ubsan|sanitizer)_\w+"
    r"|mem(chr|cmp|cpy|move|set)|str\w+|v?s?n?printf|puts|putchar|abort"
)


@lru_cache
def _system_includes(*compiler: str) -> tuple[Path, ...]:
    """The directories that the compiler itself searches for <...>."""
    argv = [*compiler, "-E", "-Wp,-v", "-xc", os.devnull]
    done = subprocess.run(argv, capture_output=True, text=True, env=environment())
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
    temporary = rf"({re.escape(tempfile.gettempdir())}|/tmp)/cc\w{{6}}\.s"
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


def refuse_foreign_sections(tree: Tree) -> None:
    """Failure, if an object has a section that the linker script lays elsewhere.

    M-mode and its data are what no submission may add to or shift.
    """
    for made in sorted(tree.out.glob("obj/h*_*/*.o")):
        with made.open("rb") as file:
            sections = list(ELFFile(file).iter_sections())
        for section in sections:
            loaded = section["sh_flags"] & SH_FLAGS.SHF_ALLOC
            if loaded and not _SECTIONS.fullmatch(section.name):
                raise Failure(
                    "code and data lie where the compiler puts them",
                    f"{made.name} has a section {section.name[:80]}",
                    "a section attribute, a constructor, or .section in assembly",
                    "",
                    str(tree.log),
                )


def _symbols(objects: Sequence[Path], option: str) -> dict[str, set[str]]:
    """Names of functions and data, by the name of the object."""
    argv = ["nm", "-A", option, *map(str, objects)]
    done = subprocess.run(argv, capture_output=True, text=True, env=environment())
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
    open files and start programs for whoever asks it. Nor does a submission
    bring sanitizers of its own, which would overlook whatever there is.
    """
    mine = sorted((tree.out / "obj/host").rglob("*.o"))
    if not mine:
        return  # IMPL=reference
    host = tree.kit / tree.build / "obj/host"
    kit = [p for part in ("common", "grader/unit") for p in (host / part).rglob("*.o")]
    defined = _symbols([*mine, *kit], "--defined-only")
    given = {name for names in defined.values() for name in names}
    for made in (path.name for path in mine):
        for name in sorted(filter(_SANITIZERS.fullmatch, defined[made])):
            raise Failure(
                "the compiler's own sanitizers watch over the files",
                f"{made.replace('.o', '.c')} defines {name}",
                "names that begin with two underscores belong to the compiler",
                "",
                str(tree.log),
            )
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
