"""The file of an SQLite database: whether it is still the one that was opened.

A file that is deleted, moved or replaced under a running program lives on for whoever has it open. SQLite
does not notice, and what is written is lost with the last connection. So the file at the path is compared
with the one that was opened, by device and inode, and its write-ahead log with the one that a connection
began with.
"""

import os
from collections.abc import MutableMapping
from typing import Any, Final
from urllib.parse import quote

from app.errors import AnnalsError, Unavailable

Identity = tuple[int, int]
"""The device and the inode of a file."""

_LOG: Final = "write-ahead log"
_RETRY_SECONDS: Final = 30


class SqliteFile:
    """The file at a path, as this process has it open."""

    def __init__(self, path: str, *, read_only: bool = False) -> None:
        """Keep the path; the file's identity is read when it is first opened, which may be for reading alone."""
        self.path = path
        self.read_only = read_only
        self._identity: Identity | None = None

    @property
    def address(self) -> str:
        """The URI by which it is opened for reading alone (SQLite, "URI Filenames").

        Where neither it nor its folder can be written, it is opened as one that nobody changes, since readers of a database
        in use make files beside it. If such files are there, somebody may be writing.
        """
        beside = any(os.path.exists(self.path + suffix) for suffix in ("-wal", "-shm"))  # noqa: PTH110 - of a text
        is_copy = not beside and not (
            os.access(self.path, os.W_OK) and os.access(os.path.dirname(self.path) or ".", os.W_OK)  # noqa: PTH120 - of a text
        )
        return f"file:{quote(self.path)}?mode=ro{'&immutable=1' if is_copy else ''}"

    def check(self) -> None:
        """Raise `Unavailable` if the file at the path is not the one that was opened."""
        if self._identity is not None and _identity(self.path) != self._identity:
            raise _replaced("nothing was changed")

    def note_opened(self) -> None:
        """Remember the file at the path, which a connection has just opened, as the database."""
        if self._identity is None:
            self._identity = _identity(self.path)

    def check_log(self, known: MutableMapping[Any, Any]) -> None:
        """Check the file as `check` does, and its write-ahead log, within a connection's transaction.

        `known` is kept with the connection, which has the log open from its first transaction on.
        """
        self.check()
        log = _identity(f"{self.path}-wal")
        if known.setdefault(_LOG, log) != log:
            raise _replaced("nothing was changed")

    def check_kept(self, known: MutableMapping[Any, Any]) -> None:
        """Check as `check_log` does after a commit, before it is acknowledged."""
        try:
            self.check_log(known)
        except Unavailable:
            raise _replaced("the change went with it") from None


def _identity(path: str) -> Identity | None:
    try:
        found = os.stat(path)  # noqa: PTH116 - at every write
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino


def _replaced(outcome: str) -> AnnalsError:
    return Unavailable(
        f"The file of the database was deleted, moved or replaced while the service has it open; {outcome}. "
        "Put the file back, or start the service again with the one that is there.",
        code="database_replaced",
        headers={"Retry-After": str(_RETRY_SECONDS)},
    )
