"""The names of SBI calls, as common/include/sbi.h gives them."""

import re
from functools import cache

from ..lab import KIT

_DEFINE = re.compile(r"#define SBI_(\w+) (0x[0-9a-f]+|\d+)UL\b")


@cache
def _numbers() -> tuple[dict[int, str], dict[tuple[str, int], str]]:
    """Extensions by id; functions by the extension's name and number."""
    found = _DEFINE.findall((KIT / "common/include/sbi.h").read_text())
    extensions = {
        int(number, 0): name.removeprefix("EXT_").removeprefix("LEGACY_")
        for name, number in found
        if name.startswith("EXT_") and not name.endswith("LEGACY_LAST")
    }
    functions: dict[tuple[str, int], str] = {}
    for name, number in found:
        extension, _, function = name.partition("_")
        key = extension, int(number, 0)
        if extension in extensions.values():  # the first: states come after them
            functions.setdefault(key, function.lower())
    return extensions, functions


def sbi_name(extension: int, function: int) -> str:
    """ "TIME set_timer", "legacy shutdown", "SBI 0x12345678 function 7"."""
    extensions, functions = _numbers()
    name = extensions.get(extension)
    if name is None:
        return f"SBI {extension:#x} function {function}"
    if extension < 0x10:  # the legacy ones have no functions
        return f"legacy {name.lower()}"
    return f"{name} {functions.get((name, function), f'function {function}')}"
