"""markup.py - what the handbook knows about Markdown: headings and their
anchors, listings and what is between them, front matter."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Callable, Iterator

FENCE = re.compile(r"^ *```")
HEADING = re.compile(r"^#{1,6} +(.*?)(?: *\{#([\w.-]+)\})?$")


def slugify(text: str) -> str:
    """The anchor of a heading, as pymdownx.slugs makes it (case lower)."""
    text = re.sub(r"<[^>]*>|[`*]", "", unicodedata.normalize("NFC", text))
    return re.sub(r"[^\w\- ]", "", text.strip().lower()).replace(" ", "-")


def headings(text: str) -> Iterator[tuple[str, str]]:
    seen: dict[str, int] = {}
    for line, code in lines(text):
        match = None if code else HEADING.match(line)
        if not match:
            continue
        slug = match[2] or slugify(match[1])
        count = seen[slug] = seen.get(slug, -1) + 1
        yield (f"{slug}_{count}" if count else slug), match[1]


def lines(text: str) -> Iterator[tuple[str, bool]]:
    """Each line, and whether it belongs to a listing."""
    inside = False
    for line in text.split("\n"):
        fence = bool(FENCE.match(line))
        yield line, inside or fence
        inside ^= fence


def with_anchors(text: str, anchors: list[str]) -> str:
    """A translated heading keeps the anchor of the original."""
    left = iter(anchors)
    done = []
    for line, code in lines(text):
        if not code and HEADING.match(line) and (anchor := next(left, None)):
            line = f"{line} {{#{anchor}}}"
        done.append(line)
    return "\n".join(done)


def prose(text: str, change: Callable[[str], str]) -> str:
    """Apply `change` to what is between the listings."""
    done: list[str] = []
    block: list[str] = []

    def flush() -> None:
        if block:
            done.append(change("\n".join(block)))
            block.clear()

    for line, code in lines(text):
        if code:
            flush()
            done.append(line)
        else:
            block.append(line)
    flush()
    return "\n".join(done)


def listings(text: str) -> list[str]:
    """The fenced blocks of a page, each with its fences."""
    found: list[list[str]] = []
    inside = False
    for line in text.split("\n"):
        if FENCE.match(line):
            if not inside:
                found.append([])
            inside = not inside
            found[-1].append(line)
        elif inside:
            found[-1].append(line)
    return ["\n".join(block) for block in found]


def accidental_items(text: str) -> Iterator[str]:
    """Lines of a list that were wrapped in front of a number and a full stop."""
    for block in re.split(r"\n\s*\n", text):
        first, *rest = block.strip("\n").split("\n")
        start = re.match(r" *(?:[-*]|(\d+)\.) ", first)
        if not start:
            continue
        number = int(start[1]) if start[1] else None
        for line in rest:
            item = re.match(r" *(\d+)\. ", line)
            if item and (number is None or int(item[1]) != number + 1):
                yield line
            elif item:
                number = int(item[1])


def prose_hash(text: str) -> str:
    """What a translation remembers of its source; listings do not count."""
    words = " ".join("\n".join(line for line, code in lines(text) if not code).split())
    return hashlib.sha256(words.encode()).hexdigest()[:16]


def split_meta(text: str) -> tuple[dict[str, str], str]:
    """The front matter ("key: value" lines between two ---) and the rest."""
    match = re.match(r"---\n(.*?)\n---\n", text, re.S)
    if not match:
        return {}, text
    pairs = (line.split(":", 1) for line in match[1].splitlines())
    return {key.strip(): value.strip() for key, value in pairs}, text[match.end() :]


def find_symbol(text: str, symbol: str) -> int | None:
    """The line where it is defined; else the first that has it."""
    name = re.escape(symbol)
    for pattern in (
        rf"^(?:#define\s+|(?:struct|enum|class|def)\s+){name}\b(?!.*;$)",
        rf"^(?!\s|/|#|extern)[^;]*\b{name}\b[^;]*$",
        rf"^{name}:",
        rf"\b{name}\b",
    ):
        match = re.search(pattern, text, re.M)
        if match:
            return text.count("\n", 0, match.start()) + 1
    return None
