"""stage.py - the handbook's pages, made ready for MkDocs.

The handbook is written in docs/, the handouts stand in labs/, and the code is
where it is. This puts them together in one folder: handouts into their
chapters, links into the tree as links to pages with that code, listings into
the translations. What does not resolve is a Problem. It needs nothing beyond
Python, so that `make check` can look for problems without MkDocs.

    python3 docs/stage.py         list the problems; exit 1 if there are any
    python3 docs/stage.py hash    the hash of every source of a translation
"""

from __future__ import annotations

import json
import re
import shutil
import sys
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from markup import (
    accidental_items,
    find_symbol,
    headings,
    lines,
    listings,
    prose,
    prose_hash,
    split_meta,
    with_anchors,
)

ROOT = Path(__file__).resolve().parent.parent
STAGED = ROOT / "build/docs"
LANGUAGES = ("en", "zh")

HANDOUT = re.compile(r"^<!-- handout: (\S+) -->$", re.M)
LISTING = "<!-- listing -->"
LINK = re.compile(r"\]\(([^()\s]+)\)")
# A path of the tree in a code span: it has to exist.
TREE_PATH = re.compile(r"`((?:common|labs|grader|docs)/[\w./-]+)`")
# "`one` and `other` in `file.h`": the file has to have these words.
SYMBOLS = re.compile(
    r"((?:`\w+`(?:,\s+(?:and\s+)?|\s+(?:and|to)\s+)?)+)\s+(?:in|of)\s+"
    r"`([\w/]+\.(?:c|h|S|py))`"
)
# Where the console sends a reader.
CONSOLE = re.compile(r"docs/(\w+\.md)#([\w-]+)")
LEXERS = {
    ".c": "c",
    ".h": "c",
    ".S": "gas",
    ".py": "python",
    ".toml": "toml",
    ".sh": "bash",
    ".dts": "text",
}

# In front of a page of the English edition; hooks.py makes "../" of it, behind
# the back of MkDocs, which would miss that page.
ENGLISH = "english://"

# Chinese has no spaces: a line that was wrapped is joined without one.
CJK = "[\u3000-\u9fff\uff00-\uffef]"
WRAPPED = re.compile(rf"(?<={CJK})\n(?:> | +)?(?={CJK})")

STALE = {
    "zh": """\
!!! warning "译文已过时"

    这一页译自较早的英文版；英文版此后有过改动。以英文版为准。
""",
}
TRANSLATION = ("source", "hash", "stale")  # the rest of a page's meta is MkDocs'
NO_TITLE = "(no title)"
NO_HANDOUT = "\nThe handout of this lab is still being written.\n"


@dataclass
class Page:
    """One page of the handbook: its source, and what will be staged."""

    name: str  # "h1.md"
    source: Path  # relative to the tree
    text: str
    meta: dict[str, str] = field(default_factory=dict)
    parts: list[tuple[Path, str]] = field(default_factory=list)

    @property
    def anchors(self) -> set[str]:
        return {anchor for anchor, _ in headings(self.text)}

    @property
    def title(self) -> str:
        return next((t for _, t in headings(self.text)), NO_TITLE)


class Handbook:
    """All pages of one language, and the pages of code that they point to."""

    def __init__(self, language: str = "en", root: Path = ROOT) -> None:
        self.language = language
        self.root = root
        self.docs = Path("docs") if language == "en" else Path("docs", language)
        self.problems: list[str] = []
        self.figures = {"figures/icon.svg": Path("docs/figures/icon.svg")}
        self.code: dict[str, Path] = {}  # page name -> file
        self.pages = {
            path.name: self.load(path)
            for path in sorted((root / self.docs).glob("*.md"))
        }
        # Where labs/hN_*/README.md went; a translation has what it has.
        self.english = self.pages if language == "en" else Handbook("en", root).pages
        for page in self.pages.values():
            self.resolve(page)
        for page in self.pages.values():
            self.check_anchors(page)
        for file in sorted((root / "common").rglob("*.[ch]")):
            self.check_console(file)

    def problem(self, source: Path, text: str) -> None:
        self.problems.append(f"{source}: {text}")

    # ---- reading ----------------------------------------------------------

    def load(self, path: Path) -> Page:
        source = path.relative_to(self.root)
        meta, text = split_meta(path.read_text())
        page = Page(path.name, source, text, meta)
        if "source" in meta:
            self.load_translation(page)
        text = page.text
        # A page and its handout have links relative to different folders.
        start = 0
        for match in HANDOUT.finditer(text):
            page.parts.append((source.parent, text[start : match.start()]))
            handout = Path("labs", match[1], "README.md")
            if not (self.root / handout).parent.is_dir():
                self.problem(source, f"there is no lab {handout.parent}")
            page.parts.append((handout.parent, self.handout(handout)))
            start = match.end()
        base = Path(meta["source"]).parent if "source" in meta else source.parent
        page.parts.append((base, text[start:]))
        return page

    def handout(self, handout: Path) -> str:
        """A handout without its title, which the chapter has already."""
        if not (self.root / handout).exists():
            return NO_HANDOUT
        return re.sub(r"\A# .*\n", "", (self.root / handout).read_text())

    def load_translation(self, page: Page) -> None:
        """Is it up to date? Then fill the listings of its source in."""
        source = self.root / page.meta["source"]
        if not source.exists():
            self.problem(page.source, f"its source {page.meta['source']} is gone")
            return
        english = split_meta(source.read_text())[1]
        stale = page.meta.get("stale") == "yes"
        current = page.meta.get("hash") == prose_hash(english)
        if not current and not stale:
            self.problem(
                page.source,
                f"{page.meta['source']} has changed since it was translated: "
                f"translate, then set hash: {prose_hash(english)}; "
                "or mark it with stale: yes",
            )
        if current and stale:
            self.problem(page.source, "is up to date, but marked with stale: yes")
        blocks = listings(english)
        if page.text.count(LISTING) != len(blocks) and not stale:
            self.problem(
                page.source,
                f"has {page.text.count(LISTING)} listings, its source {len(blocks)}",
            )
        for block in blocks:
            page.text = page.text.replace(LISTING, block, 1)
        anchors = [anchor for anchor, _ in headings(english)]
        titles = [title for _, title in headings(page.text)]
        if len(titles) != len(anchors) and not stale:
            self.problem(
                page.source, f"has {len(titles)} headings, its source {len(anchors)}"
            )
        page.text = with_anchors(page.text, anchors)
        if stale:
            page.text = re.sub(
                r"\A(\s*# .*\n)",
                lambda m: f"{m[1]}\n{STALE[self.language]}",
                page.text,
            )

    # ---- links ------------------------------------------------------------

    def resolve(self, page: Page) -> None:
        done = []
        for base, text in page.parts:
            self.check_code(page, text)
            done.append(
                prose(
                    text,
                    lambda block, base=base: self.finish(  # type: ignore[misc]
                        LINK.sub(lambda m: f"]({self.link(page, base, m[1])})", block)
                    ),
                )
            )
        page.text = "".join(done)

    @staticmethod
    def finish(text: str) -> str:
        """Markdown inside of the hidden answers is Markdown; lines are joined."""
        text = WRAPPED.sub("", text)
        return text.replace(
            "<details><summary>",
            '<details markdown="1">\n<summary markdown="span">',
        )

    def link(self, page: Page, base: Path, target: str) -> str:
        if re.match(r"(https?|mailto):", target):
            return target
        path, _, anchor = target.partition("#")
        if not path:
            return target
        hash_anchor = f"#{anchor}" if anchor else ""
        if path.startswith("code:"):
            return self.code_link(page, path.removeprefix("code:"), anchor)
        tree = (self.root / base / path).resolve()
        try:
            tree = tree.relative_to(self.root)
        except ValueError:
            self.problem(page.source, f"{target} leads out of the tree")
            return target
        if not (self.root / tree).exists():
            self.problem(page.source, f"{target}: there is no {tree}")
            return target
        if tree.suffix in (".svg", ".png"):
            name = self.figure_name(tree)
            self.figures[name] = tree
            return name
        name = self.page_of(tree)
        if not name:
            return self.code_link(page, str(tree), anchor)
        # A translated page speaks of its own language; one without a source can
        # name an English page.
        named = "source" not in page.meta and tree.parent != self.docs
        if name in self.pages and (self.language == "en" or not named):
            return name + hash_anchor
        # A translation points to the English page where it has none.
        if anchor and anchor not in self.english[name].anchors:
            self.problem(page.source, f"{target}: no such heading")
        return f"{ENGLISH}{PurePosixPath(name).with_suffix('.html')}{hash_anchor}"

    def figure_name(self, tree: Path) -> str:
        """labs/h1_simple_hv/figures/modes.svg is figures/h1/modes.svg."""
        lab = tree.parts[1].split("_")[0] if tree.parts[0] == "labs" else ""
        return str(PurePosixPath("figures", lab, tree.name))

    def page_of(self, tree: Path) -> str:
        """The page that shows this file, or "": it is code."""
        if tree.parts[0] == "labs" and tree.name == "README.md":
            return tree.parts[1].split("_")[0] + ".md"
        if tree.parts[0] == "docs" and tree.suffix == ".md":
            return tree.name
        return ""

    def code_link(self, page: Page, path: str, symbol: str) -> str:
        file = self.root / path
        if not file.is_file():
            self.problem(page.source, f"there is no file {path}")
            return path
        if any(part.startswith(".") for part in Path(path).parts):
            self.problem(page.source, f"MkDocs makes no page of {path}: do not link it")
        anchor = ""
        if symbol:
            number = find_symbol(file.read_text(), symbol)
            if number is None:
                self.problem(page.source, f"{path} has no {symbol}")
            anchor = f"#__codelineno-0-{number}"
        self.code[f"code/{path}.md"] = Path(path)
        if self.language == "en":
            return f"code/{path}.md{anchor}"
        return f"{ENGLISH}code/{path}.html{anchor}"

    # ---- checks -----------------------------------------------------------

    def check_code(self, page: Page, text: str) -> None:
        plain = prose(text, lambda block: block)
        plain = "\n".join(line for line, code in lines(plain) if not code)
        for line in accidental_items(plain):
            self.problem(page.source, f"reads as an item of a list: {line!r}")
        for match in TREE_PATH.finditer(plain):
            if "hN" not in match[1] and not self.there(match[1]):
                self.problem(page.source, f"there is no {match[1]}")
        for match in SYMBOLS.finditer(plain):
            if re.match(r"arch/|src/|core/", match[2]):
                continue  # somebody else's tree
            files = [
                file
                for top in ("common", "labs", "grader")
                for file in (self.root / top).rglob(Path(match[2]).name)
                if "mutants" not in file.parts and "cheats" not in file.parts
            ]
            words = set(re.findall(r"\w+", "\n".join(f.read_text() for f in files)))
            for symbol in re.findall(r"`(\w+)`", match[1]):
                if symbol not in words:
                    self.problem(page.source, f"{match[2]} has no {symbol}")

    def there(self, path: str) -> bool:
        """Is it in the tree? The students' kit lacks parts of grader/."""
        whole = (self.root / "grader/solutions").exists()
        return (self.root / path).exists() or (not whole and path[:7] == "grader/")

    def check_anchors(self, page: Page) -> None:
        def look(block: str) -> str:
            for match in LINK.finditer(block):
                path, _, anchor = match[1].partition("#")
                name = path or page.name
                if anchor and name in self.pages and "code/" not in path:
                    if anchor not in self.pages[name].anchors:
                        self.problem(page.source, f"{match[1]}: no such heading")
            return block

        prose(page.text, look)

    def check_console(self, file: Path) -> None:
        """What the given code tells to read has to be there."""
        for name, anchor in CONSOLE.findall(file.read_text()):
            if name not in self.english or anchor not in self.english[name].anchors:
                source = file.relative_to(self.root)
                self.problem(source, f"docs/{name}#{anchor}: no such heading")

    # ---- writing ----------------------------------------------------------

    def write(self, folder: Path) -> None:
        """Only what has changed is written, so that `mkdocs serve` rests."""
        wanted: dict[str, str] = {}
        for page in self.pages.values():
            own = "".join(
                f"{key}: {value}\n"
                for key, value in {"title": quoted(page.title), **page.meta}.items()
                if key not in TRANSLATION
            )
            wanted[page.name] = f"---\n{own}---\n{page.text}"
        for name, path in self.code.items() if self.language == "en" else ():
            wanted[name] = code_page(path, (self.root / path).read_text())
        for name, text in wanted.items():
            file = folder / name
            file.parent.mkdir(parents=True, exist_ok=True)
            if not file.exists() or file.read_text() != text:
                file.write_text(text)
        for name, figure in self.figures.items():
            file = folder / name
            file.parent.mkdir(parents=True, exist_ok=True)
            data = (self.root / figure).read_bytes()
            if not file.exists() or file.read_bytes() != data:
                shutil.copyfile(self.root / figure, file)
        for file in [f for f in folder.rglob("*") if f.is_file()]:
            name = str(file.relative_to(folder))
            if name not in wanted and name not in self.figures:
                file.unlink()


def quoted(title: str) -> str:
    """For the front matter, which is YAML."""
    return json.dumps(title.replace("`", ""), ensure_ascii=False)


def code_page(path: Path, text: str) -> str:
    lexer = LEXERS.get(path.suffix, "make" if path.name == "Makefile" else "text")
    fence = "````" if "```" in text else "```"
    return (
        f"---\ntitle: {quoted(str(path))}\nhide: [toc]\n---\n# `{path}`\n\n"
        f'{fence} {{.{lexer} linenums="1"}}\n{text.rstrip()}\n{fence}\n'
    )


def main() -> int:
    if sys.argv[1:] == ["hash"]:
        for path in sorted(ROOT.glob("docs/*/*.md")):
            source = split_meta(path.read_text())[0].get("source")
            if source:
                text = split_meta((ROOT / source).read_text())[1]
                print(prose_hash(text), source)
        return 0
    problems = [p for language in LANGUAGES for p in Handbook(language).problems]
    print("\n".join(problems) or "no problems")
    return bool(problems)


if __name__ == "__main__":
    sys.exit(main())
