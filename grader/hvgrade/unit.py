"""Unit tests: calls into a lab's pure files, on this machine, and what they did.

    def test_decode(unit: Unit) -> None:
        def body(insn: int) -> None:
            call = Call(f"decode {insn:x}", f"insn_decode({insn:#x})")
            (answer,) = unit.ask([call])
            if answer != ["-"]:
                unit.fail([call], [" ".join(answer)], "...", likely="...")

        unit.check(strategies.integers(0, 65535), body, examples=[0])

Hypothesis chooses the inputs, from the seed of the grading alone, and looks for
the shortest ones that fail. A crash, a hang or a sanitizer's report fails the
test; a TODO leaves it unwritten. See native.py for what the code may do, and
grader/unit/ for the C side.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn, TypeVar

import hypothesis
from hypothesis import Phase, strategies

from .answers import fits
from .native import Driver, Ended, report_lines
from .run import TODO_LINE, unwritten
from .verdict import Failure, Infrastructure, Unwritten

RUNS = 40  # inputs for one check
SHRINK = 250  # effort to look for shorter inputs that fail: see Driver
T = TypeVar("T")

_HINTS = {  # a word of the sanitizer's report, and what it usually means here
    "use-after-poison": "memory was used that page_alloc has not given, or that was "
    "given back with page_free before",
    "heap-buffer-overflow": "memory beyond the last page of all was used",
    "buffer-overflow": "an index is larger than the array",
    "stack-overflow": "a recursion that does not end",
    "SEGV": "a pointer that leads nowhere: NULL, or an address taken apart wrongly",
    "shift exponent": "a shift by as many bits as the type has, or by more",
    "null pointer": "a pointer was used that may be NULL",
    "signed integer overflow": "a computation that needs an unsigned type",
}


@dataclass(frozen=True)
class Call:
    """A command for the driver, and the C call that it stands for."""

    command: str
    words: str = ""  # "": no call; the driver only prepares something


class _UnitFailure(Failure):
    """A failure that knows how long the way to it is."""

    calls = 0

    @property
    def size(self) -> tuple[int, int]:
        return self.calls, len(self.verdict.happened)


class _Enough(BaseException):
    """Stops Hypothesis at once: it leaves everything but an Exception alone."""


class Unit:
    """What the fixture `unit` is."""

    legs = {"answers"}

    def __init__(
        self,
        program: Path,
        folder: Path,
        seed: str,
        read: str,
        reads: Mapping[str, str],
    ) -> None:
        self.driver = Driver(program)
        self.looked: set[str] = set()
        self._folder, self._seed = folder, seed
        self._read, self._reads = read, reads
        self._until: int | None = None  # when to stop looking for shorter inputs

    def close(self) -> None:
        self.driver.close()

    # One sequence of calls.

    def ask(self, calls: Sequence[Call], *, likely: str = "") -> list[list[str]]:
        """The driver's answers. Failure, if the code does not survive a call."""
        try:
            answers = self.driver.ask([call.command for call in calls])
        except Ended as ended:
            self._fail_ended(calls, ended, likely)
        for index, (call, answer) in enumerate(zip(calls, answers, strict=True)):
            if not fits(call.command, answer):
                self.driver.close()
                text = f"no driver answers so: {' '.join(answer)[:200]!r}"
                self._fail_ended(calls, Ended(index, "forged", text), likely)
        self.looked.add("answers")
        return answers

    def fail(
        self, calls: Sequence[Call], did: Sequence[str], expected: str, *, likely: str
    ) -> NoReturn:
        """The last call did something wrong; did says what each of them did."""
        steps = [
            f"{call.words} -> {what}" if what else call.words
            for call, what in zip(calls, did, strict=True)
            if call.words
        ]
        failure = _UnitFailure(
            expected, "\n".join(steps), likely, self._read, str(self._log)
        )
        failure.calls = len(calls)
        self._write_log(calls, steps)
        raise failure

    @property
    def _log(self) -> Path:
        return self._folder / "unit.log"

    def _write_log(self, calls: Sequence[Call], steps: Sequence[str]) -> None:
        """What happened in full, and the commands to do it again."""
        self._folder.mkdir(parents=True, exist_ok=True)
        commands = self._folder / "commands.txt"
        lines = [f"{number} {call.command}" for number, call in enumerate(calls, 1)]
        commands.write_text("\n".join(lines) + "\n")
        again = f"again, e.g. in gdb: {self.driver.program} < {commands}"
        said = ["", "stdout and stderr:", self.driver.printed] * bool(
            self.driver.printed
        )
        self._log.write_text("\n".join([*steps, *said, "", again]) + "\n")

    def _fail_ended(self, calls: Sequence[Call], ended: Ended, likely: str) -> NoReturn:
        printed = self.driver.printed
        todo = [m for line in printed.splitlines() if (m := TODO_LINE.fullmatch(line))]
        *before, last = calls[: ended.answered + 1]
        last = Call(last.command, last.words or "(what comes before the first call)")
        calls = [*before, last]
        if ended.kind == "todo" and todo:
            self._write_log(calls, [call.words for call in calls])
            raise unwritten(todo[-1], self._reads, self._read, str(self._log))
        happened = [ended.text]
        if ended.kind == "crash":
            happened = report_lines(printed)
        elif ended.kind == "panic":
            happened = [x for x in printed.splitlines() if x.startswith("hv: PANIC")]
        elif ended.kind == "hang":
            self.driver.cpu_limit = 0.1  # enough, while looking for a shorter one
            self.driver.effort += 40
        hint = [words for word, words in _HINTS.items() if word in happened[0]]
        did = [""] * (len(calls) - 1) + ["\n".join(happened)]
        expected = f"{last.words} returns"
        if ended.kind == "forged":
            expected = "only the driver answers"
        likely = "; ".join(filter(None, [*hint[:1], likely])) or "see the log"
        self.fail(calls, did, expected, likely=likely)

    # Many inputs.

    def check(
        self,
        strategy: strategies.SearchStrategy[T],
        body: Callable[[T], None],
        *,
        examples: Sequence[T] = (),
        runs: int = RUNS,
    ) -> None:
        """Calls body with the examples, then with inputs that the seed chooses.

        Raises the shortest Failure that was found.
        """
        found: list[tuple[_UnitFailure, T]] = []
        other: list[BaseException] = []

        def once(value: T) -> None:
            if self._until and self.driver.effort > self._until:
                raise _Enough
            try:
                body(value)
            except _UnitFailure as failure:
                if not found:
                    self._until = self.driver.effort + SHRINK
                    self.driver.explain = False
                found.append((failure, value))
                raise
            except (Unwritten, Infrastructure) as error:
                other.append(error)
                raise _Enough from None

        settings = hypothesis.settings(
            database=None,
            deadline=None,
            derandomize=False,
            max_examples=runs,
            phases=(Phase.generate, Phase.shrink),
            print_blob=False,
            report_multiple_bugs=False,
            suppress_health_check=list(hypothesis.HealthCheck),
            verbosity=hypothesis.Verbosity.quiet,
        )
        search = hypothesis.given(strategy)(once)
        search = hypothesis.seed(self._seed)(settings(search))
        try:
            for example in examples:
                once(example)
            search()
        except _Enough:
            pass
        except Exception:
            if not found:
                raise
        finally:
            self._until, self.driver.explain = None, True
            self.driver.close()  # with what was changed for the search
        if other:
            raise other[0]
        if found:
            self._raise_shortest(found, body)

    def _raise_shortest(
        self, found: Sequence[tuple[_UnitFailure, T]], body: Callable[[T], None]
    ) -> NoReturn:
        """Again, for the log and for the names and lines of a crash.

        Of equally long ones the last: Hypothesis goes from large to small.
        """
        failure, value = min(reversed(found), key=lambda pair: pair[0].size)
        if len(found) > 1:
            body(value)
        raise failure  # it does not fail every time
