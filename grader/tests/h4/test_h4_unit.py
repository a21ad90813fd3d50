"""Lab h4, tasks 1 to 3, on this machine: the model against the specification.

The class Plic below is the PLIC specification (1.0.0) in Python: its chapters
on gateways, priorities, pending bits, enables, thresholds, claim and
completion, for one context, with the sizes that vm.h fixes.
"""

from collections.abc import Callable, Iterable, Sequence
from copy import deepcopy
from dataclasses import dataclass, field

from hypothesis import strategies as st

from hvgrade.unit import Call, Unit

SOURCES, WORDS, PRIORITY_MAX = 128, 2, 7  # common/include/vm.h
PENDING, ENABLE, ENABLE_SIZE = 0x1000, 0x2000, 0x80  # common/include/plic.h
CONTEXT, CONTEXT_SIZE = 0x200000, 0x1000
THRESHOLD, CLAIM = CONTEXT, CONTEXT + 4
END = 0x600000  # of the window in vm.dts
MAPS = ("enable", "line", "pending", "claimed")
M64 = (1 << 64) - 1


@dataclass
class Plic:
    """The specification: the state, and what each access does to it."""

    threshold: int = 0
    enable: set[int] = field(default_factory=set)
    line: set[int] = field(default_factory=set)
    pending: set[int] = field(default_factory=set)
    claimed: set[int] = field(default_factory=set)
    priority: dict[int, int] = field(default_factory=dict)  # those that are not 0

    # Gateway and core.

    def set_line(self, source: int, high: int) -> int:
        if not 0 < source < SOURCES:
            return 0
        if not high:
            self.line.discard(source)
            return 0
        self.line.add(source)
        if source not in self.claimed:
            self.pending.add(source)
        return 0

    def best(self) -> int:
        ready = [
            source
            for source in self.pending & self.enable
            if self.priority.get(source, 0) > self.threshold
        ]
        return min(ready, key=lambda s: (-self.priority[s], s), default=0)

    def claim(self) -> int:
        source = self.best()
        if source:
            self.pending.remove(source)
            self.claimed.add(source)
        return source

    def complete(self, source: int) -> int:
        if source not in self.claimed & self.enable:
            return 0
        self.claimed.remove(source)
        if source in self.line:
            self.pending.add(source)
        return 1

    # The register file.

    def read(self, offset: int) -> int:
        if offset == CLAIM:
            return self.claim()
        if offset == THRESHOLD:
            return self.threshold
        if offset < PENDING:
            return self.priority.get(offset // 4, 0)
        for base, sources in ((PENDING, self.pending), (ENABLE, self.enable)):
            if base <= offset < base + SOURCES // 8:
                first = (offset - base) * 8
                return sum(1 << s - first for s in sources if 0 <= s - first < 32)
        return 0

    def write(self, offset: int, value: int) -> int:
        if offset == CLAIM:
            return value if self.complete(value) else 0
        if offset == THRESHOLD:
            self.threshold = value & PRIORITY_MAX
        elif 0 < offset < 4 * SOURCES:
            self.priority[offset // 4] = value & PRIORITY_MAX
            if not self.priority[offset // 4]:
                del self.priority[offset // 4]
        elif ENABLE <= offset < ENABLE + SOURCES // 8:
            first = (offset - ENABLE) * 8
            self.enable -= set(range(first, first + 32))
            self.enable |= {first + bit for bit in range(32) if value >> bit & 1}
            self.enable.discard(0)
        return 0

    # To and from the driver.

    @property
    def command(self) -> str:
        numbers = [self.threshold]
        for name in MAPS:
            bits = sum(1 << source for source in getattr(self, name))
            numbers += [bits & M64, bits >> 64]
        for source, priority in sorted(self.priority.items()):
            numbers += [source, priority]
        return "state " + " ".join(f"{number:x}" for number in numbers)

    @staticmethod
    def of(words: Sequence[str]) -> "Plic":
        """The state in an answer of the driver."""
        threshold, *numbers = (int(word, 16) for word in words)
        maps, pairs = numbers[: len(MAPS) * WORDS], numbers[len(MAPS) * WORDS :]
        plic = Plic(threshold)
        for index, name in enumerate(MAPS):
            low, high = maps[2 * index : 2 * index + 2]
            bits = low | high << 64
            setattr(plic, name, {s for s in range(SOURCES) if bits >> s & 1})
        plic.priority = dict(zip(pairs[::2], pairs[1::2], strict=True))
        return plic

    @property
    def words(self) -> str:
        parts = [f"threshold {self.threshold}"]
        parts += [f"{n} {_set(getattr(self, n))}" for n in MAPS if getattr(self, n)]
        for priority in sorted(set(self.priority.values())):
            sources = [s for s, p in self.priority.items() if p == priority]
            parts.append(f"priority of {_numbers(sources)}: {priority}")
        return ", ".join(parts)

    def changes(self, before: "Plic") -> str:
        """What differs from before, in words."""
        parts = []
        for name in ("threshold", *MAPS):
            new, old = getattr(self, name), getattr(before, name)
            if new != old:
                parts.append(f"{name} {_set(new) if isinstance(new, set) else new}")
        for source in sorted(self.priority.keys() | before.priority.keys()):
            priority = self.priority.get(source, 0)
            if priority != before.priority.get(source, 0):
                parts.append(f"priority of {source}: {priority}")
        return "; ".join(parts) or "no change"


def _numbers(sources: Iterable[int]) -> str:
    """As 1, 2, 10 to 64."""
    runs: list[list[int]] = []
    for source in sorted(sources):
        if runs and source == runs[-1][-1] + 1:
            runs[-1].append(source)
        else:
            runs.append([source])
    return ", ".join(
        f"{run[0]} to {run[-1]}" if len(run) > 2 else ", ".join(map(str, run))
        for run in runs
    )


def _set(sources: set[int]) -> str:
    return "{" + _numbers(sources) + "}"


@dataclass(frozen=True)
class Op:
    """One call of the student's code."""

    name: str  # of the driver's command, and of the method of Plic
    args: tuple[int, ...] = ()

    @property
    def call(self) -> Call:
        command = " ".join([self.name, *(f"{arg:x}" for arg in self.args)])
        first, second = (*self.args, 0, 0)[:2]
        words = {
            "read": f"vplic_read({_register(first)})",
            "write": f"vplic_write({_register(first)}, {second:#x})",
            "line": f"vplic_set_line({first}, {'high' if second else 'low'})",
            "complete": f"vplic_complete(0, {first})",
            "best": "vplic_best(0)",
            "claim": "vplic_claim(0)",
        }
        return Call(command, words[self.name])

    def on(self, plic: Plic) -> int:
        """What it returns, by the specification."""
        methods: dict[str, Callable[..., int]] = {
            "read": plic.read,
            "write": plic.write,
            "line": plic.set_line,
            "complete": plic.complete,
            "best": plic.best,
            "claim": plic.claim,
        }
        return methods[self.name](*self.args)

    def result(self, value: int) -> str:
        if self.name == "line":
            return ""
        if self.name == "complete":
            return "true" if value else "false"
        return f"{value:#x}" if self.name == "read" else str(value)


def _register(offset: int) -> str:
    """An offset, as a student would write it."""
    if offset < PENDING:
        return f"PLIC_PRIORITY + 4 * {offset // 4}"
    if offset < ENABLE:
        return f"PLIC_PENDING + 4 * {(offset - PENDING) // 4}"
    if offset < CONTEXT:
        context, word = divmod(offset - ENABLE, ENABLE_SIZE)
        return f"PLIC_ENABLE + 0x80 * {context} + 4 * {word // 4}"
    context, register = divmod(offset - CONTEXT, CONTEXT_SIZE)
    name = {0: "PLIC_THRESHOLD", 4: "PLIC_CLAIM"}.get(register, f"{register:#x}")
    return f"PLIC_CONTEXT + 0x1000 * {context} + {name}"


SHOWN = 60  # calls of a sequence that is shown as a whole


def run(unit: Unit, start: Plic, ops: Sequence[Op], likely: str) -> None:
    """Does the calls, and compares result and state after each."""
    calls = [Call(start.command, f"a PLIC with {start.words}")]
    calls += [op.call for op in ops]
    answers = unit.ask(calls, likely=likely)
    right, did = deepcopy(start), [""]
    for index, op in enumerate(ops, 1):
        before = deepcopy(right)
        value = op.on(right)
        got, state = int(answers[index][0], 16), Plic.of(answers[index][1:])
        what = filter(None, (op.result(got), state.changes(before)))
        did.append("; ".join(what))
        if got == value and state == right:
            continue
        if len(ops) > SHOWN:  # this call alone, if that is wrong too
            run(unit, before, [op], likely)
        what = filter(None, (op.result(value), right.changes(before)))
        expected = f"{calls[index].words} -> {'; '.join(what)}"
        cause = _cause(op, before, right, state, got == value)
        unit.fail(calls[: index + 1], did, expected, likely=cause)


def _cause(op: Op, before: Plic, right: Plic, state: Plic, returned: bool) -> str:
    """What most often leads to this difference."""
    claims = op.name in ("best", "claim") or op.args[:1] == (CLAIM,)
    if claims and op.name != "write":
        if not returned:
            return (
                "h4.3: of what is pending and enabled, the highest priority above the "
                "threshold; of equal ones the lowest id; priority 0 never"
            )
        return "h4.3: a claim moves its source from pending to claimed, best nothing"
    if claims or op.name == "complete":
        if right.claimed == before.claimed:
            return (
                "h4.2: a completion counts for a source that is claimed and enabled, "
                "by its exact number; all others are ignored"
            )
        if state.pending != right.pending:
            return "h4.2: after its completion it is pending if its line is high"
        return "h4.2: after its completion a source is not claimed any more"
    if op.name == "line":
        return (
            "h4.2: a high line makes the source pending unless it is claimed; a "
            "pending bit outlives the line; ids that do not exist do nothing"
        )
    if state.pending != right.pending or state.claimed != right.claimed:
        return "h4.1: this access claims and completes nothing; pending is read-only"
    return (
        "h4.1: 4 bytes per priority, of which 3 bits stay; 32 sources per word, 0x80 "
        "bytes of enables per context; what does not exist reads 0, ignores writes"
    )


def _sources() -> st.SearchStrategy[int]:
    return st.one_of(
        st.sampled_from([1, 2, 10, 11, 31, 32, 33, 63, 64, 65, 95, 126, 127]),
        st.integers(1, SOURCES - 1),
    )


def _ids() -> st.SearchStrategy[int]:
    """Ids that exist, and ids that do not."""
    strange = [0, 128, 129, 192, 255, 256, 1023, 1024, 1 << 31, (1 << 32) - 1]
    return st.one_of(_sources(), _sources(), st.sampled_from(strange))


def _plics(busy: int = 8) -> st.SearchStrategy[Plic]:
    """A PLIC in any state that it can get into."""

    def make(threshold: int, rows: list[tuple[int, int, bool, bool, int]]) -> Plic:
        plic = Plic(threshold)
        for source, priority, enabled, high, phase in rows:
            if priority:
                plic.priority[source] = priority
            else:
                plic.priority.pop(source, None)
            for name, on in (
                ("enable", enabled),
                ("line", high and phase > 0),
                ("pending", phase == 1),
                ("claimed", phase == 2),
            ):
                sources = getattr(plic, name)
                sources.add(source) if on else sources.discard(source)
        return plic

    row = st.tuples(
        _sources(),
        st.integers(0, PRIORITY_MAX),
        st.sampled_from([True, True, True, False]),
        st.booleans(),
        st.integers(0, 2),  # quiet, pending, claimed
    )
    return st.builds(
        make,
        st.sampled_from([0, 0, 0, 1, 2, 3, 6, 7]),
        st.lists(row, max_size=busy),
    )


def _offsets(claims: bool) -> st.SearchStrategy[int]:
    """Registers, most of them near the ends of what there is."""
    contexts = st.one_of(st.just(0), st.sampled_from([0, 1, 2, 15, 1023]))
    words = st.one_of(st.integers(0, 5), st.integers(0, 31))
    pages = [THRESHOLD, *(CLAIM,) * claims, CONTEXT + 8, CONTEXT + 0xFFC]

    def priority(source: int) -> int:
        return 4 * (source % 1024)

    def pending(word: int) -> int:
        return PENDING + 4 * word

    def enable(context: int, word: int) -> int:
        return ENABLE + ENABLE_SIZE * context + 4 * word

    def page(context: int, register: int) -> int:
        return CONTEXT + CONTEXT_SIZE * context + register

    return st.one_of(
        st.builds(priority, _ids()),
        st.builds(pending, words),
        st.builds(enable, contexts, words),
        st.sampled_from(pages),
        st.sampled_from(
            [PENDING - 4, ENABLE - 4, CONTEXT - 4, PENDING + 0x80, END - 4]
        ),
        st.builds(page, st.sampled_from([1, 2, 1023]), st.sampled_from([0, 4, 8])),
    )


def _values() -> st.SearchStrategy[int]:
    return st.one_of(
        st.sampled_from([0, 1, 7, 8, 0xF, 0xFFFFFFFF, 0x80000000, 0xFFFFFFF8]),
        st.integers(0, 0xFFFFFFFF),
    )


Case = tuple[Plic, list[Op]]


def _cases(ops: st.SearchStrategy[Op], busy: int = 8) -> st.SearchStrategy[Case]:
    return st.tuples(_plics(busy), st.lists(ops, min_size=1, max_size=12))


def _reads(claims: bool = False) -> st.SearchStrategy[Op]:
    return _offsets(claims).map(lambda offset: Op("read", (offset,)))


def _writes(claims: bool = False) -> st.SearchStrategy[Op]:
    return st.builds(lambda o, v: Op("write", (o, v)), _offsets(claims), _values())


ONES = 0xFFFFFFFF


def test_model_registers(unit: Unit) -> None:
    likely = (
        "h4.1: offsets and sizes are in plic.h and vm.h; 4 bytes per priority, 32 "
        "sources per word; what does not exist reads 0 and ignores writes"
    )
    contexts = [1 << bit for bit in range(14)]  # of 15,872; 1,024 have a page
    everywhere = [
        *range(0, 4 * SOURCES + 8, 4),
        *(base + 4 * word for base in (PENDING, ENABLE) for word in range(33)),
        *(0xFFC, 0x1FFC, ENABLE + 15 * ENABLE_SIZE, 0x1FFFFC),
        *(THRESHOLD, CONTEXT + 8, CONTEXT + 0xFFC, CONTEXT + 0x1000),
        *(CONTEXT + 0x1004, CONTEXT + 0x3FF000, CONTEXT + 0x3FF004),
        *(ENABLE + ENABLE_SIZE * context for context in contexts),
        *(
            page + CONTEXT_SIZE * c
            for c in contexts[:10]
            for page in (THRESHOLD, CLAIM)
        ),
    ]
    full = Plic(
        3,
        set(range(1, SOURCES)),
        set(),
        set(range(3, SOURCES, 3)),
        set(range(1, SOURCES, 3)),
        {source: source % 7 + 1 for source in range(1, SOURCES)},
    )
    reads = [Op("read", (offset,)) for offset in everywhere]
    writes = [Op("write", (offset, ONES)) for offset in everywhere]
    zeros = [Op("write", (offset, 0)) for offset in everywhere]
    examples: list[Case] = [
        *((plic, ops) for plic in (Plic(), full) for ops in (reads, writes)),
        (Plic(), writes[::-1]),
        (full, zeros),
    ]
    unit.check(
        _cases(st.one_of(_reads(), _writes())),
        lambda case: run(unit, case[0], case[1], likely),
        examples=examples,
    )


def test_model_gateway(unit: Unit) -> None:
    likely = (
        "h4.2: a high line makes the source pending unless it is claimed; a pending "
        "bit outlives the line; completion counts for a claimed and enabled source"
    )
    ops = st.one_of(
        st.builds(lambda s, high: Op("line", (s, high)), _ids(), st.integers(0, 1)),
        _ids().map(lambda source: Op("complete", (source,))),
    )
    rise, fall, done = Op("line", (10, 1)), Op("line", (10, 0)), Op("complete", (10,))
    claimed = Plic(0, {10, 70}, {70}, set(), {10, 70}, {10: 1, 70: 1})
    ready = Plic(0, {10}, set(), set(), set(), {10: 1})
    strange = (0, 128, 138, 1034, (1 << 32) - 1)
    examples: list[Case] = [
        (ready, [rise, fall, done]),
        (claimed, [rise, done]),
        (claimed, [rise, fall, done, done]),
        (claimed, [Op("complete", (70,)), Op("complete", (70,))]),
        (Plic(0, set(), {10}, set(), {10}), [done]),
        (Plic(0, {10}, {10}, {10}, set()), [done]),
        *((claimed, [Op("complete", (s,)), Op("line", (s, 1))]) for s in strange),
    ]
    unit.check(
        _cases(ops), lambda case: run(unit, case[0], case[1], likely), examples=examples
    )


def test_model_claims(unit: Unit) -> None:
    likely = (
        "h4.3: pending and enabled, priority above the threshold, the highest of "
        "them, the lowest id of those; a claim moves it from pending to claimed"
    )

    every = set(range(1, SOURCES))

    def both(
        pending: set[int], priority: dict[int, int], threshold: int = 0, claims: int = 3
    ) -> Case:
        plic = Plic(threshold, set(every), set(), pending)
        plic.priority = priority
        return plic, [Op("best"), *[Op("claim")] * claims]

    examples: list[Case] = [
        both({10, 11}, {10: 1, 11: 1}),
        both({10, 11}, {10: 1, 11: 2}),
        both({1, 127}, {1: 7, 127: 7}),
        both({63, 64}, {63: 3, 64: 3}),
        both({31, 32, 64}, {31: 2, 32: 3, 64: 3}),
        both({10, 11}, {10: 3, 11: 4}, 3),
        both({10, 11}, {10: 7, 11: 7}, 7),
        both({10}, {}),
        both(set(), {10: 7}),
        (Plic(0, {64}, {10}, {10}, {64}, {10: 7, 64: 7}), [Op("best"), Op("claim")]),
        both(every, {s: s // 19 + 1 for s in every}, claims=SOURCES),
        both(every, {s: s * 5 % 7 + 1 for s in every}, claims=SOURCES),
    ]
    ops = st.sampled_from([Op("best"), Op("claim"), Op("claim")])
    unit.check(
        _cases(ops, 40),
        lambda case: run(unit, case[0], case[1], likely),
        examples=examples,
    )


def test_model_as_a_whole(unit: Unit) -> None:
    likely = (
        "h4.1: a read of PLIC_CLAIM is a claim, a write to it a completion, and "
        "vplic_write returns the source that was completed; h4.2, h4.3: see the "
        "calls before"
    )
    few = st.sampled_from([1, 10, 11, 33, 64, 127])
    ops = st.one_of(
        st.builds(lambda s, high: Op("line", (s, high)), few, st.integers(0, 1)),
        st.just(Op("read", (CLAIM,))),
        few.map(lambda source: Op("write", (CLAIM, source))),
        st.builds(lambda s, p: Op("write", (4 * s, p)), few, _values()),
        st.builds(
            lambda w, v: Op("write", (ENABLE + 4 * w, v)), st.integers(0, 3), _values()
        ),
        _values().map(lambda value: Op("write", (THRESHOLD, value & 3))),
        _reads(claims=True),
        _writes(claims=True),
        st.just(Op("best")),
    )
    claim, ready = Op("read", (CLAIM,)), Plic(0, {10}, {10}, {10}, set(), {10: 1})
    strange = (0, 11, 128, 138, 1034, 0x8000000A, ONES)
    three = Plic(0, {10, 11, 70}, set(), {10, 11, 70}, set(), {10: 1, 11: 1, 70: 2})
    kept = (0, 40, ENABLE, ENABLE + 4, ENABLE + ENABLE_SIZE, THRESHOLD)
    writes = [(r, value) for r in kept for value in (ONES, 0x10)]
    accesses = [op for w in writes for op in (Op("write", w), Op("read", w[:1]))]
    examples: list[Case] = [
        (ready, [claim, claim, Op("write", (CLAIM, 10)), claim]),
        *(
            (Plic(0, {s}, set(), {s}, set(), {s: 1}), [claim, Op("write", (CLAIM, s))])
            for s in (1, 31, 32, 63, 64, SOURCES - 1)
        ),
        (ready, [Op("write", (CLAIM, 10)), claim]),
        (ready, [claim, Op("write", (ENABLE, 0)), Op("write", (CLAIM, 10))]),
        (ready, [claim, *(Op("write", (CLAIM, s)) for s in strange)]),
        (ready, [Op("read", (CLAIM + CONTEXT_SIZE,)), Op("read", (CLAIM + 4,))]),
        (ready, [Op("write", (THRESHOLD, 1)), Op("best"), claim]),
        (ready, [claim, Op("line", (10, 1)), Op("line", (10, 0))]),
        (ready, [Op("line", (10, 0)), Op("best"), claim]),
        (ready, [Op("write", (PENDING, 1 << 11)), Op("write", (PENDING, 0))]),
        (three, [Op("best"), claim, claim, claim, claim]),
        (three, [Op("write", (ENABLE, 0)), Op("best"), claim, claim]),
        (Plic(), accesses),
    ]
    long = st.tuples(_plics(), st.lists(ops, min_size=1, max_size=60))
    unit.check(
        long,
        lambda case: run(unit, case[0], case[1], likely),
        examples=examples,
        runs=200,
    )
