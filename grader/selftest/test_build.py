"""What is taken out of a submission, and what its build may read."""

import os
import subprocess
from pathlib import Path

import pytest
from tinykit import Kit

from hvgrade import build, scratch
from hvgrade.build import (
    CC,
    Tree,
    build_all,
    compiler_warnings,
    refuse_foreign_files,
)
from hvgrade.lab import Lab, load_lab
from hvgrade.scratch import copy_submission
from hvgrade.verdict import Failure, Infrastructure


@pytest.fixture
def lab(kit: Kit) -> Lab:
    kit.tests("", {"test_a": 100})
    return load_lab(kit.root / "labs/h1_tiny/lab.toml")


@pytest.fixture
def tree(kit: Kit) -> Tree:
    return Tree(kit.root, "build", kit.root / "build/grade/h1")


def message(error: pytest.ExceptionInfo[Failure]) -> str:
    return error.value.verdict.message


def test_only_listed_files_are_copied_and_the_rest_is_named(
    kit: Kit, lab: Lab, tree: Tree
) -> None:
    kit.write("labs/h1_tiny/Makefile", "all:")
    kit.write("labs/h1_tiny/more/deep.c", "")
    ignored = copy_submission(lab, kit.root / "labs", tree)
    assert ignored == ["Makefile", "lab.toml", "more"]
    assert [p.name for p in tree.submission.rglob("*") if p.is_file()] == ["code.py"]


def test_what_is_no_small_plain_file_is_refused(
    kit: Kit, lab: Lab, tree: Tree, tmp_path: Path
) -> None:
    code = kit.root / "labs/h1_tiny/code.py"
    secret = kit.write("secret", "secret")

    def refused() -> str:
        with pytest.raises(Failure) as error:
            build_all(lab, [], kit.root / "labs", tree, "reference", "mine")
        return message(error)

    code.unlink()
    assert "code.py is missing" in refused()
    code.symlink_to(secret)
    assert "code.py is a symbolic link" in refused()
    code.unlink()
    os.mkfifo(code)
    assert "code.py is not a plain file" in refused()
    code.unlink()
    code.mkdir()
    assert "code.py" in refused()
    code.rmdir()
    code.write_bytes(bytes(scratch.MAX_FILE + 1))
    assert "code.py is larger than 256 KiB" in refused()
    code.write_bytes(bytes(scratch.MAX_FILE))
    code.parent.rename(tmp_path / "elsewhere")
    code.parent.symlink_to(tmp_path / "elsewhere")
    assert "is not a folder" in refused()


def test_the_students_tree_is_not_touched(kit: Kit, lab: Lab, tree: Tree) -> None:
    labs = kit.root / "labs"
    before = {p: p.stat().st_mtime_ns for p in labs.rglob("*")}
    hv, linux, ignored = build_all(lab, [], labs, tree, "reference", "mine")
    assert (hv, linux, ignored) == (tree.out / "hv.elf", "", ["h1_tiny/lab.toml"])
    assert {p: p.stat().st_mtime_ns for p in labs.rglob("*")} == before


def test_an_error_of_the_students_is_a_failure_with_the_first_errors(
    kit: Kit, lab: Lab, tree: Tree
) -> None:
    kit.code("syntax error")
    kit.write("Makefile", "hv:\n\techo $(SUBMISSION)/a.c:1: error: bad; false\ngiven:")
    with pytest.raises(Failure) as error:
        build_all(lab, [], kit.root / "labs", tree, "reference", "mine")
    assert "labs/a.c:1: error: bad" in message(error)
    with pytest.raises(Infrastructure):
        build_all(lab, [], kit.root / "labs", tree, "reference", "reference")


def test_the_compilers_warnings_are_kept_but_only_of_submitted_files(
    kit: Kit, lab: Lab, tree: Tree
) -> None:
    said = ["$(SUBMISSION)/a.c:1: warning: w", "common/b.c:1: warning: w"]
    recipe = "; ".join(f"echo {line}" for line in [*said, said[0]])
    kit.write("Makefile", f"given:\nhv:\n\tmkdir -p $(OUT); {recipe}; >$(OUT)/hv.elf")
    build_all(lab, [], kit.root / "labs", tree, "reference", "mine")
    assert compiler_warnings(tree) == ["labs/a.c:1: warning: w"]


@pytest.mark.parametrize(
    ("makefile", "words"),
    [
        ("hv:\n\techo common/hv/run.c:1: error: bad; false\ngiven:", "make hv failed"),
        ("hv:\ngiven:\n\tfalse", "make given"),
        ("hv:\ngiven:", "left no hv.elf"),
        ("", "make given"),
    ],
)
def test_an_error_of_the_kits_is_infrastructure(
    kit: Kit, lab: Lab, tree: Tree, makefile: str, words: str
) -> None:
    kit.write("Makefile", makefile)
    with pytest.raises(Infrastructure, match=words):
        build_all(lab, [], kit.root / "labs", tree, "reference", "mine")


def test_a_missing_compiler_is_infrastructure(
    kit: Kit, lab: Lab, tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(build, "CC", "no-such-gcc")
    with pytest.raises(Infrastructure, match="no-such-gcc is missing"):
        build_all(lab, [], kit.root / "labs", tree, "reference", "mine")


def test_a_build_that_does_not_end_is_ended(
    kit: Kit, lab: Lab, tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(build, "CPU_LIMIT", 1)
    recipe = f"{CC} -x c -o /dev/null $(SUBMISSION)/h1_tiny/code.py"
    kit.write("Makefile", f"given:\nhv:\n\t{recipe}")
    twice = 2 * "#include __FILE__\n"  # 2^199 times in all
    kit.code(f"#if __INCLUDE_LEVEL__ < 199\n{twice}#endif\n")
    with pytest.raises(Failure, match="CPU time limit"):
        build_all(lab, [], kit.root / "labs", tree, "reference", "mine")
    monkeypatch.setattr(build, "WALL_LIMIT", 0.3)
    kit.write("Makefile", "given:\n\tsleep 60\n")
    with pytest.raises(Infrastructure, match="did not end"):
        build_all(lab, [], kit.root / "labs", tree, "reference", "mine")


def test_the_callers_make_and_compiler_settings_do_not_reach_the_build(
    kit: Kit, lab: Lab, tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("MAKEFLAGS", "CPATH", "CFLAGS"):
        monkeypatch.setenv(name, "LAB=evil")
    make_hv = "mkdir -p $(OUT) && env > $(OUT)/hv.elf"
    kit.write("Makefile", f"given:\nhv:\n\t{make_hv}")
    build_all(lab, [], kit.root / "labs", tree, "reference", "mine")
    assert "evil" not in (tree.out / "hv.elf").read_text()


def test_earlier_labs_come_from_the_submission_when_asked(
    kit: Kit, lab: Lab, tree: Tree
) -> None:
    toml = (kit.root / "labs/h1_tiny/lab.toml").read_text().replace('"h1"', '"h2"')
    later = load_lab(kit.write("labs/h2_next/lab.toml", toml))
    kit.write("labs/h2_next/code.py", "off()")

    def copied(base: str, impl: str) -> set[str]:
        scratch.fresh(tree)
        try:
            build_all(later, [lab], kit.root / "labs", tree, base, impl)
        except (Failure, Infrastructure):
            pass  # this make knows one lab only
        return {path.name for path in tree.submission.iterdir()}

    assert copied("mine", "mine") == {"h1_tiny", "h2_next"}
    assert copied("reference", "mine") == {"h2_next"}
    assert copied("mine", "reference") == {"h1_tiny"}
    assert copied("reference", "reference") == set()


# With the real compiler: what a file was built from.


def compile_in(tree: Tree, name: str, source: str) -> None:
    path = tree.submission / "h1_tiny" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(source)
    made = tree.out / f"obj/h1_tiny/{path.stem}.o"
    made.parent.mkdir(parents=True, exist_ok=True)
    argv = [CC, "--specs=picolibc.specs", "-march=rv64imac", "-mabi=lp64", "-g"]
    argv += ["-MD", "-MF", f"{made}.d", "-MT", str(made), f"-Wa,--MD,{made}.asd"]
    argv += ["-Icommon/include", "-c", "-o", str(made), str(path)]
    subprocess.run(argv, check=True, cwd=tree.kit)


def test_a_submission_may_read_its_own_files_and_the_kits_headers(
    kit: Kit, tree: Tree
) -> None:
    kit.write("common/include/sbi.h", "#define SBI 1\n")
    compile_in(tree, "b.c", "int b;\n")
    compile_in(tree, "a.c", '#include <stdio.h>\n#include "sbi.h"\n#include "b.c"\n')
    compile_in(tree, "s.S", '#include "sbi.h"\nnop\n')
    refuse_foreign_files(tree)


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("a.c", '#include "SECRET"\n'),
        ("a.c", '#include "../../../../../common/include/../../secret dir/s.c"\n'),
        ("a.c", '__asm__(".incbin \\"SECRET\\"");\n'),
        ("a.c", '# 1 "/usr/include/x.h" 1 3\n#include "SECRET"\n'),
        ("a.S", '.incbin "SECRET"\n'),
        ("a.S", '.include "SECRET"\n'),
        ("a.S", '.incbin "secret dir/s.c"\n'),
        ("a.S", '.incbin "/proc/self/cwd/common/include/sbi.h"\n'),
        ("a.c", '#include "linked.c"\n'),
    ],
)
def test_any_other_file_is_refused_by_name(
    kit: Kit, tree: Tree, name: str, source: str
) -> None:
    secret = kit.write("secret dir/s.c", "# nothing\n" if name == "a.S" else "int s;\n")
    kit.write("common/include/sbi.h", "")
    compile_in(tree, "fine.c", "int fine;\n")
    refuse_foreign_files(tree)
    (tree.submission / "h1_tiny/linked.c").symlink_to(secret)
    compile_in(tree, name, source.replace("SECRET", str(secret)))
    with pytest.raises(Failure) as error:
        refuse_foreign_files(tree)
    assert "a.o was built from" in message(error)


@pytest.mark.parametrize("suffix", [".d", ".asd"])
def test_an_object_that_does_not_say_what_it_read_is_infrastructure(
    tree: Tree, suffix: str
) -> None:
    compile_in(tree, "a.c", "int a;\n")
    (tree.out / f"obj/h1_tiny/a.o{suffix}").unlink()
    with pytest.raises(Infrastructure):
        refuse_foreign_files(tree)
