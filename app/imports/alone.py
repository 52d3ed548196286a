"""Locks: nobody imports the very same, or under the same label, while an import runs."""

from collections.abc import Iterator
from contextlib import contextmanager

from app.database.engine.database import Database
from app.database.engine.process_lock import claimed
from app.errors import Conflict


@contextmanager
def alone(database: Database, digest: bytes | None, label: str | None) -> Iterator[None]:
    """Make sure that nobody imports the same at the same time, nor under the same label, where there are such.

    Raises:
        Conflict: somebody does.
        Unavailable: the database cannot be reached.
    """
    same = "The very same is being imported just now by another process"
    with (
        _claim(database, None if digest is None else b"import" + digest, same),
        # Each is compared with the one before.
        _claim(
            database,
            None if label is None else b"sync" + label.encode(),
            "Another process is importing under this label just now",
        ),
    ):
        yield


@contextmanager
def _claim(database: Database, name: bytes | None, otherwise: str) -> Iterator[None]:
    if name is None:
        yield
        return
    with claimed(database.session_engine, name) as granted:
        if not granted:
            detail = f"{otherwise}; wait for it to end, or stop it. Nothing was changed."
            raise Conflict(detail, code="import_under_way")
        yield
