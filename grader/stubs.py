#!/usr/bin/env python3
"""Make the students' files in labs/ out of the reference in grader/solutions/.

The reference is the single source. Two kinds of region are cut out of it:

    /* SOLUTION h1.3: what to do */ ... /* END */   becomes the TODO notice
    /* HIDDEN */ ... /* END */                      disappears

With --check nothing is written; the exit status says whether labs/ agrees.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOLUTION = re.compile(r"^(\s*)/\* SOLUTION (h\d\.\d): (.*?) \*/$")
HIDDEN = re.compile(r"^\s*/\* HIDDEN \*/$")
END = re.compile(r"^\s*/\* END \*/$")


class StubError(Exception):
    """A marker is missing or out of place."""


def strip(text: str, name: str) -> str:
    """The student's version of one reference file."""
    kept: list[str] = []
    inside = 0  # the line number of the marker that opened a region, or 0
    for number, line in enumerate(text.split("\n"), start=1):
        solution = SOLUTION.match(line)
        if solution or HIDDEN.match(line):
            if inside:
                raise StubError(f"{name}:{number}: region {inside} is open")
            inside = number
            if solution:
                indent, task, hint = solution.groups()
                notice = f'TODO "{task}", "{hint}"'
                if not name.endswith(".S"):
                    notice = f'TODO("{task}", "{hint}");'
                kept.append(indent + notice)
        elif END.match(line):
            if not inside:
                raise StubError(f"{name}:{number}: END without a beginning")
            inside = 0
        elif not inside:
            kept.append(line)
    if inside:
        raise StubError(f"{name}:{inside}: region without END")
    return "\n".join(kept)


def stubs() -> dict[Path, str]:
    """Every student file with its content."""
    result = {}
    for source in sorted((ROOT / "grader" / "solutions").glob("h?_*/*.[chS]")):
        target = ROOT / "labs" / source.parent.name / source.name
        result[target] = strip(source.read_text(), source.name)
    return result


def main() -> int:
    stale = [
        (path, text)
        for path, text in stubs().items()
        if not path.is_file() or path.read_text() != text
    ]
    for path, text in stale:
        name = path.relative_to(ROOT)
        if "--check" in sys.argv:
            print(f"stubs: {name} differs from the reference: run make stubs")
        else:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
            print(f"stubs: wrote {name}")
    return 1 if stale and "--check" in sys.argv else 0


if __name__ == "__main__":
    sys.exit(main())
