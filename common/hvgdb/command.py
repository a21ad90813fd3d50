"""How every `hv` command is made: one line of help, one line for an error."""

from collections.abc import Callable

import gdb

from .machine import Problem, connected, physical

_LIST: list[tuple[str, str]] = []


class _Command(gdb.Command):
    def __init__(
        self, name: str, run: Callable[[str], None], summary: str, complete: int
    ) -> None:
        self.__doc__ = summary
        self._run = run
        super().__init__(f"hv {name}", gdb.COMMAND_STATUS, complete)

    def invoke(self, argument: str, from_tty: bool) -> None:
        self.dont_repeat()
        try:
            self._run(argument.strip())
        except (Problem, gdb.error, gdb.MemoryError) as error:
            raise gdb.GdbError(f"hv: {error}") from None
        except Exception as error:  # the structs hold nonsense: one line, too
            what = f"{type(error).__name__}: {error}"
            raise gdb.GdbError(f"hv: cannot make sense of it: {what}") from None


class Commands(gdb.Command):
    """Look at guests and their hypervisor. `hv` alone lists the commands."""

    def __init__(self) -> None:
        super().__init__("hv", gdb.COMMAND_STATUS, gdb.COMPLETE_NONE, True)

    def invoke(self, argument: str, from_tty: bool) -> None:
        if argument:
            raise gdb.GdbError(f"hv: there is no command {argument.split()[0]}: try hv")
        for usage, summary in _LIST:
            print(f"hv {usage:<24} {summary}")


def command(
    usage: str, run: Callable[[str], None], summary: str, symbols: bool = False
) -> None:
    """Adds `hv USAGE`, which calls run with the arguments."""
    _LIST.append((usage, summary))
    complete = gdb.COMPLETE_SYMBOL if symbols else gdb.COMPLETE_NONE
    _Command(usage.split()[0], run, summary, complete)


def looks(run: Callable[[str], list[str]]) -> Callable[[str], None]:
    """A command that reads the stopped machine, and says lines."""

    def wrapped(argument: str) -> None:
        connected()
        with physical():
            lines = run(argument)
        print("\n".join(lines))

    return wrapped
