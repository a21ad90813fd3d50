"""Runs QEMU: virtual time, an instruction budget, and both witnesses kept.

The console goes to a file, never through a pipe: a reader that falls behind
would stall the UART, a guest that polls it would spend its budget waiting,
and the verdict would depend on the load of the machine. For the same reason
only the budget ends a run; the wall-clock backstop is far away, and reaching
it is an infrastructure error.
"""

import os
import shlex
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from pexpect import EOF, TIMEOUT
from pexpect.spawnbase import SpawnBase

from . import sandbox
from .qemu import TRAPS, VMS, Board as Board, command
from .run import Run
from .tracing import ring
from .traps import HV, TRAP_LOG_CAP, TrapLog
from .verdict import Infrastructure
from .vms import Setup as Setup, Vm as Vm, pack_vms

CONSOLE_CAP = 4 << 20  # bytes
WALL = 60.0  # seconds: the least wall-clock time that a run gets
_LIMITS = {"fsize": 1 << 30, "as": 16 << 30}  # bytes: far beyond what a run needs
_POLL = 0.01  # seconds


class _Console(SpawnBase):
    """pexpect on a file that is still being written."""

    def __init__(self, path: Path, machine: "Machine") -> None:
        super().__init__(maxread=1 << 16, timeout=None)
        self.child_fd = os.open(path, os.O_RDONLY)
        self.delayafterread = None
        self.machine = machine

    def close(self) -> None:
        if self.child_fd >= 0:
            os.close(self.child_fd)
            self.child_fd = -1

    def read_nonblocking(self, size: int = 1, timeout: float | None = None) -> bytes:
        end = None if timeout is None else time.monotonic() + timeout
        while True:
            running = self.machine.poll()
            data = os.read(self.child_fd, size)
            if data:
                return data
            if not running:
                self.flag_eof = True
                raise EOF("QEMU has ended")
            if end is not None and time.monotonic() > end:
                raise TIMEOUT("nothing more on the console")
            time.sleep(_POLL)


class Machine:
    """One QEMU, from start to finish(). Also a context manager that kills it."""

    def __init__(
        self,
        setup: Setup,
        vms: Sequence[Vm],
        folder: Path,
        board: Board = Board(),
        *,
        trap_log: int = TRAP_LOG_CAP,
        traced: bool = False,
        read: str = "",
        reads: Mapping[str, str] | None = None,
    ) -> None:
        """trap_log: bytes of QEMU's log of traps, at most.

        traced: hv was built for tracing; when QEMU has ended, the file "ring" has
        what it noted (see tracing/ring.py).
        """
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        self.setup, self.vms, self.dir = setup, vms, folder
        self.budget = board.budget
        self._read, self._reads, self._cap = read, reads or {}, trap_log
        pack_vms(setup, vms, folder / VMS)
        self.argv = command(setup, folder, board)
        (folder / "command.txt").write_text(shlex.join(self.argv) + "\n")
        self._memory: int | None = None
        if traced:
            self._memory = ring.new_memory(board.memory)
            self.argv += ring.options(self._memory, board.memory)
        self.run: Run | None = None
        self._killed = ""  # why, if it was us
        # Seconds. A loop of sfence.vma, the slowest, has 2 MIPS on an idle host.
        self._wall = WALL + board.budget / 2e5
        self._start(board.interactive)

    def _start(self, interactive: bool) -> None:
        console, log = self.dir / "console.log", self.dir / "qemu.log"
        if not shutil.which(self.setup.qemu):
            raise Infrastructure(f"{self.setup.qemu} could not be started: not found")
        # A shell says on stderr when a signal ended QEMU; of the sandbox, the exit
        # status alone could be one that the code under test chose.
        boxed = sandbox.kind() == sandbox.BUBBLEWRAP
        shell = ["sh", "-c", '"$@"; exit $?', "sh"] if boxed else []
        command = sandbox.confine(
            [*shell, *self.argv],
            read=[self.setup.hv, *sandbox.program(self.setup.qemu)],
            write=[self.dir],
            limits=_LIMITS,
        )
        with console.open("ab") as out, log.open("wb") as errors:
            try:
                self.process = subprocess.Popen(
                    command,
                    stdin=subprocess.PIPE if interactive else subprocess.DEVNULL,
                    stdout=out,
                    stderr=errors,
                    start_new_session=True,
                    pass_fds=() if self._memory is None else [self._memory],
                )
            except OSError as error:
                text = f"{self.setup.qemu} could not be started: {error}"
                raise Infrastructure(text) from error
        self._deadline = time.monotonic() + self._wall
        self._console = _Console(console, self)

    def __enter__(self) -> "Machine":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends QEMU if the test did not, and closes what is open."""
        self.kill("the test is over")
        self._console.close()
        if self._memory is not None:
            self._keep_ring(self._memory)
            self._memory = None
        if self.process.stdin is not None:
            self.process.stdin.close()

    def _keep_ring(self, memory: int) -> None:
        """What a hypervisor that was built for tracing has noted."""
        ring.save(
            memory,
            self.setup.hv,
            self.dir / "ring",
            kernels={name: str(path) for name, path in self._kernels.items()},
            budget=self.budget,
            status=self.process.returncode,
            killed=self._killed,
        )
        os.close(memory)

    @property
    def _kernels(self) -> dict[str, Path]:
        return {vm.name: self.setup.vms / vm.folder / "kernel" for vm in self.vms}

    def kill(self, why: str) -> None:
        """SIGKILL: a guest that spins makes QEMU deaf to anything less."""
        if self.process.poll() is None:
            self._killed = why
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def _size(self, name: str) -> int:
        try:
            return (self.dir / name).stat().st_size
        except FileNotFoundError:
            return 0

    def poll(self) -> bool:
        """Does it still run? Ends it when it went too far."""
        if self.process.poll() is not None:
            return False
        if self._size("console.log") > CONSOLE_CAP:
            self.kill("flood")
        elif self._size(TRAPS) > self._cap:
            self.kill("flood")
        elif time.monotonic() > self._deadline:
            self.kill("wall clock")
        return self.process.poll() is None

    def send(self, text: str) -> None:
        """Types text on the console."""
        if self.process.stdin is None:
            raise Infrastructure("send() needs a machine that was started interactive")
        try:
            self.process.stdin.write(text.encode())
            self.process.stdin.flush()
        except BrokenPipeError:
            pass  # it has ended; the next expect() says how

    def expect(self, pattern: str, *, likely: str, read: str | None = None) -> str:
        """Waits until the regular expression is on the console; what it matched.

        There is no time-out: the run's budget ends the wait.
        """
        try:
            self._console.expect([pattern.encode()])
            return bytes(self._console.after).decode("utf-8", "backslashreplace")
        except EOF:
            run = self.finish()
        run.fail(f"/{pattern}/ on the console", likely=likely, read=read)

    def finish(self) -> Run:
        """Waits for the end of the run. Raises Unwritten if a stub was reached."""
        while self.poll():
            time.sleep(_POLL)
        if self.run is None:
            self._raise_if_broken()
            self.run = self._collect()
        self.run.raise_if_unwritten()
        return self.run

    legs = {"console", "traps"}

    @property
    def looked(self) -> set[str]:
        """Which legs of this run the test has looked at."""
        return self.run.looked if self.run else set()

    def _raise_if_broken(self) -> None:
        """Infrastructure, if the end of QEMU says nothing about the code."""
        status = self.process.returncode
        errors = (self.dir / "qemu.log").read_text(errors="replace").strip()
        if self._killed == "wall clock":
            text = f"QEMU did not end within {self._wall:.0f} s although its budget"
            raise Infrastructure(f"{text} was {self.budget:,} instructions")
        if self._killed not in ("", "flood"):
            raise Infrastructure(f"QEMU was killed: {self._killed}")
        if status < 0 and not self._killed or status > 128 and errors:
            name = signal.Signals(-status if status < 0 else status - 128).name
            raise Infrastructure(f"QEMU was killed by {name}: {errors}")
        if status in (1, 126, 127) and errors:
            raise Infrastructure(f"QEMU could not be started: {errors}")

    def _collect(self) -> Run:
        console = self.dir / "console.log"
        flooded = console.stat().st_size > CONSOLE_CAP
        if flooded:
            os.truncate(console, CONSOLE_CAP)
        elfs = self._kernels | {HV: self.setup.hv}
        log = TrapLog(self.dir / TRAPS, elfs, self._cap)
        log.annotate()
        raw = console.read_bytes()
        status = self.process.returncode
        return Run(
            self.dir, status, raw, log, self.budget, self._read, self._reads, flooded
        )
