"""make qemu-gdb and make gdb, in scripted sessions; the words that they say."""

import fcntl
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hvgdb import walk, words

from hvgrade.lab import KIT

BUILD = os.environ.get("HVLAB_BUILD", "build")
needs_gdb = pytest.mark.skipif(
    not shutil.which("gdb-multiarch"), reason="no gdb-multiarch: ./setup.sh --gdb"
)


def make(target: str, *words: str) -> list[str]:
    return ["make", "-s", "-C", str(KIT), target, f"BUILD={BUILD}", *words]


@contextmanager
def waiting(tmp: Path, lab: str, vms: str) -> Iterator[str]:
    """A QEMU that waits for gdb, with the reference; the word for make gdb."""
    session = f"GDB_SESSION={tmp}/session"
    whose = [f"LAB={lab}", f"VM={vms}", "BASE=reference", "IMPL=reference"]
    argv = make("qemu-gdb", *whose, f"OUT={tmp}/out", session)
    (KIT / BUILD).mkdir(exist_ok=True)
    with (KIT / BUILD / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # as gradings do, which build as well
        qemu = subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        assert qemu.stdout
        said = qemu.stdout.readline()
    try:
        assert said.startswith("QEMU waits"), said + qemu.stdout.read()
        yield session
    finally:
        os.killpg(qemu.pid, signal.SIGTERM)
        try:
            qemu.wait(5)
        except subprocess.TimeoutExpired:
            os.killpg(qemu.pid, signal.SIGKILL)
            qemu.wait()


def gdb(tmp: Path, session: str, *commands: str) -> str:
    """What gdb says to these commands; each goes on after an error."""
    script = tmp / "script.py"
    lines = ["import gdb, time", "gdb.execute('set width 0')"]
    for command in commands:
        lines += [
            f"print({'(gdb) ' + command!r}, flush=True)",
            "try:",
            f"    gdb.execute({command!r})",
            "except gdb.error as error:",
            "    print('error:', error)",
        ]
    script.write_text("\n".join(lines) + "\n")
    for _ in range(50):  # QEMU may not listen yet
        done = subprocess.run(
            make("gdb", session, f"GDB_FLAGS=-nx -batch -x {script}"),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
        )
        if "no QEMU waits" not in done.stderr:
            break
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    return done.stdout


def answers(said: str) -> list[str]:
    """The text behind each command."""
    return [part.partition("\n")[2] for part in said.split("(gdb) ")[1:]]


@needs_gdb
def test_two_guests_at_one_address_are_told_apart(tmp_path: Path) -> None:
    with waiting(tmp_path, "h5", "late spin") as session:
        said = gdb(
            tmp_path,
            session,
            "hv vcpu",  # nothing has started yet
            "hv nonsense",
            "hv",
            "hv break spin _start",  # M-mode begins there, too, and late
            "break exit_dispatch if scause == 10",
            "continue",
            "hv vcpu",
            "hv vcpu spin",
            "delete 2",
            "continue",
            "bt",
            "hv vcpu",
            "hv exits late",
            "hv print vms[1].name",
            "hv guest late",
            "break guest_program",
            "info breakpoints",
            "hv plic late",
            "hv vcpu nobody",
            "hv break late nowhere",
        )
    early, nonsense, listed, _, _, _, late, spin, *rest = answers(said)
    assert early == "error: hv: no VM yet: the hypervisor has not built one\n"
    assert nonsense.startswith("error: hv: there is no command nonsense")
    assert {"vcpu", "walk", "exits", "plic", "guest", "break"} <= {*listed.split()}
    assert "its CSRs are in the hart, its registers in memory" in late
    assert re.search(r"scause +0xa +environment call from VS-mode", late)
    assert re.search(r"sstatus .* SPP .*: enters VS-mode", late)
    assert "all of its state is in memory" in spin
    assert re.search(r"sepc +0x80000000 +<_start\+0>", spin)
    _, _, stack, spin, exits, name, loaded, _, points, plic, nobody, nowhere = rest
    assert stack.startswith("#0  0x0000000080000000 in _start ()")
    assert spin.startswith("vm spin: is running, in VS-mode")
    assert re.search(r"hstatus +0x\w+ +SPVP", spin) and "VMID 1" in spin
    assert "environment call from VS-mode" in exits and "exits in all" in exits
    assert '"spin' in name
    assert "late" in loaded
    conditions = re.findall(r'stop only if \$in_guest\("(\w+)"\)', points)
    assert conditions == ["spin", "late"]
    assert "serial@10000000" in plic and "the hypervisor" in plic
    assert nobody == "error: hv: there is no VM nobody: late, spin\n"
    assert nowhere.startswith('error: hv: Function "nowhere" not defined.\n')


@needs_gdb
def test_an_address_is_walked_through_both_stages(tmp_path: Path) -> None:
    read = "python print('here', hex(gdb.selected_inferior().read_memory("
    with waiting(tmp_path, "h2", "kernel") as session:
        said = gdb(
            tmp_path,
            session,
            "hv break kernel guest_program",
            "continue",
            "hv vcpu",  # QEMU itself has an old vstvec here
            "hv break kernel guest_pass",
            "continue",
            "hv walk",
            "hv walk -g $pc",
            "hv walk 0x4000000000",
            "hv walk -g 0x10000000",
            f"{read}int(gdb.parse_and_eval('$pc')), 4).tobytes()[0]))",
            "hv plic",
        )
    _, _, vcpu, _, _, both, physical, hole, outside, _, plic = answers(said)
    assert re.search(r"vstvec +0x\w+ +<guest_trap_entry\+0> direct", vcpu)
    assert re.search(r"VS-stage, Sv39, of 0x800\w+\n  level 2: .* VRWX--AD\n", both)
    assert "leaf of 1 GiB: read, write, execute, accessed" in both
    assert re.search(r"level 1: .*\n +leaf of 2 MiB: .*, user, ", both)
    way = re.search(r"gva 0x(\w+) -> gpa 0x(\w+) -> hpa 0x(\w+)", both)
    assert way and way[1] == way[2] != way[3]
    assert "VS-mode of the guest may read, write, execute there" in both
    assert f"gpa 0x{way[2]} -> hpa 0x{way[3]}" in physical
    assert "its upper bits are not as they must be" in hole
    assert "V is 0: nothing is mapped here" in outside
    assert plic.startswith("there is no PLIC for guests before lab h4")


@needs_gdb
def test_without_a_machine_there_is_one_line() -> None:
    argv = make("gdb", "GDB_SESSION=/nowhere", "GDB_FLAGS=-nx -batch")
    done = subprocess.run(argv, capture_output=True, text=True)
    assert done.returncode != 0
    assert "no QEMU waits: type `make qemu-gdb`" in done.stderr
    assert "Traceback" not in done.stderr


def test_csrs_are_said_in_words() -> None:
    assert words.of("hstatus", 0x200200180) == "SPV SPVP VTW"
    assert words.of("vsstatus", 0x6122) == "SIE SPIE SPP FS=Dirty"
    assert words.of("hvip", 0x440) == "VSTIP VSEIP"
    assert words.of("vsie", 0x222) == "SSIE STIE SEIE"
    assert words.of("hgatp", 0x8000200000080208) == ("Sv39x4, VMID 2, root 0x80208000")
    assert words.of("vsatp", 0) == words.of("hgatp", 0) == "Bare"
    assert words.of("henvcfg", 1 << 63 | 1 << 61) == "ADUE STCE"


class Memory(dict[int, int]):
    """Doublewords by address."""

    def read(self, address: int) -> int | None:
        return self.get(address, 0) if 0x8000_0000 <= address < 0x9000_0000 else None


@pytest.mark.parametrize(
    "pte, why",
    [
        (0x21000000 | 0xD6, "V is 0"),
        (0x21000000 | 0xD5, "W without R"),
        (0x21000400 | 0xDF, "low PPN bits"),
        (0x21000000 | 0xCF, "U is 0"),
        (0x21000000 | 0x9F, "A is 0"),
        (0x40000001, "no memory at 0x100000000"),
    ],
)
def test_a_walk_says_which_bit_ended_it(pte: int, why: str) -> None:
    memory = Memory({0x80100010: 0x80101 << 10 | 1, 0x80101000: pte})
    hgatp = 8 << 60 | 0x80100
    assert why in walk.physical(hgatp, 0x8000_0000, memory.read)[-1]


def test_tables_of_the_guest_go_through_the_g_stage() -> None:
    leaf = 0x21000000 | 0xDF  # gpa 0x8000_0000, 2 MiB, at hpa 0x8400_0000
    memory = Memory({0x80100010: 0x80101 << 10 | 1, 0x80101000: leaf})
    hgatp, vsatp = 8 << 60 | 0x80100, 8 << 60 | 0x80001
    memory[0x84001000] = 0x80000 << 10 | 0xCF  # its root is at hpa 0x8400_1000
    found = walk.both(vsatp, hgatp, 0x1234, memory.read)
    assert found[-2] == "gva 0x1234 -> gpa 0x80001234 -> hpa 0x84001234"
    memory[0x84001000] = 0
    memory[0x80101000] = 0
    found = walk.both(vsatp, hgatp, 0x1234, memory.read)
    assert "its table: V is 0" in found[-1]
    assert any(line.startswith("G-stage") for line in found)
