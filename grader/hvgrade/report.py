"""A class as a spreadsheet and as a page: OUT/gradebook.csv, OUT/index.html."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import jinja2

from .lab import KIT, Lab
from .session import test_folder
from .record import write_atomically
from .similar import Pair, pairs, shingles

_TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True)
class Class:
    lab: Lab
    seed: int
    records: Sequence[dict[str, Any]]  # as in OUT/records
    missing: Sequence[str]  # submissions that were not graded yet

    @property
    def decided(self) -> list[dict[str, Any]]:
        return [data for data in self.records if data["result"]["complete"]]

    @property
    def undecided(self) -> list[dict[str, Any]]:
        """Those where the grader or the machine failed: they have no score."""
        return [data for data in self.records if not data["result"]["complete"]]


def _statuses(data: dict[str, Any]) -> dict[str, str]:
    return {
        t["name"]: t["status"] for lab in data["result"]["labs"] for t in lab["tests"]
    }


def gradebook_csv(whole: Class) -> str:
    """A row for each submission; without a score where it is undecided."""
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\n")
    tests = list(whole.lab.tests)
    rows.writerow(["name", "score", "max_score", "state", "attempts", *tests])
    for data in whole.records:
        result, found = data["result"], _statuses(data)
        state = "graded" if result["complete"] else "infrastructure"
        score = result["score"] if result["complete"] else ""
        # A name that begins like a formula would be one in a spreadsheet.
        name = data["name"]
        name = f"'{name}" if name[0] in "=+-@\t" else name
        row = [name, score, result["max_score"], state, data["attempts"]]
        rows.writerow(row + [found.get(test, "not run") for test in tests])
    for name in whole.missing:
        rows.writerow([name, "", "", "missing", 0] + [""] * len(tests))
    return out.getvalue()


def _alike(whole: Class, out: Path) -> list[Pair]:
    def runs(folder: Path) -> set[int]:
        files = [folder / name for name in whole.lab.files]
        texts = [f.read_text(errors="replace") for f in files if f.is_file()]
        return shingles(texts)

    folder = whole.lab.dir.name
    found = {d["name"]: runs(out / "files" / d["slug"] / folder) for d in whole.records}
    return pairs(found, runs(KIT / "labs" / folder))


def _log(out: Path, slug: str, test: str) -> str:
    """Where to read why a test failed: from OUT, as a URL."""
    folder = f"logs/{slug}/{test_folder(test)}/"
    return quote(folder if (out / folder).is_dir() else f"logs/{slug}/build.log")


def page(whole: Class, alike: Sequence[Pair], out: Path) -> str:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES), autoescape=True
    )
    tests = []
    for test in whole.lab.tests.values():
        ends = [_statuses(data).get(test.name, "") for data in whole.decided]
        counts = {end: ends.count(end) for end in ("pass", "fail", "unwritten")}
        tests.append((test, counts))
    scores = [data["result"]["score"] for data in whole.decided]
    bins = [0] * 11
    for data in whole.decided:
        result = data["result"]
        bins[10 * result["score"] // max(1, result["max_score"])] += 1
    return environment.get_template("class.html").render(
        whole=whole,
        tests=tests,
        bins=bins,
        top=max(bins) or 1,
        mean=sum(scores) / len(scores) if scores else 0,
        statuses=_statuses,
        alike=alike,
        log=lambda slug, test: _log(out, slug, test),
    )


def write(whole: Class, out: Path) -> None:
    write_atomically(out / "gradebook.csv", gradebook_csv(whole))
    write_atomically(out / "index.html", page(whole, _alike(whole, out), out))
