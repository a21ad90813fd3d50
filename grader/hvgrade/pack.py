"""Packs: what a student hands in, and what a student or a grading service gets."""

import gzip
import hashlib
import io
import json
import os
import shutil
import subprocess
import tarfile
import zipfile
from pathlib import Path, PurePosixPath

from .build import make
from .lab import KIT, Lab, find_labs
from .scratch import read_plain
from .tree import Tree
from .verdict import Infrastructure

# Of the kit, students do not get this. The reference comes as objects.
WITHHELD = (
    "grader/solutions",
    "grader/mutants",
    "grader/cheats",
    "grader/cluster",
    "grader/selftest",
    "grader/stubs.py",
    "grader/instructor.mk",
    ".ci",
)
OBJCOPY = "riscv64-unknown-elf-objcopy"


def version(kit: Path = KIT) -> str:
    """The version of a kit: of a released one it is written down."""
    if (kit / "VERSION").is_file():
        return (kit / "VERSION").read_text().strip()
    argv = ["git", "describe", "--always", "--dirty", "--tags"]
    done = subprocess.run(argv, cwd=kit, capture_output=True, text=True)
    return done.stdout.strip() or "unknown"


def _add(archive: tarfile.TarFile, name: str, content: bytes, mode: int) -> None:
    """The same content gives the same archive: no times, no users."""
    info = tarfile.TarInfo(name)
    info.size, info.mode = len(content), mode
    archive.addfile(info, io.BytesIO(content))


def submit(lab: Lab, out: Path, kit: Path = KIT) -> Path:
    """The files of a lab that are submitted, with a manifest, in one archive."""
    try:
        files = {name: read_plain(lab.dir / name) for name in lab.files}
    except (OSError, ValueError) as error:
        raise Infrastructure(f"{lab.dir.name}: {error}") from error
    manifest = {
        "schema": "hvlab/submission/v1",
        "lab": lab.name,
        "kit": version(kit),
        "files": {
            name: {"sha256": hashlib.sha256(text).hexdigest(), "size": len(text)}
            for name, text in files.items()
        },
    }
    files["manifest.json"] = (json.dumps(manifest, indent=1) + "\n").encode()
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w") as archive:
        for name, content in sorted(files.items()):
            _add(archive, f"{lab.dir.name}/{name}", content, 0o644)
    out.mkdir(parents=True, exist_ok=True)
    path = out / f"hvlab-{lab.name}.tar.gz"
    path.write_bytes(gzip.compress(raw.getvalue(), mtime=0))
    return path


def _tracked(kit: Path) -> list[str]:
    argv = ["git", "ls-files", "-z"]
    done = subprocess.run(argv, cwd=kit, capture_output=True, text=True)
    if done.returncode:
        raise Infrastructure(f"make release needs git: {done.stderr.strip()}")
    return [name for name in done.stdout.split("\0") if name]


def release(out: Path, kit: Path = KIT, build: str = "build") -> None:
    """The students' kit: no solutions, but their objects, so that grading works."""
    if out.exists() and any(out.iterdir()):
        raise Infrastructure(f"{out} is there, and not empty")
    for name in _tracked(kit):
        away = any(PurePosixPath(name).is_relative_to(x) for x in WITHHELD)
        if not away and (kit / name).exists():
            (out / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(kit / name, out / name, follow_symlinks=False)
    (out / "VERSION").write_text(version(kit) + "\n")
    for folder in sorted((kit / "grader/solutions").iterdir()):
        lab = folder.name.partition("_")[0]
        target = f"{build}/reference/{folder.name}.o"
        tree = Tree(kit, build, kit / build / "release")
        status, output = make(tree, target, f"LAB={lab}")
        if status:
            raise Infrastructure(f"make {target} failed:\n{output}")
        made = out / f"grader/reference/{folder.name}.o"
        made.parent.mkdir(exist_ok=True)
        argv = [OBJCOPY, "--strip-debug", str(kit / target), str(made)]
        subprocess.run(argv, check=True)


# ---- grading services --------------------------------------------------------

# What is undecided is no result: then the service is told of an error instead.
_GRADE = """\
cd "{home}/hvlab" || exit 1
make -s setup >&2 || exit 1
export PYTHONPATH=grader PYTHONDONTWRITEBYTECODE=1
"$(./setup.sh --python)" -m hvgrade grade --lab {lab} --submission "{submission}" \\
    --out "{home}/results-{lab}" >&2
status=$?
if [ $status -gt 1 ]; then
    echo 'The grader met an error of its own; nothing was scored.' >&2
    exit 1
fi
"""

_GRADESCOPE_SETUP = """\
#!/usr/bin/env bash
# Gradescope runs this once, when it makes the image.
set -e
mkdir -p /autograder/hvlab
cp -r /autograder/source/hvlab/. /autograder/hvlab
apt-get update
/autograder/hvlab/setup.sh
"""

_GRADESCOPE_RUN = """\
#!/usr/bin/env bash
# Gradescope runs this for each submission.
home=${{AUTOGRADER:-/autograder}}
{grade}mkdir -p "$home/results"
cp "$home/results-{lab}/gradescope.json" "$home/results/results.json"
"""

_AUTOLAB = """\
# Autolab runs this beside autograde.tar and the file that was handed in.
HANDIN ?= $(firstword $(wildcard handin*) hvlab-{lab}.tar.gz)

autograde:
\t@tar xf autograde.tar
\t@HANDIN='$(abspath $(HANDIN))' bash hvlab/autograde.sh
"""

_AUTOLAB_RUN = """\
#!/usr/bin/env bash
# Grades one submission; the last line of the output is the scores.
home=$PWD
{grade}cat "$home/results-{lab}/autolab.json"
"""


def _script(lab: str, template: str, home: str, submission: str) -> str:
    grade = _GRADE.format(lab=lab, home=home, submission=submission)
    return template.format(lab=lab, grade=grade)


def _with_modes(archive: zipfile.ZipFile, path: Path, name: str) -> None:
    info = zipfile.ZipInfo(name)
    info.external_attr = (0o100000 | path.stat().st_mode & 0o777) << 16
    info.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(info, path.read_bytes())


def gradescope(lab: Lab, out: Path, kit: Path = KIT, build: str = "build") -> Path:
    """The autograder of a lab for Gradescope, as one zip."""
    work = out / f"gradescope-{lab.name}"
    shutil.rmtree(work, ignore_errors=True)
    release(work / "hvlab", kit, build)
    run = _script(lab.name, _GRADESCOPE_RUN, "$home", "$home/submission")
    for name, text in (("setup.sh", _GRADESCOPE_SETUP), ("run_autograder", run)):
        (work / name).write_text(text)
        (work / name).chmod(0o755)
    path = out / f"gradescope-{lab.name}.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for file in sorted(p for p in work.rglob("*") if p.is_file()):
            _with_modes(archive, file, file.relative_to(work).as_posix())
    shutil.rmtree(work)
    return path


def autolab(lab: Lab, out: Path, kit: Path = KIT, build: str = "build") -> Path:
    """The autograder of a lab for Autolab: autograde.tar and its Makefile."""
    folder = out / f"autolab-{lab.name}"
    shutil.rmtree(folder, ignore_errors=True)
    release(folder / "hvlab", kit, build)
    run = _script(lab.name, _AUTOLAB_RUN, "$home", "$HANDIN")
    (folder / "hvlab/autograde.sh").write_text(run)
    with tarfile.open(folder / "autograde.tar", "w") as archive:
        archive.add(folder / "hvlab", "hvlab")
    shutil.rmtree(folder / "hvlab")
    (folder / "Makefile").write_text(_AUTOLAB.format(lab=lab.name))
    return folder


def run(command: str, lab: str, out: Path, build: str) -> int:
    """make submit, release, gradescope or autolab."""
    labs = find_labs()
    out = Path(os.path.abspath(out))
    if command == "release":
        release(out, KIT, build)
        print(f"the students' kit, version {version()}, is in {out}")
        return 0
    if lab not in labs:
        raise Infrastructure(f"there is no lab {lab!r}: {', '.join(labs)}")
    if command == "submit":
        path = submit(labs[lab], out)
    else:
        path = (gradescope if command == "gradescope" else autolab)(
            labs[lab], out, KIT, build
        )
    print(os.path.relpath(path))
    return 0
