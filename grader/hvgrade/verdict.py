"""What a test can end in, and how a failure explains itself.

There are four endings: pass, fail, unwritten (a TODO stub was reached) and
infrastructure (our fault or the machine's). Only the first earns points, and
the last is never scored: whatever is not understood is infrastructure.
"""

import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Protocol

PASS, FAIL, UNWRITTEN, INFRASTRUCTURE = "pass", "fail", "unwritten", "infrastructure"

_MAX_LINES, _MAX_CHARS = 14, 1200


def clean(text: str) -> str:
    """Text that is safe to print and to store: no control characters, not long.

    Consoles under test end up in messages, so an escape sequence must reach
    neither the reader's terminal nor an XML file.
    """
    text = re.sub(
        r"[^\n\x20-\x7e\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]",
        lambda match: f"\\x{ord(match[0]):02x}",
        text.replace("\t", "    ").strip("\n"),
    )
    if len(text) > _MAX_CHARS:
        text = text[:_MAX_CHARS] + " [...]"
    lines = text.split("\n")
    if len(lines) > _MAX_LINES:
        lines = lines[: _MAX_LINES - 1] + ["[...]"]
    return "\n".join(line.rstrip() for line in lines)


@dataclass(frozen=True)
class Verdict:
    """A status, and the five parts that explain it."""

    status: str
    expected: str = ""
    happened: str = ""
    cause: str = ""
    read: str = ""
    log: str = ""

    def parts(self) -> list[tuple[str, str]]:
        """The parts that are there, each with its label, in the fixed order."""
        return [
            (label, clean(text))
            for label, text in (
                ("expected", self.expected),
                ("happened", self.happened),
                ("likely cause", self.cause),
                ("read", self.read),
                ("log", self.log),
            )
            if text
        ]

    @property
    def message(self) -> str:
        return "\n".join(f"{label}: {text}" for label, text in self.parts())

    def as_dict(self) -> dict[str, str]:
        return {"status": self.status} | {
            key: clean(text) for key, text in asdict(self).items() if key != "status"
        }


class Failure(Exception):
    """The submission did not do what the test asks for."""

    status = FAIL

    def __init__(
        self, expected: str, happened: str, cause: str, read: str = "", log: str = ""
    ) -> None:
        super().__init__(happened)
        self.verdict = Verdict(self.status, expected, happened, cause, read, log)


class Unwritten(Failure):
    """A TODO stub was reached: the task is not written yet."""

    status = UNWRITTEN


class Infrastructure(Exception):
    """The grader or the machine failed: nobody's score may depend on it."""


class Looked(Protocol):
    """What judge() needs to know of a run, or of a unit under test."""

    @property
    def legs(self) -> set[str]:
        """The legs that the test must look at."""

    @property
    def looked(self) -> set[str]:
        """The legs that the test has looked at."""


def judge(error: BaseException | None, runs: Iterable[Looked], log: str) -> Verdict:
    """The verdict on a test that ended with this exception, or with none."""
    if isinstance(error, Failure):
        return error.verdict
    if error is not None:
        text = str(error) or type(error).__name__
        if not isinstance(error, Infrastructure):
            text = f"{type(error).__name__}: {text}"
        return Verdict(INFRASTRUCTURE, happened=text, log=log)
    missing = [sorted(run.legs - run.looked) for run in runs]
    if not missing:
        text = "the test ended without a run of the machine"
        return Verdict(INFRASTRUCTURE, happened=text, log=log)
    if any(missing):
        legs = ", ".join(sorted({leg for legs in missing for leg in legs}))
        text = f"the test passed without looking at: {legs}"
        return Verdict(INFRASTRUCTURE, happened=text, log=log)
    return Verdict(PASS, log=log)
