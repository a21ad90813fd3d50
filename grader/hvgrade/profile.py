"""Where the instructions go: a trace of every one, counted by function.

QEMU executes one instruction per translation block (-singlestep, since 8.1
one-insn-per-tb) and logs each (-d exec,nochain), as far as it is the
hypervisor's (-dfilter). What is between one trap_entry and the next is an exit.
No plugin is needed, and the guest does not notice. It takes 100 bytes of log
per instruction, so each operation is done a few times only.
"""

import re
import shutil
import subprocess
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

from .benchjobs import Job, alone, guest, pair
from .benchrun import Runner
from .qemu import QEMU, qemu_version
from .verdict import Infrastructure
from .vms import Setup, pack_vms

NM = "riscv64-unknown-elf-nm"
EXIT, ENTER = "trap_entry", "vcpu_enter"
TIMEOUT = 300

# The functions whose names the labs give; all else is the work itself.
PARTS = {
    "switch out": ("trap_entry", "vcpu_exit"),
    "dispatch": ("vcpu_run", "exit_dispatch", "sbi_call"),
    "zeroing": ("memset",),
    "switch in": ("vcpu_enter",),
}
ORDER = ("switch out", "dispatch", "work", "zeroing", "switch in")


@dataclass(frozen=True)
class Operation:
    """What to boot, and the function that an exit for it has to go through."""

    key: str
    job: Job
    through: str
    least: int = 0  # instructions: what takes fewer is something else


def operations(seed: int) -> list[Operation]:
    fault = "exit_guest_page_fault"
    claim = alone("claim", program="devices", n=9)
    return [
        Operation("call", alone("call", n=99), "sbi_call"),
        Operation("probe", alone("probe", n=99), "sbi_call"),
        Operation("set_timer", alone("set_timer", n=99), "sbi_call"),
        Operation("load", alone("load", program="mmio", n=99), fault),
        Operation("store", alone("store", program="mmio", n=99), fault),
        Operation("touch_4k", alone("touch", n=0), fault),
        Operation("touch_2m", alone("touch", n=1), fault, least=100_000),
        Operation(
            "deadline", alone("deadline", seed=seed, n=20), "host_timer_interrupt"
        ),
        Operation("claim_none", alone("claim_none", n=299), "vplic_mmio_read"),
        Operation("claim", claim, "vplic_mmio_read"),
        Operation("complete", claim, "plic_complete"),
        Operation(
            "uart", alone("uart", program="devices", n=9), "host_external_interrupt"
        ),
        Operation("switch", pair("turns", "switch", n=4), "sched_next"),
        Operation("doorbell", pair("doorbell", "doorbell", n=9), "vplic_set_line"),
    ]


def _symbols(elf: Path) -> tuple[list[int], list[str]]:
    """The addresses of the functions, in order, and their names."""
    done = subprocess.run([NM, str(elf)], capture_output=True, text=True, check=True)
    # What the compiler has made of a function is name.part.0 and the like.
    found = re.findall(r"^(\w+) [tTwW] (\w+)[.\w]*$", done.stdout, re.M)
    pairs = sorted((int(address, 16), name) for address, name in found)
    return [address for address, _ in pairs], [name for _, name in pairs]


def _trace(runner: Runner, job: Job) -> Iterator[str]:
    """The function of each instruction that the hypervisor executes."""
    hv = runner.out(job.lab) / "hv.elf"
    folder = runner.folder / "profile"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    log, cpio = folder / "trace", folder / "vms.cpio"
    pack_vms(Setup(QEMU, hv, runner.folder / "vms"), job.vms, cpio)
    addresses, names = _symbols(hv)
    # From the first function to the last: what is behind is data.
    span = f"{addresses[0]:#x}..{addresses[-1] + 0xFFF:#x}"
    major, minor = map(int, qemu_version(QEMU).split(".")[:2])
    step = ["-accel", "tcg,one-insn-per-tb=on"]
    argv = [QEMU, *"-machine virt -cpu rv64 -m 1G -display none".split()]
    argv += ["-nodefaults", "-serial", f"file:{folder / 'console.log'}"]
    argv += ["-bios", "none", "-kernel", str(hv), "-initrd", str(cpio)]
    argv += ["-append", job.append or "nocolor"]
    argv += ["-icount", "shift=0,sleep=off"]
    argv += step if (major, minor) >= (8, 1) else ["-singlestep"]
    argv += ["-d", "exec,nochain", "-dfilter", span, "-D", str(log)]
    try:
        subprocess.run(argv, stdin=subprocess.DEVNULL, timeout=TIMEOUT, check=True)
        with log.open() as lines:
            for line in lines:
                # Trace 0: 0x7f0123456789 [cs_base/pc/flags/cflags] symbol
                if line.startswith("Trace"):
                    pc = int(line.split("/", 2)[1], 16)
                    yield names[bisect_right(addresses, pc) - 1]
    except subprocess.SubprocessError as error:
        raise Infrastructure(f"no trace: {error}") from error
    finally:
        log.unlink(missing_ok=True)


def _boot(functions: Iterator[str]) -> Counter[str]:
    """All before the first guest."""
    return Counter(takewhile(lambda function: function != ENTER, functions))


def _exits(functions: Iterator[str]) -> Iterator[Counter[str]]:
    """Each from its trap to the next one."""
    for _ in takewhile(lambda function: function != ENTER, functions):
        pass
    counts: Counter[str] = Counter()
    last = ENTER
    for function in functions:
        if function == EXIT != last:
            yield counts
            counts = Counter()
        counts[function] += 1
        last = function


def parts_of(counts: Counter[str]) -> dict[str, int]:
    """The same by what it is for."""
    whose = {name: part for part, names in PARTS.items() for name in names}
    found: Counter[str] = Counter()
    for function, count in counts.items():
        found[whose.get(function, "work")] += count
    return {part: found[part] for part in ORDER if found[part]}


def profile(runner: Runner) -> dict[str, dict[str, dict[str, int]]]:
    """By operation: the commonest of its exits, by part and by function."""
    found = {}
    for each in operations(runner.bench.seed):
        exits = [
            counts
            for counts in _exits(_trace(runner, each.job))
            if each.through in counts and sum(counts.values()) >= each.least
        ]
        if not exits:
            raise Infrastructure(f"{each.key}: no exit goes through {each.through}")
        total, _ = Counter(sum(c.values()) for c in exits).most_common(1)[0]
        counts = next(c for c in exits if sum(c.values()) == total)
        functions = dict(counts.most_common())
        found[each.key] = {"parts": parts_of(counts), "functions": functions}
    boot = _boot(_trace(runner, Job("boot", [guest("bench")])))
    functions = dict(boot.most_common(12))
    functions["the rest"] = sum(boot.values()) - sum(functions.values())
    found["boot"] = {"parts": {}, "functions": functions}
    return found
