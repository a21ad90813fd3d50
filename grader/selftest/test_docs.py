"""The handbook: every link, anchor, file and symbol in it exists, and every
translation is up to date or says that it is not."""

import re
import shutil
import sys
from pathlib import Path

import pytest

from hvgrade.lab import KIT, find_labs

sys.path.insert(0, str(KIT / "docs"))

import markup  # noqa: E402
import stage  # noqa: E402


@pytest.mark.parametrize("language", stage.LANGUAGES)
def test_handbook_has_no_problems(language: str, tmp_path: Path) -> None:
    book = stage.Handbook(language)
    assert book.problems == []
    assert book.pages
    book.write(tmp_path)
    for page in book.pages.values():
        text = (tmp_path / page.name).read_text()
        assert stage.LISTING not in text
        assert "code:" not in "".join(stage.LINK.findall(text))


def test_every_page_is_in_the_menu() -> None:
    for language, config in ("en", "mkdocs.yml"), ("zh", "mkdocs.zh.yml"):
        menu = re.findall(r"(\w+\.md)", (KIT / "docs" / config).read_text())
        assert sorted(menu) == sorted(stage.Handbook(language).pages)
    translated = {path.name for path in KIT.glob("docs/zh/*.md")}
    assert translated >= {"hext.md"} | {f"{lab}.md" for lab in find_labs()}


def test_every_figure_says_what_it_shows() -> None:
    for path in [*KIT.glob("docs/*.md"), *KIT.glob("labs/*/README.md")]:
        for alt in re.findall(r"!\[([^]]*)\]\(", path.read_text()):
            assert len(alt.split()) > 5, f"{path}: {alt!r}"
    for path in KIT.glob("docs/zh/*.md"):
        for alt in re.findall(r"!\[([^]]*)\]\(", path.read_text()):
            assert len(re.findall(r"[\u4e00-\u9fff]", alt)) > 10, f"{path}: {alt!r}"
    for path in [*KIT.glob("docs/figures/*.svg"), *KIT.glob("labs/*/figures/*")]:
        drawn = 'role="img" aria-label="' in path.read_text()
        assert drawn or path.name == "icon.svg", path


def test_every_command_exists() -> None:
    rules = (KIT / "Makefile").read_text() + (KIT / "grader/instructor.mk").read_text()
    for path in [*KIT.rglob("docs/**/*.md"), *KIT.glob("labs/*/README.md")]:
        for word in re.findall(r"(?:`|\$ |> *)make ([a-z][\w-]*)", path.read_text()):
            found = re.search(rf"^(\S+ )*{word}( \S+)*:", rules, re.M)
            assert found, f"{path}: make {word}"


@pytest.mark.parametrize(
    "page, language, source",
    [
        ("grader.md", "c", "labs/h1_simple_hv/guests/hello/hello.c"),
        ("grader.md", "python", "grader/tests/h1/test_h1_sbi.py"),
        ("grader.md", "toml", "labs/h1_simple_hv/lab.toml"),
        ("grader.md", "toml", "grader/mutants/h1/mutants.toml"),
        ("tour.md", "c", "common/hv/run.c"),
    ],
)
def test_examples_are_the_real_thing(page: str, language: str, source: str) -> None:
    text = (KIT / "docs" / page).read_text()
    blocks = re.findall(rf"```{language}\n(.*?)```", text, re.S)
    assert any(block in (KIT / source).read_text() for block in blocks)


def test_the_tour_visits_every_given_file() -> None:
    tour = (KIT / "docs/tour.md").read_text()
    given = [p for p in KIT.glob("common/**/*.*") if p.suffix != ".pyc"]
    for path in given:
        code = f"{path.stem}.c"  # its header is its contract, and goes with it
        folder = f"`{path.parent.relative_to(KIT)}/`"  # named as a whole
        named = path.name in tour or folder in tour
        assert named or path.suffix == ".h" and code in tour, path


# Each kind of mistake, made in a copy, is found.


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A handbook of two languages and one lab."""
    files = {
        "docs/index.md": "# Start\n\n[the loop](code:common/run.c#vcpu_run),\n"
        "`common/run.c`; `one` and `two` in `run.h`, [go on](h1.md#the-end)\n",
        "docs/h1.md": "# Lab h1\n\n<!-- handout: h1_lab -->\n",
        "labs/h1_lab/README.md": "# Lab h1\n\nDo it:\n\n```\n$ make\n```\n\n## The end\n",
        "common/run.c": "/* vcpu_run: read docs/h1.md#the-end */\n\nvoid vcpu_run(void)\n{\n}\n",
        "common/run.h": "int one, two;\n",
        "docs/figures/icon.svg": "<svg/>",
    }
    source = files["labs/h1_lab/README.md"]
    files["docs/zh/h1.md"] = (
        "---\nsource: labs/h1_lab/README.md\n"
        f"hash: {markup.prose_hash(source)}\n---\n# 实验\n\n{stage.LISTING}\n\n## 结束\n"
    )
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def problems(root: Path) -> str:
    books = [stage.Handbook(language, root) for language in stage.LANGUAGES]
    return "\n".join(problem for book in books for problem in book.problems)


def test_copy_has_no_problems(copy: Path) -> None:
    assert problems(copy) == ""
    book = stage.Handbook("en", copy)
    book.write(copy / "out")
    index = (copy / "out/index.md").read_text()
    assert "](code/common/run.c.md#__codelineno-0-3)" in index
    assert "## The end" in (copy / "out/h1.md").read_text()
    zh = stage.Handbook("zh", copy)
    assert "$ make" in zh.pages["h1.md"].text
    assert "## 结束 {#the-end}" in zh.pages["h1.md"].text


@pytest.mark.parametrize(
    "file, old, new, problem",
    [
        ("docs/index.md", "h1.md#", "h2.md#", "there is no docs/h2.md"),
        ("docs/index.md", "#the-end", "#no-end", "h1.md#no-end: no such heading"),
        ("docs/index.md", "c#vcpu_run", "c#vcpu_ran", "run.c has no vcpu_ran"),
        ("docs/index.md", "code:common/run.c", "code:run.c", "there is no file run.c"),
        ("docs/index.md", "`common/run.c`", "`common/ran.c`", "no common/ran.c"),
        ("docs/index.md", "`two`", "`three`", "run.h has no three"),
        ("docs/h1.md", "h1_lab", "h1_labs", "there is no lab labs/h1_labs"),
        ("common/run.c", "vcpu_run", "vcpu_walk", "run.c has no vcpu_run"),
        ("common/run.c", "#the-end", "#an-end", "h1.md#an-end: no such heading"),
        ("labs/h1_lab/README.md", "## The end", "## An end", "no such heading"),
        ("labs/h1_lab/README.md", "Do it", "Do that", "has changed since"),
        (
            "docs/index.md",
            "# Start",
            "- as of\n  2024. So",
            "reads as an item of a list",
        ),
        ("docs/zh/h1.md", stage.LISTING, "", "has 0 listings, its source 1"),
        ("docs/zh/h1.md", "## 结束", "结束", "has 1 headings, its source 2"),
        ("docs/zh/h1.md", "hash:", "stale: yes\nhash:", "is up to date, but marked"),
    ],
)
def test_mistake_is_found(
    copy: Path, file: str, old: str, new: str, problem: str
) -> None:
    text = (copy / file).read_text()
    assert old in text
    (copy / file).write_text(text.replace(old, new))
    assert problem in problems(copy)


def test_stale_translation_is_allowed_when_it_says_so(copy: Path) -> None:
    handout, page = copy / "labs/h1_lab/README.md", copy / "docs/zh/h1.md"
    handout.write_text(handout.read_text().replace("Do it", "Do that"))
    page.write_text(page.read_text().replace("hash:", "stale: yes\nhash:"))
    assert problems(copy) == ""
    assert "译文已过时" in stage.Handbook("zh", copy).pages["h1.md"].text


def test_changed_listing_does_not_make_a_translation_stale(copy: Path) -> None:
    handout = copy / "labs/h1_lab/README.md"
    handout.write_text(handout.read_text().replace("$ make", "$ make qemu"))
    assert problems(copy) == ""
    assert "$ make qemu" in stage.Handbook("zh", copy).pages["h1.md"].text


def test_writing_again_changes_nothing(copy: Path) -> None:
    """`mkdocs serve` watches the folder: it must come to rest."""
    out = copy / "out"
    stage.Handbook("en", copy).write(out)
    before = {path: path.stat().st_mtime_ns for path in out.rglob("*")}
    stage.Handbook("en", copy).write(out)
    assert {path: path.stat().st_mtime_ns for path in out.rglob("*")} == before
    shutil.rmtree(out)
