"""A fair queue of the processes that write to an SQLite file.

SQLite allows one writer at a time, and others poll after ever longer pauses: a process that writes without
pause keeps them out for seconds. So the processes of this program queue at locks that the kernel keeps on
two files next to the database (and releases when a process dies). One waits for the first lock while
another holds the second and writes; a writer that is done queues up behind it.

The queue only makes waiting fair. The lock that keeps the data safe is SQLite's own, which other programs
take without queueing, and which is all there is where the files cannot be made.
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
"""The suffixes of the two files' names, after that of the database: who is next, and who writes."""

PATIENCE_SECONDS: Final = 5.0
"""How long to queue before leaving the rest to SQLite: the end of a long import, say, is not awaited here."""

_PAUSE_SECONDS: Final = 0.0005


class WriteQueue:
    """The queue for one database; used by one thread at a time."""

    def __init__(self, path: str) -> None:
        """Queue for the database at `path`; the files are opened with the first write."""
        self._path = path
        self._files: tuple[int, ...] | None = None

    @contextmanager
    def turn(self, last: float = math.inf) -> Iterator[None]:
        """Wait for the write lock, up to the moment `last` of `time.monotonic`; hold it for as long as the block runs."""
        if self._files is None:
            self._files = _open(self._path)
        if not self._files:
            yield
            return
        door, desk = self._files
        last = min(last, time.monotonic() + PATIENCE_SECONDS)
        try:
            # A writer that has just finished finds this lock held by the one who waits, so writers
            # alternate.
            if _lock(door, last):
                _lock(desk, last)
                fcntl.flock(door, fcntl.LOCK_UN)
            yield
        finally:
            fcntl.flock(desk, fcntl.LOCK_UN)

    def close(self) -> None:
        """Close the files; they are not deleted."""
        for file in self._files or ():
            os.close(file)
        self._files = None


def _open(path: str) -> tuple[int, ...]:
    """Open the files; None where that cannot be done."""
    if sys.platform == "win32":
        return ()
    opened: list[int] = []
    try:
        for suffix in SUFFIXES:
            # Reading is enough for a lock, and works on a file that another user made.
            opened.append(os.open(path + suffix, os.O_RDONLY | os.O_CREAT, 0o644))  # noqa: PERF401 - those opened before an error are to be closed
    except OSError:
        for file in opened:
            os.close(file)
        return ()
    return tuple(opened)


def _lock(file: int, last: float) -> bool:
    """Take a lock; returns False where it was held by another until the moment `last`."""
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= last:
                return False
            time.sleep(_PAUSE_SECONDS)
        except OSError:
            return False  # a file system without locks
        else:
            return True
