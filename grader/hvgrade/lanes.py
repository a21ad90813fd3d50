"""Several gradings at once, each in a thread of its own."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager


@contextmanager
def lanes(count: int, stop: threading.Event) -> Iterator[ThreadPoolExecutor]:
    """So many threads. Left by an exception, it drops what has not begun.

    Then it sets stop: whoever is running has to look, and is waited for.
    """
    with ThreadPoolExecutor(count) as pool:
        try:
            yield pool
        except BaseException:
            stop.set()
            pool.shutdown(cancel_futures=True)
            raise
