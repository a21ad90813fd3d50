"""What a group of processes uses: time, memory; or does all of it only wait?

A process that waits uses no CPU time, and wall-clock time says nothing on a
loaded machine. But one that has something to do is never asleep, however long
it is kept from doing it.
"""

import os
from dataclasses import dataclass

from .processes import stats


@dataclass(frozen=True)
class Usage:
    seconds: float  # of CPU time
    size: int  # bytes of memory
    asleep: bool  # every process of it


def usage(group: int) -> Usage:
    """What the processes of a process group use now."""
    seconds, size, asleep = 0.0, 0, True
    for _, fields in stats():
        if int(fields[2]) == group:
            ticks = int(fields[11]) + int(fields[12])
            seconds += ticks / os.sysconf("SC_CLK_TCK")
            size += int(fields[21]) * os.sysconf("SC_PAGE_SIZE")
            asleep = asleep and fields[0] in "StTZ"
    return Usage(seconds, size, asleep)
