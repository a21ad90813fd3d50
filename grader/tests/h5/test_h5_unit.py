"""Lab h5, tasks 1 and 3, on this machine: vmid.c and sched.c."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from hypothesis import strategies as st

from hvgrade.unit import Call, Unit

TABLES = 16  # in grader/unit/h5/driver.c


def test_vmids_by_generation(unit: Unit) -> None:
    likely = (
        "h5.1: the ids 0 to count - 1, one after the other; whoever has one of this "
        "generation keeps it; when all are given: generation + 1, from 0 on, one fence"
    )

    def body(case: tuple[int, list[int]]) -> None:
        count, order = case
        calls = [Call(f"ids {count:x}", f"vmids: count {count}, none given yet")]
        calls += [Call(f"refresh {t:x}", f"vmid_refresh(VM {t})") for t in order]
        answers = unit.ask(calls, likely=likely)[1:]
        did = [""]
        given: dict[int, int] = {}  # of this generation, by table
        fences = 0
        for index, (table, answer) in enumerate(zip(order, answers, strict=True), 1):
            if table not in given:
                if len(given) == count:
                    given, fences = {}, fences + 1
                given[table] = len(given)
            want = (given[table], True, fences)
            got = (int(answer[0], 16), answer[1] == "1", int(answer[2], 16))
            did.append(_id_words(*got))
            if got != want:
                expected = f"{calls[index].words} -> {_id_words(*want)}"
                unit.fail(calls[: index + 1], did, expected, likely=likely)

    counts = st.sampled_from([1, 2, 3, 4, 8, 15, 128, 1 << 14])
    order = st.lists(st.integers(0, TABLES - 1), min_size=1, max_size=60)
    examples = [
        (1, [0, 0, 1, 0]),
        (2, [0, 1, 2, 1, 0, 2]),
        (3, [0, 1, 2, 3, 3, 0, 1, 2]),
        (128, [*range(16), *range(16)]),
    ]
    unit.check(st.tuples(counts, order), body, examples=examples)


def _id_words(vmid: int, current: bool, fences: int) -> str:
    old = "" if current else " of an old generation"
    return f"VMID {vmid}{old}, {fences} fence(s) so far"


@dataclass
class Sched:
    """What is right."""

    last: int
    slice: int
    floor: int
    vms: list[tuple[bool, int]] = field(default_factory=list)  # runnable, used

    @property
    def command(self) -> Call:
        numbers = [len(self.vms), self.last, self.slice, self.floor]
        for runnable, used in self.vms:
            numbers += [int(runnable), used]
        text = " ".join(f"{n:x}" for n in numbers)
        return Call(f"sched {text}", f"{len(self.vms)} VMs: {self.words}")

    @property
    def words(self) -> str:
        vms = ", ".join(
            f"{'' if runnable else 'not runnable, '}used {used}"
            for runnable, used in self.vms
        )
        return f"last {self.last}, slice {self.slice}, floor {self.floor}; {vms}"

    def apply(self, op: str, vm: int, ticks: int) -> str:
        """Carries it out; what is seen then, in words."""
        if op == "pick":
            count = len(self.vms)
            order = [(self.last + n) % count for n in range(1, count + 1)]
            ready = [i for i in order if self.vms[i][0]]
            if not ready:
                return f"-1; {self.words}"
            best = min(ready, key=lambda i: self.vms[i][1])  # the first of equals
            self.last, self.floor = best, max(self.floor, self.vms[best][1])
            return f"{best}; {self.words}"
        runnable, used = self.vms[vm]
        if op == "wake":
            self.vms[vm] = True, max(used, self.floor - self.slice)
        elif op == "spend":
            self.vms[vm] = runnable, used + ticks
        else:
            self.vms[vm] = False, used
        return self.words

    def said(self, op: str, answer: Sequence[str]) -> str:
        """The driver's answer, in the words of apply."""
        picked, rest = "", list(answer)
        if op == "pick":
            first = rest.pop(0)
            picked = "-1; " if first == "-" else f"{int(first, 16)}; "
        last, floor, *numbers = (int(x, 16) for x in rest)
        pairs = zip(numbers[::2], numbers[1::2], strict=True)
        vms = [(bool(runnable), used) for runnable, used in pairs]
        return picked + Sched(last, self.slice, floor, vms).words


Op = tuple[str, int, int]
_WORDS = {
    "pick": "sched_pick()",
    "wake": "sched_wake(VM {vm})",
    "spend": "(VM {vm} runs for {ticks} ticks)",
    "block": "(VM {vm} waits)",
}


def _try(unit: Unit, start: Sched, ops: Sequence[Op], likely: str) -> None:
    calls = [start.command]
    for name, vm, ticks in ops:
        vm %= len(start.vms)
        args = {"pick": "", "spend": f" {vm:x} {ticks:x}"}.get(name, f" {vm:x}")
        calls.append(Call(name + args, _WORDS[name].format(vm=vm, ticks=ticks)))
    answers = unit.ask(calls, likely=likely)[1:]
    did = [""]
    for index, ((name, vm, ticks), answer) in enumerate(
        zip(ops, answers, strict=True), 1
    ):
        want = start.apply(name, vm % len(start.vms), ticks)
        got = start.said(name, answer)
        did.append(got)
        if got != want:
            expected = f"{calls[index].words} -> {want}"
            unit.fail(calls[: index + 1], did, expected, likely=likely)


def _scheds(waiting: bool) -> st.SearchStrategy[Sched]:
    # Few values, so that equal ones meet.
    used = st.one_of(st.integers(0, 3), st.integers(0, 500))
    runnable = st.booleans() if waiting else st.sampled_from([True, True, False])
    vms = st.lists(st.tuples(runnable, used), min_size=1, max_size=16)
    return st.builds(
        lambda vms, last, slice, floor: Sched(last % len(vms), slice, floor, vms),
        vms,
        st.integers(0, 15),
        st.sampled_from([1, 10, 100]),
        st.integers(100, 400),
    )


def _ops(*names: str) -> st.SearchStrategy[list[Op]]:
    op = st.tuples(st.sampled_from(names), st.integers(0, 15), st.integers(0, 120))
    return st.lists(op, min_size=1, max_size=12)


def _copy(sched: Sched) -> Sched:
    return Sched(sched.last, sched.slice, sched.floor, list(sched.vms))


def test_the_least_used_comes_next(unit: Unit) -> None:
    likely = (
        "h5.3: of those that are runnable the least used; of equals the first one "
        "after last, in a circle; then last is who was picked, and floor at least "
        "what it has used"
    )

    def body(case: tuple[Sched, list[Op]]) -> None:
        _try(unit, _copy(case[0]), case[1], likely)

    pick: Op = ("pick", 0, 0)
    equal = [(True, 5)] * 3
    examples: list[tuple[Sched, list[Op]]] = [
        (Sched(2, 10, 0, equal), [pick] * 4),
        (Sched(1, 10, 0, equal), [pick] * 4),
        (Sched(0, 10, 100, [(False, 0), (False, 0)]), [pick, pick]),
        (Sched(0, 10, 0, [(True, 50), (False, 1), (True, 49)]), [pick, pick]),
        (Sched(0, 10, 0, [(True, 1 << 40), (True, (1 << 40) - 1)]), [pick, pick]),
    ]
    cases = st.tuples(_scheds(False), _ops("pick", "pick", "spend"))
    unit.check(cases, body, examples=examples, runs=150)


def test_who_wakes_is_owed_a_slice(unit: Unit) -> None:
    likely = (
        "h5.3: sched_wake: runnable, and used becomes floor - slice if it is less: "
        "who has slept for an hour is not owed an hour"
    )

    def body(case: tuple[Sched, list[Op]]) -> None:
        _try(unit, _copy(case[0]), case[1], likely)

    wake: Op = ("wake", 0, 0)
    examples: list[tuple[Sched, list[Op]]] = [
        (Sched(0, 10, 400, [(False, 5), (True, 400)]), [wake, ("pick", 0, 0)]),
        (Sched(0, 10, 400, [(False, 395), (True, 400)]), [wake]),
        (Sched(0, 10, 400, [(False, 600), (True, 400)]), [wake]),
        (Sched(0, 10, 5, [(False, 0), (True, 5)]), [wake]),
    ]
    cases = st.tuples(_scheds(True), _ops("pick", "wake", "wake", "spend", "block"))
    unit.check(cases, body, examples=examples, runs=150)
