"""Lab h3, task 3, on this machine: timerq.c against a sorted list."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from typing import Any

from hypothesis import strategies as st

from hvgrade.unit import Call, Unit

TIMERS = 16  # in grader/unit/h3/driver.c
NEVER = (1 << 64) - 1


@dataclass(frozen=True)
class Op:
    """timerq_add, timerq_remove or timerq_pop."""

    name: str
    timer: int = 0
    time: int = 0  # the deadline, or now

    @property
    def call(self) -> Call:
        if self.name == "pop":
            return Call(f"pop {self.time:x}", f"timerq_pop(now={self.time:#x})")
        timer = f"timer {self.timer}"
        if self.name == "remove":
            return Call(f"remove {self.timer:x}", f"timerq_remove({timer})")
        command = f"add {self.timer:x} {self.time:x}"
        return Call(command, f"timerq_add({timer}, deadline={self.time:#x})")


@dataclass
class Queue:
    """What is right: (deadline, timer), the earliest first, else as they came."""

    waiting: list[tuple[int, int]] = field(default_factory=list)

    def apply(self, op: Op, deadlines: bool) -> str:
        """Carries it out; what the caller sees then, in words."""
        got = ""
        if op.name == "pop":
            got = "NULL; "
            if self.waiting and self.waiting[0][0] <= op.time:
                deadline, timer = self.waiting.pop(0)
                got = f"{popped(timer, deadline, deadlines)}; "
        else:
            self.waiting = [entry for entry in self.waiting if entry[1] != op.timer]
            if op.name == "add":
                self.waiting.append((op.time, op.timer))
                self.waiting.sort(key=lambda entry: entry[0])  # stable
        after = self.waiting[0][0] if self.waiting else NEVER
        return got + seen(after, sorted(timer for _, timer in self.waiting))


def popped(timer: int, deadline: int, deadlines: bool) -> str:
    return f"timer {timer}" + f", its deadline {deadline:#x}" * deadlines


def seen(after: int, queued: Sequence[int]) -> str:
    words = "TIMER_NEVER" if after == NEVER else f"{after:#x}"
    return f"timerq_next {words}, queued: {', '.join(map(str, queued)) or 'none'}"


def said(op: Op, answer: list[str], deadlines: bool) -> str:
    """The driver's answer, in the words of Queue.apply."""
    *first, after, mask = answer
    got = ""
    if first:
        names = {"-": "NULL", "?": "no timer of ours"}
        name, deadline = first
        if name in names:
            got = f"{names[name]}; "
        else:
            got = f"{popped(int(name, 16), int(deadline, 16), deadlines)}; "
    queued = [i for i in range(TIMERS) if int(mask, 16) >> i & 1]
    return got + seen(int(after, 16), queued)


def try_ops(
    unit: Unit, ops: Sequence[Op], likely: str, *, deadlines: bool = False
) -> None:
    """The first call after which something is wrong is reported.

    deadlines: and what the timers that come out say of theirs.
    """
    queue = Queue()
    calls = [Call("reset"), *(op.call for op in ops)]
    answers = unit.ask(calls, likely=likely)[1:]
    did: list[str] = []
    for op, answer in zip(ops, answers, strict=True):
        want, got = queue.apply(op, deadlines), said(op, answer, deadlines)
        did.append(got)
        if got != want:
            calls = calls[: len(did) + 1]
            unit.fail(calls, ["", *did], f"{op.call.words} -> {want}", likely=likely)


numbers = st.integers(0, TIMERS - 1)
# Few values, so that equal ones meet, and the ends of the range.
times = st.sampled_from([0, 1, 2, 3, 100, 1 << 63, (1 << 63) - 1, NEVER - 1])

# Each timer at most once.
distinct: st.SearchStrategy[list[tuple[int, int]]] = st.lists(
    st.tuples(numbers, times), unique_by=lambda entry: entry[0]
)


def adds(entries: Sequence[tuple[int, int]]) -> list[Op]:
    return [Op("add", timer, time) for timer, time in entries]


def test_queue_is_in_order(unit: Unit) -> None:
    likely = (
        "h3.3: the earliest deadline first, as unsigned numbers; a new one goes behind "
        "all that are not later, so equal ones keep their order"
    )

    def body(entries: list[tuple[int, int]]) -> None:
        try_ops(unit, adds(entries) + [Op("pop", time=NEVER)] * len(entries), likely)

    unit.check(distinct, body, examples=[[(0, 5), (1, 5), (2, 5)], [(0, 2), (1, 1)]])


def test_queue_gives_only_what_is_due(unit: Unit) -> None:
    likely = (
        "h3.3: due means deadline <= now. timerq_pop gives one timer at a time, with "
        "its deadline as it was, or NULL if the first is not due; an empty queue's "
        "next deadline is TIMER_NEVER"
    )

    def body(case: tuple[list[tuple[int, int]], list[int]]) -> None:
        entries, nows = case
        pops = [Op("pop", time=now) for now in nows]
        try_ops(unit, adds(entries) + pops, likely, deadlines=True)

    cases: Any = st.tuples(distinct, st.lists(times, min_size=1, max_size=20))
    unit.check(cases, body, examples=[([], [0]), ([(0, 5), (1, 6)], [4, 5, 5, 6, 6])])


def test_queue_moves_and_removes(unit: Unit) -> None:
    likely = (
        "h3.3: a timer is in the queue at most once, and timer->queued says if it is: "
        "timerq_add moves it, timerq_remove of one that is not in does nothing"
    )

    def body(ops: list[Op]) -> None:
        try_ops(unit, ops, likely)

    few = st.integers(0, 4)
    op = st.one_of(
        st.builds(Op, st.just("add"), few, times),
        st.builds(Op, st.just("add"), few, times),
        st.builds(Op, st.just("remove"), few),
        st.builds(Op, st.just("pop"), st.just(0), times),
    )
    twice = [*adds([(0, 5), (1, 6), (0, 7)]), Op("remove", 0), Op("remove", 0)]
    middle = [*adds([(0, 5), (1, 6), (2, 7)]), Op("remove", 1), Op("pop", time=7)]
    again = [*adds([(0, 5)]), Op("pop", time=5), *adds([(0, 6)]), Op("remove", 3)]
    equal = [*adds([(0, 5), (1, 5)]), Op("remove", 1)]
    examples = [twice, middle, again, equal]
    unit.check(st.lists(op, max_size=25), body, examples=examples)
