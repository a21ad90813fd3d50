"""hv walk ADDRESS [VM] and hv walk -g GPA [VM]: through both stages, or one."""

import gdb

from . import walk
from .machine import choose, connected, physical, read, vms


def _split(argument: str, names: list[str]) -> tuple[str, str]:
    """The expression, and the VM that may stand behind it."""
    rest, _, last = argument.rpartition(" ")
    return (rest, last) if rest and last in names else (argument, "")


def run(argument: str) -> None:
    connected()
    g_only = argument.split(" ")[0] == "-g"
    argument = argument.removeprefix("-g").strip()
    with physical():
        names = [vm.name for vm in vms()]
    text, name = _split(argument, names)
    if not text and g_only:
        raise gdb.error("hv walk -g GPA: which address?")
    # As the user means it, so with the memory that the hart sees.
    address = int(gdb.parse_and_eval(text or "$pc")) & (1 << 64) - 1
    with physical():
        vm = choose(vms(), name)
        hgatp = vm.csr("hgatp")
        lines = [f"vm {vm.name}:"]
        if g_only:
            lines += walk.physical(hgatp, address, read)
        else:
            lines += walk.both(vm.csr("vsatp"), hgatp, address, read)
    print("\n".join(lines))
