"""Named locks between processes, which are free again when the process ends, however it does.

On Postgres such a lock is an advisory lock of a transaction that stays open (PostgreSQL manual, 13.3.5), on
a connection of its own: the server releases it when the connection breaks, and it works behind a pooler
too. On SQLite it is a POSIX record lock (fcntl) on one byte of a file next to the database, which the
kernel releases. Where neither can be had, every lock is granted: they keep work from being done twice, the
data is safe without them.
"""

import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from hashlib import blake2b
from typing import Final

from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from app.database.engine.driver_errors import translated

if sys.platform != "win32":
    import fcntl

SUFFIX: Final = "-claims"
"""The suffix of the file's name, after that of the database."""

PATIENCE_SECONDS: Final = 1.0
"""How long to wait for a lock: a process that was killed a moment ago may still be on its way out."""

_PAUSE_SECONDS: Final = 0.05

# POSIX record locks do not exclude threads of one process, and closing any descriptor of the file loses
# them all.
_own: dict[str, set[int]] = {}

_files: dict[str, int] = {}
_changing: Final = threading.Lock()


@contextmanager
def claimed(engine: Engine, name: bytes) -> Iterator[bool]:
    """Hold a lock for as long as the block runs; yields whether it was granted.

    Raises:
        Unavailable: the database cannot be reached.
    """
    digest = int.from_bytes(blake2b(name, digest_size=8).digest(), "big", signed=True)
    if engine.dialect.name == "postgresql":
        with _on_server(engine, digest) as granted:
            yield granted
    else:
        with _in_file(os.path.realpath(_path_of(engine)) + SUFFIX, digest % 2**62) as granted:
            yield granted


@contextmanager
def claimed_file(path: str) -> Iterator[bool]:
    """Hold a lock on a file that only one process may write, for as long as the block runs; yields whether it was granted."""
    with _in_file(os.path.realpath(path) + SUFFIX, 0) as granted:
        yield granted


@contextmanager
def _on_server(engine: Engine, digest: int) -> Iterator[bool]:
    last = time.monotonic() + PATIENCE_SECONDS
    with translated():
        connection = engine.connect()
    try:
        with translated():
            # The pool is for writers; this connection is held to the end.
            connection.detach()
            ask = text("SELECT pg_try_advisory_xact_lock(:digest)")
            while not (granted := bool(connection.execute(ask, {"digest": digest}).scalar_one())):
                if time.monotonic() >= last:
                    break
                time.sleep(_PAUSE_SECONDS)
        yield granted
    finally:
        # Where the connection is lost, so is the lock: nobody needs to hear of it.
        with suppress(DBAPIError):
            connection.close()


def _path_of(engine: Engine) -> str:
    # Without SQLAlchemy, which would begin a transaction and wait for the writer.
    with translated(), closing(engine.raw_connection()) as connection:
        path: str = connection.cursor().execute("PRAGMA database_list").fetchone()[2]
    return path


@contextmanager
def _in_file(path: str, offset: int) -> Iterator[bool]:
    with _changing:
        held = _own.setdefault(path, set())
        first = offset not in held
        held.add(offset)
        file = _files[path] if path in _files else _opened(path)
    try:
        yield first and (file is None or _lock(file, offset))
    finally:
        if first:
            with _changing:
                _release(path, offset)


def _opened(path: str) -> int | None:
    """Open the file; None where that cannot be done."""
    if sys.platform == "win32":
        return None
    try:
        _files[path] = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError:
        return None
    return _files[path]


def _release(path: str, offset: int) -> None:
    _own[path].discard(offset)
    if path in _files:
        fcntl.lockf(_files[path], fcntl.LOCK_UN, 1, offset)
    if not _own[path]:
        del _own[path]
        if path in _files:
            os.close(_files.pop(path))


def _lock(file: int, offset: int) -> bool:
    last = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, offset)
        except (BlockingIOError, PermissionError):
            if time.monotonic() >= last:
                return False
            time.sleep(_PAUSE_SECONDS)
        except OSError:
            return True  # a file system without locks
        else:
            return True
