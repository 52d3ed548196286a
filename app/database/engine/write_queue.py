"""Whose turn it is to write to an SQLite file, where several processes do.

SQLite lets one write at a time, and whoever waits asks again after ever longer pauses: a process that writes
without pause keeps others out for seconds. So the processes of this program queue up, at locks that the
kernel keeps on two files beside the database (and takes back from a process that dies). One waits at the door
while another writes, and whoever has written queues up behind it.

The queue is a courtesy. The lock that keeps the data safe is SQLite's, which other programs take without
queueing, and which is all there is where the files cannot be made.
"""

import math
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

if sys.platform != "win32":
    import fcntl


SUFFIXES: Final = ("-next", "-writer")
"""What the names of the two files add to that of the database: who is next, and who writes."""


PATIENCE_SECONDS: Final = 5.0
"""How long to queue before leaving the rest to SQLite: a long import, say, is not waited for here."""


_PAUSE_SECONDS: Final = 0.0005


class WriteQueue:
    """The queue before one database; used by one thread at a time."""

    def __init__(self, path: str) -> None:
        """Queue for the database at `path`; nothing is opened before the first turn."""
        self._path = path
        self._files: tuple[int, ...] | None = None

    @contextmanager
    def turn(self, last: float = math.inf) -> Iterator[None]:
        """Wait for a turn, up to the moment `last` of `time.monotonic`; have it for as long as the block runs."""
        if self._files is None:
            self._files = _open(self._path)
        if not self._files:
            yield
            return
        door, desk = self._files
        last = min(last, time.monotonic() + PATIENCE_SECONDS)
        try:
            # Whoever has just written finds the door held by the one who waits, so turns alternate.
            if _lock(door, last):
                _lock(desk, last)
                fcntl.flock(door, fcntl.LOCK_UN)
            yield
        finally:
            fcntl.flock(desk, fcntl.LOCK_UN)

    def close(self) -> None:
        """Close the files, which stay where they are."""
        for file in self._files or ():
            os.close(file)
        self._files = None


def _open(path: str) -> tuple[int, ...]:
    """Open the files; none where that cannot be done."""
    if sys.platform == "win32":
        return ()
    opened: list[int] = []
    try:
        for suffix in SUFFIXES:
            # To read: a lock asks for no more, and a file that another user made serves as well.
            opened.append(os.open(path + suffix, os.O_RDONLY | os.O_CREAT, 0o644))  # noqa: PERF401 - those opened before an error are to be closed
    except OSError:
        for file in opened:
            os.close(file)
        return ()
    return tuple(opened)


def _lock(file: int, last: float) -> bool:
    """Take a lock; gives False where it was held by another until the moment `last`."""
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= last:
                return False
            time.sleep(_PAUSE_SECONDS)
        except OSError:
            return False  # a file system that knows no locks
        else:
            return True
