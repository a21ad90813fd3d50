"""make trace: the ring against QEMU's log, the page, and the Chrome trace."""

import json
import os
import re
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hvgrade.lab import KIT, LabError
from hvgrade.machine import Board, Machine, Setup, Vm
from hvgrade.qemu import QEMU
from hvgrade.show import in_kit, make
from hvgrade.trace import Wanted, read, trace, vms_of, write
from hvgrade.tracing import chrome
from hvgrade.tracing.merge import match
from hvgrade.tracing.ring import Ring, What, load, memory_size
from hvgrade.tracing.sbinames import sbi_name
from hvgrade.tracing.timeline import EXIT, HOST_LANE, INNER, Event, Timeline
from hvgrade.traps import Trap
from hvgrade.verdict import Infrastructure

BUILD = KIT / os.environ.get("HVLAB_BUILD", "build")
ROUNDS = 20  # of the guest both: two interrupts each
VS_EXTERNAL, HOST_EXTERNAL = 10, 9
LOOPS = """
\t.globl vcpu_enter, vcpu_exit
vcpu_enter:
\tsd ra, VCPU_HOST_RA(a0)
\tsd sp, VCPU_HOST_SP(a0)
\tsd tp, VCPU_HOST_TP(a0)
\tcsrw sscratch, a0
\tld t0, VCPU_SEPC(a0)
\tcsrw sepc, t0
\tld t0, VCPU_SSTATUS(a0)
\tcsrw sstatus, t0
\tld t0, VCPU_HSTATUS(a0)
\tcsrw hstatus, t0
\tsret
vcpu_exit:
\tj vcpu_exit
"""


@pytest.fixture(autouse=True)
def _no_make_above(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS"):
        monkeypatch.delenv(name, raising=False)


def run(folder: Path, lab: str, vms: list[Vm], hv: Path, budget: int) -> Path:
    """The folder of a traced run."""
    setup = Setup(QEMU, hv, BUILD / "vms" / lab)
    with Machine(setup, vms, folder / "run", Board(budget), traced=True) as machine:
        while machine.poll():
            pass
    return folder / "run"


def reference(lab: str) -> Path:
    out = BUILD / f"{lab}-reference-reference"
    words = [f"LAB={lab}", "BASE=reference", "IMPL=reference", f"OUT={in_kit(out)}"]
    make("hv-trace", "guests", *words, f"BUILD={in_kit(BUILD)}")
    return out / "hv-trace.elf"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run with interrupts that are passed through, two at a time."""
    for name in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS"):
        os.environ.pop(name, None)
    vm = Vm("both", {"seed": 7, "n": ROUNDS})
    place = tmp_path_factory.mktemp("trace")
    return run(place, "h4", [vm], reference("h4"), 100_000_000)


@pytest.fixture(scope="module")
def line(folder: Path) -> Timeline:
    return read(folder)[1]


def test_the_ring_and_the_log_tell_of_the_same_exits(
    folder: Path, line: Timeline
) -> None:
    own = {(VS_EXTERNAL, True)}  # these the guest takes itself
    traps = [t for t in line.symbols.traps if (t.cause, t.is_async) not in own]
    noted = [(e.cause, e.is_async, e.epc) for e in line.exits]
    assert noted == [(t.cause, t.is_async, t.epc) for t in traps]
    assert line.timed and line.unmatched == 0 and line.vms == ["both"]
    # Nothing of the log is left out, either.
    assert len(line.events) == len(line.symbols.traps)
    assert load(folder / "ring").lost == 0


def test_an_exit_is_as_long_as_without_tracing(line: Timeline) -> None:
    calls = {e.span for e in line.exits if e.detail == "BASE get_spec_version"}
    baseline = json.loads((KIT / "grader/bench.json").read_text())
    # make bench counts the ecall itself as well.
    counted = {each["figures"]["call"] - 1 for each in baseline.values()}
    assert len(calls) == 1 and calls <= counted


def test_exits_follow_each_other(line: Timeline) -> None:
    last = 0.0
    for event in line.exits:
        assert event.start - event.ran >= last - 1
        last = event.start + event.span
    assert last <= line.end


def test_an_interrupt_is_followed_to_its_completion(line: Timeline) -> None:
    assert len(line.ways) == 2 * ROUNDS
    taken = set()
    for way in line.ways:
        whats = [station.what for station in way.stations]
        times = [station.at for station in way.stations]
        assert whats[:2] == ["claimed on the hardware", "injected: hvip.VSEIP"]
        assert whats[-3:-1] == ["claimed by the guest", "completed by the guest"]
        assert whats[-1] == "completed on the hardware"
        assert times == sorted(times)
        assert way.stations[0].lane == HOST_LANE
        taken.add(times[whats.index("taken by the guest")])
    inner = [e for e in line.events if e.kind == INNER]
    # Two sources may be served in one trap.
    assert taken == {e.start for e in inner if e.cause == VS_EXTERNAL}
    assert len(taken) == len(inner) < 2 * ROUNDS


def test_what_an_exit_is_about_is_told(line: Timeline) -> None:
    details = {e.detail for e in line.exits}
    assert "SRST system_reset" in details
    assert "guest-physical 0xc200004" in details  # the claim register


def test_names_of_calls() -> None:
    assert sbi_name(0x54494D45, 0) == "TIME set_timer"
    assert sbi_name(0x54494D45, 9) == "TIME function 9"
    assert sbi_name(0x10, 3) == "BASE probe_extension"
    assert sbi_name(0x48534D, 0) == "HSM hart_start"
    assert sbi_name(8, 0) == "legacy shutdown"
    assert sbi_name(0x1234, 5) == "SBI 0x1234 function 5"


# ---- the Chrome trace, by its format's description ---------------------------


def complaints(events: list[dict[str, Any]]) -> Iterator[str]:
    """What is not as the Trace Event Format wants it."""
    open_until: dict[tuple[int, int], list[float]] = {}
    slices: dict[tuple[int, int], list[tuple[float, float]]] = {}
    flows: dict[tuple[str, str, int], list[dict[str, Any]]] = {}
    for event in events:
        missing = {"name", "ph", "pid", "tid"} - event.keys()
        if missing:
            yield f"{event}: lacks {missing}"
        if event["ph"] == "M":
            if set(event["args"]) not in ({"name"}, {"sort_index"}):
                yield f"{event}: metadata with strange arguments"
            continue
        if not isinstance(event.get("ts"), (int, float)) or event["ts"] < 0:
            yield f"{event}: ts"
        lane = event["pid"], event["tid"]
        if event["ph"] == "X":
            end = round(event["ts"] + event["dur"], 3)
            stack = open_until.setdefault(lane, [])
            while stack and stack[-1] <= event["ts"]:
                stack.pop()
            if stack and stack[-1] < end:
                yield f"{event}: ends after the slice that it began in"
            stack.append(end)
            slices.setdefault(lane, []).append((event["ts"], end))
        elif event["ph"] in ("s", "t", "f"):
            key = event["cat"], event["name"], event["id"]
            flows.setdefault(key, []).append(event)
        elif event["ph"] != "i" or event.get("s") not in ("t", "p", "g"):
            yield f"{event}: phase"
    for steps in flows.values():
        phases = "".join(step["ph"] for step in steps)
        if not re.fullmatch("st*f", phases):
            yield f"{steps[0]}: a flow of {phases}"
        for step in steps:
            lane = step["pid"], step["tid"]
            if not any(a <= step["ts"] <= b for a, b in slices.get(lane, [])):
                yield f"{step}: in no slice"


def test_the_chrome_trace_is_as_its_format_says(line: Timeline, tmp_path: Path) -> None:
    chrome.write(line, tmp_path / "trace.json")
    whole = json.loads((tmp_path / "trace.json").read_text())
    events = whole["traceEvents"]
    assert whole["displayTimeUnit"] in ("ms", "ns")
    assert list(complaints(events)) == []
    phases = Counter(event["ph"] for event in events)
    assert phases["s"] == phases["f"] == len(line.ways)
    exits = [e for e in events if e["ph"] == "X" and e["cat"] == "exit"]
    assert len(exits) == len(line.exits)
    threads = [e["args"]["name"] for e in events if e["name"] == "thread_name"]
    assert threads == ["hypervisor", "both"]


@pytest.mark.parametrize(
    "event",
    [
        {"ph": "X", "pid": 1, "tid": 1, "name": "no dur or ts", "ts": -1, "dur": 1},
        {"ph": "s", "pid": 1, "tid": 1, "name": "x", "cat": "y", "id": 1, "ts": 1},
        {"ph": "Q", "pid": 1, "tid": 1, "name": "x", "ts": 1},
    ],
)
def test_a_broken_chrome_trace_is_noticed(event: dict[str, Any]) -> None:
    assert list(complaints([event]))


# ---- the page ------------------------------------------------------------------


def page_data(page: Path) -> dict[str, Any]:
    found = re.search(r'id="data">(.*?)</script>', page.read_text(), re.S)
    assert found
    data: dict[str, Any] = json.loads(found[1])
    return data


def test_the_page_has_it_all_and_needs_nothing(
    folder: Path, line: Timeline, tmp_path: Path
) -> None:
    lines = write(folder, tmp_path / "index.html", "make trace")
    text = (tmp_path / "index.html").read_text()
    assert not re.search(r"<link|<script[^>]* src|@import|url\(|https?://", text)
    data = page_data(tmp_path / "index.html")
    assert len(data["events"]["t"]) == len(line.events)
    assert any(place.startswith("take+0x") for place in data["places"])
    assert (tmp_path / "trace.json").is_file()
    assert len(lines) <= 10
    assert any("store/AMO guest-page fault" in each for each in lines)


def test_what_a_guest_says_cannot_leave_its_place(folder: Path, tmp_path: Path) -> None:
    console = folder / "console.log"
    console.write_bytes(console.read_bytes() + b"</pre><script>alert(1)</script>\r\n")
    write(folder, tmp_path / "index.html", "make trace")
    assert "<script>alert" not in (tmp_path / "index.html").read_text()


# ---- when something is broken --------------------------------------------------


def broken(tmp_path: Path, source: str, budget: int) -> Path:
    """Lab h1 with another switch.S, the rest from the reference: a traced run."""
    submission, out = tmp_path / "labs", tmp_path / "out"
    own = submission / "h1_simple_hv"
    own.mkdir(parents=True)
    for file in (KIT / "grader/solutions/h1_simple_hv").iterdir():
        (own / file.name).write_bytes(file.read_bytes())
    (own / "switch.S").write_text('#include "asm.h"\n\t.text\n' + source)
    words = ["LAB=h1", "IMPL=mine", f"SUBMISSION={submission}", f"OUT={out}"]
    make("hv-trace", "guests", *words, f"BUILD={in_kit(BUILD)}")
    return run(tmp_path, "h1", [Vm("simple")], out / "hv-trace.elf", budget)


def test_a_world_switch_that_never_returns_leaves_the_order(tmp_path: Path) -> None:
    kept = broken(tmp_path, LOOPS, 5_000_000)
    lines = write(kept, tmp_path / "index.html", "make trace")
    _, line, _ = read(kept)
    assert not line.timed
    assert [(e.kind, e.cause) for e in line.events][:1] == [(EXIT, 5)]
    assert lines[0] == "simple: The instruction budget was spent (status 7)."
    assert any("The world switch is broken" in text for text in lines)
    chrome.write(line, tmp_path / "x.json")
    assert not list(
        complaints(json.loads((tmp_path / "x.json").read_text())["traceEvents"])
    )


def test_a_guest_that_never_traps_is_seen_to_run(tmp_path: Path) -> None:
    source = LOOPS.replace(
        "sret\n", "la t0, loop\n\tcsrw sepc, t0\n\tsret\nloop:\tj loop\n"
    )
    lines = write(
        broken(tmp_path, source, 5_000_000), tmp_path / "i.html", "make trace"
    )
    assert any("no trap any more" in text for text in lines)
    assert page_data(tmp_path / "i.html")["tail"][1] > 4_900_000


def test_an_unwritten_switch_is_named(tmp_path: Path) -> None:
    stub = '\t.globl vcpu_enter, vcpu_exit\nvcpu_enter:\nvcpu_exit:\n\tTODO "h1.3", "write it"\n'
    lines = write(broken(tmp_path, stub, 5_000_000), tmp_path / "i.html", "make trace")
    assert lines[0].startswith("simple: Task h1.3 is not written yet: switch.S:")
    assert lines[-1] == "no exits"


def trap(cause: int, epc: int, is_async: bool = False) -> Trap:
    return Trap(0, is_async, cause, epc, 0, "")


def exit_(cause: int, epc: int) -> Event:
    return Event(EXIT, 0, cause, False, epc, "", 0)


def test_exits_are_found_from_the_first_or_from_the_last() -> None:
    traps = [trap(10, 4), trap(6, 8, True), trap(10, 4), trap(10, 4), trap(22, 8)]
    exits = [exit_(10, 4), exit_(10, 4)]
    assert match(traps, exits, wrapped=False) == [0, -1, 1, -1, -1]
    exits.append(exit_(22, 8))
    assert match(traps, exits, wrapped=True) == [-1, -1, 0, 1, 2]


def test_a_ring_that_wrapped_shows_the_end(folder: Path, tmp_path: Path) -> None:
    head, _, records = (folder / "ring").read_bytes().partition(b"\n")
    gone = len(records) // 64 * 32  # half of them
    told = json.loads(head) | {"lost": gone // 32}
    for name in ("traps.log", "console.log"):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    (tmp_path / "ring").write_bytes(json.dumps(told).encode() + b"\n" + records[gone:])
    _, line, _ = read(tmp_path)
    assert line.unmatched == 0
    assert line.exits[-1].detail == "SRST system_reset"
    left = [r for r in load(tmp_path / "ring").records if r.what == What.EXIT]
    assert len(line.exits) == len(left)  # no more, though the log has them all
    lines = write(tmp_path, tmp_path / "index.html", "make trace")
    assert any("records: the first" in text for text in lines)


def test_a_ring_that_a_guest_wrote_over_is_read_as_far_as_it_makes_sense(
    folder: Path, tmp_path: Path
) -> None:
    head, _, records = (folder / "ring").read_bytes().partition(b"\n")
    spoilt = records[:320] + b"\xff" * 3200 + records[3520:]
    (tmp_path / "ring").write_bytes(head + b"\n" + spoilt)
    assert isinstance(load(tmp_path / "ring"), Ring)
    for name in ("traps.log", "console.log"):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    assert write(tmp_path, tmp_path / "index.html", "make trace")


# ---- the command ---------------------------------------------------------------


def test_an_ordinary_hypervisor_has_nothing_of_it() -> None:
    out = BUILD / "h4-reference-reference"
    words = ["LAB=h4", "BASE=reference", "IMPL=reference", f"OUT={in_kit(out)}"]
    make("hv", *words, f"BUILD={in_kit(BUILD)}")
    argv = ["riscv64-unknown-elf-nm", str(out / "hv.elf")]
    names = subprocess.run(argv, capture_output=True, text=True, check=True).stdout
    assert "trace_" not in names and "__wrap" not in names


def test_a_graded_test_is_traced(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wanted = Wanted(
        lab="h1",
        base="reference",
        impl="reference",
        build=BUILD,
        test="test_mhartid_into_any_register",
        seed=7,
        out=tmp_path / "trace",
    )
    assert trace(wanted) == 0
    shown = capsys.readouterr().out
    assert "test_mhartid_into_any_register, seed 7: pass" in shown
    data = page_data(tmp_path / "trace/index.html")
    assert {cause["words"] for cause in data["causes"]} >= {"illegal instruction"}


def test_what_cannot_be_traced_says_why(tmp_path: Path) -> None:
    def wanted(**more: Any) -> Wanted:
        return Wanted("h1", "mine", "mine", BUILD, out=tmp_path / "trace", **more)

    with pytest.raises(LabError, match="there is no test 'test_nothing'"):
        trace(wanted(test="test_nothing"))
    with pytest.raises(LabError, match="without QEMU"):
        trace(wanted(test="test_model_gateway"))
    with pytest.raises(Infrastructure, match="words like seed=7"):
        vms_of(wanted(vms=["hello"], args="seed"))
    with pytest.raises(Infrastructure, match="not a size of memory"):
        memory_size("lots")
