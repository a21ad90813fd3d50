"""Makes gdb speak of guests: `make gdb` runs it with gdb -x.

HVLAB_GDB names the file that `make qemu-gdb` wrote. Where nothing waits, one
line says so, and gdb ends with status 1.
"""

import os
import sys
from pathlib import Path

import gdb

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.dont_write_bytecode = True

from hvgdb import plic, vcpu, walking  # noqa: E402
from hvgdb.command import Commands, command, looks  # noqa: E402
from hvgdb.guests import Guests, InGuest  # noqa: E402
from hvgdb.session import Session, read_session  # noqa: E402

AWAY = 0x4000_0000_0000_0000  # is no address


def give_up(why: str) -> None:
    print(f"make gdb: {why}", file=sys.stderr, flush=True)
    gdb.execute("quit 1")


def connect(session: Session) -> None:
    """M-mode lies where guests do from lab h2 on, and gdb would take their
    addresses for its: of the hypervisor's symbols, those go out of the way."""
    elf = session.hypervisor
    gdb.execute(f"exec-file {elf}", to_string=True)
    gdb.execute(f"add-symbol-file {elf} -s .mmode 0x{AWAY:x}", to_string=True)
    try:
        gdb.execute(f"target remote {session.socket}", to_string=True)
    except gdb.error as error:
        give_up(
            f"no QEMU waits: type `make qemu-gdb` in another terminal first ({error})"
        )


def add_commands(session: Session) -> None:
    guests = Guests(session)
    vcpu.symbol = guests.symbol
    InGuest()
    Commands()
    command("vcpu [VM]", looks(vcpu.vcpu), "a guest's registers and CSRs, in words")
    command(
        "walk [ADDRESS [VM]]", walking.run, "a guest's address, through both stages"
    )
    command(
        "walk -g GPA [VM]", walking.run, "a guest-physical one, through the G-stage"
    )
    command("exits [VM]", looks(vcpu.exits), "why guests were left, and how often")
    command("plic [VM]", looks(plic.plic), "the PLIC of a guest, and the machine's")
    command("guest [VM]", guests.show, "take the names and lines of this guest, too")
    command("break VM PLACE", guests.stop_at, "stop that guest, and nobody else, there")
    command("print EXPRESSION", vcpu.show, "of the hypervisor, also while a guest runs")


def main() -> None:
    try:
        session = read_session(Path(os.environ["HVLAB_GDB"]))
    except (OSError, ValueError, KeyError):
        give_up("no QEMU waits: type `make qemu-gdb` in another terminal first")
        return
    add_commands(session)
    connect(session)


main()
