"""The newest state of the database that each client was answered from, so that no replica takes it back behind that.

The workers of a service share one table: any of them may get the next request of a client. It holds a number for each
of 65,536 hashes of clients. Those that share a hash share the number, which is the later one: this costs them a read of
the primary, and is never wrong.
"""

import mmap
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Self

if sys.platform != "win32":
    import fcntl

VARIABLE: Final = "ANNALS_SEEN_VERSIONS_FILE"
"""The environment variable by which workers are told of the file that they share."""

_PLACES: Final = 65_536
_BYTES: Final = 8


class SeenVersions:
    """Orders of versions (`order_of`) by client."""

    def __init__(self, file: int = -1) -> None:
        """Use a file of the right size that is open, or memory of this process alone."""
        self._file = file
        self._orders = memoryview(mmap.mmap(file, _PLACES * _BYTES)).cast("Q")

    @classmethod
    def of_environment(cls) -> Self:
        """Use the table that this worker was told of; one of its own where there are no other workers."""
        path = os.environ.get(VARIABLE)
        return cls() if path is None else cls(os.open(path, os.O_RDWR))

    def of(self, client: int) -> int:
        """Return the order of the newest version that a client was given, or of a later one; 0 where there is none."""
        return self._orders[client % _PLACES]

    def note(self, client: int, order: int) -> None:
        """Record that a client was given a version."""
        place = client % _PLACES
        if order <= self._orders[place]:
            return
        with self._locked(place):
            self._orders[place] = max(order, self._orders[place])

    @contextmanager
    def _locked(self, place: int) -> Iterator[None]:
        """Keep other workers from recording a number at the same time, of which the earlier one might remain."""
        if self._file < 0 or sys.platform == "win32":
            yield
            return
        fcntl.lockf(self._file, fcntl.LOCK_EX, _BYTES, place * _BYTES)
        try:
            yield
        finally:
            fcntl.lockf(self._file, fcntl.LOCK_UN, _BYTES, place * _BYTES)


@contextmanager
def shared_seen_versions(*, wanted: bool) -> Iterator[None]:
    """Make a table that all workers which are started in the block share, where one is `wanted`."""
    if not wanted:
        yield
        return
    with tempfile.TemporaryDirectory(prefix="annals-versions-", ignore_cleanup_errors=True) as folder:
        path = Path(folder) / "seen"
        with path.open("wb") as file:
            file.truncate(_PLACES * _BYTES)
        os.environ[VARIABLE] = str(path)
        try:
            yield
        finally:
            del os.environ[VARIABLE]
