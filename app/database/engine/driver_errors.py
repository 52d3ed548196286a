"""Translation of driver errors into those of this program."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from sqlite3 import Error as StandardSqliteError
from typing import Final

import psycopg
from psycopg_pool import PoolTimeout, TooManyRequests
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolExhausted

from app.database.engine.sqlite_driver import sqlite3
from app.errors import AnnalsError, DiskFull, Unavailable

SQLITE_ERRORS: tuple[type[Exception], ...] = (sqlite3.Error, StandardSqliteError)

DRIVER_ERRORS: tuple[type[Exception], ...] = (
    DBAPIError,
    psycopg.Error,
    PoolTimeout,
    PoolExhausted,
    *SQLITE_ERRORS,
)

# Statements that are handed to the driver itself raise its own errors, which SQLAlchemy has not wrapped.
INTEGRITY_ERRORS: tuple[type[Exception], ...] = (
    IntegrityError,
    psycopg.IntegrityError,
    sqlite3.IntegrityError,
)
"""What the drivers raise for a row that breaks a unique or foreign key."""

_CONNECTION_CLASSES: Final = frozenset({"08", "57"})
"""Classes of SQLSTATE: connection exceptions, and operator intervention."""

_STANDBYS_OWN: Final = frozenset({"40001", "40P01", "55P03", "42P01", "42703"})
"""SQLSTATEs that a standby raises for what it has replayed, or not yet: conflicts, locks, a missing table or column."""

_QUERY_CANCELED: Final = "57014"

_OF_A_SERVER: Final = frozenset({"08", "53", "57"})
"""Classes of SQLSTATE: connection exceptions, insufficient resources, and operator intervention."""


class SerializationFailure(Exception):
    """The transaction conflicted with another one; it may succeed when it is run again."""


class ReplicaFailed(Unavailable):
    """A replica could not answer; the primary may."""


def of_driver(error: BaseException) -> BaseException:
    """Return the driver's own error, which SQLAlchemy may have wrapped."""
    return error.orig if isinstance(error, DBAPIError) and error.orig is not None else error


def translate(error: BaseException) -> Exception | None:
    """Return this program's error for one of a driver; None where it is a bug."""
    if isinstance(error, DBAPIError) and error.orig is not None:
        return translate(error.orig)
    if isinstance(
        error,
        psycopg.errors.DeadlockDetected
        | psycopg.errors.SerializationFailure
        | psycopg.errors.LockNotAvailable,
    ):
        return SerializationFailure()
    if isinstance(error, psycopg.errors.ReadOnlySqlTransaction):
        return read_only()
    if isinstance(error, psycopg.errors.DiskFull):
        return _disk_full()
    if isinstance(
        error,
        psycopg.OperationalError
        | psycopg.InterfaceError
        | PoolTimeout
        | TooManyRequests
        | PoolExhausted
        | ConnectionError,
    ) or _is_out_of_step(error):
        return _away()
    if isinstance(error, SQLITE_ERRORS):
        return _translate_sqlite(error)
    return None


def _is_out_of_step(error: BaseException) -> bool:
    """Return whether the driver met replies to nothing that it had asked: a pooler sends them as it loses its server."""
    return isinstance(error, psycopg.InternalError) and error.sqlstate is None


def _translate_sqlite(error: Exception) -> Exception | None:
    name = getattr(error, "sqlite_errorname", "") or ""
    text = str(error)
    if name.startswith("SQLITE_FULL") or "disk is full" in text:
        return _disk_full()
    if (
        name.startswith(("SQLITE_NOTADB", "SQLITE_CORRUPT"))
        or "not a database" in text
        or "malformed" in text
    ):
        return Unavailable(
            "The file is no SQLite database, or a damaged one. Restore a backup, or set ANNALS_DATABASE_URL right.",
            code="damaged_database",
        )
    if isinstance(error, sqlite3.OperationalError) and (
        name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_CANTOPEN", "SQLITE_IOERR"))
        or "locked" in text
        or "unable to open" in text
        or "readonly" in text
    ):
        return _away()
    return None


def _away() -> AnnalsError:
    return Unavailable(
        "The database cannot be reached just now; nothing was changed. Try again in a moment.",
        headers={"Retry-After": "1"},
    )


def read_only() -> AnnalsError:
    """Make the error for a server that takes no writes: a standby, or one set to read-only."""
    return Unavailable(
        "The database takes no writes just now: its server is a standby, or read-only; nothing was changed. "
        "Try again in a moment.",
        code="read_only",
        headers={"Retry-After": "5"},
    )


def started_read_only() -> AnnalsError:
    """Make the error for a write to a service, or by a command, that is set to read alone."""
    return Unavailable(
        "This service only reads: it was started with --read-only, or ANNALS_READ_ONLY is set; nothing was changed. "
        "Send writes to the service that takes them.",
        code="read_only",
        headers={"Retry-After": "60"},
    )


def waited_in_vain() -> AnnalsError:
    """Make the error for a write that timed out while it waited for its turn or for locks."""
    return Unavailable(
        "Others are writing, or hold what this would write; nothing was changed. Try again in a moment.",
        code="busy",
        headers={"Retry-After": "1"},
    )


def in_doubt() -> AnnalsError:
    """Make the error for a commit of which nobody knows whether it is done, or is kept where it has to be."""
    return Unavailable(
        "The database was lost, or gave up waiting for a standby, while it was asked to keep the change: it may have been "
        "made, or not. Read again to see which, or send the same request with the same Idempotency-Key, if it had one: then it is done once.",
        code="outcome_unknown",
        headers={"Retry-After": "1"},
    )


def _disk_full() -> AnnalsError:
    return DiskFull("The database's disk is full; nothing was changed. Free space, then try again.")


@contextmanager
def translated() -> Iterator[None]:
    """Translate driver errors that are raised inside the block."""
    try:
        yield
    except DRIVER_ERRORS as error:
        known = translate(error)
        if known is None:
            raise
        raise known from error


@contextmanager
def translated_reading(*, replica: bool = False) -> Iterator[None]:
    """Translate errors of reads, which cannot fail to serialize.

    Raises:
        ReplicaFailed: instead of an error of this `replica` that another server may not raise.
    """
    try:
        yield
    except DRIVER_ERRORS as error:
        known = translate(error)
        if replica and _concerns_one_server(error):
            known = ReplicaFailed(_away().detail, headers={"Retry-After": "1"})
        elif isinstance(known, SerializationFailure):
            known = _away()
        if known is None:
            raise
        raise known from error


def _concerns_one_server(error: BaseException) -> bool:
    """Return whether the same query may succeed on another server of the same database."""
    if isinstance(error, DBAPIError) and error.orig is not None:
        return _concerns_one_server(error.orig)
    if not isinstance(error, psycopg.Error):
        return isinstance(error, PoolExhausted)
    state = error.sqlstate
    if state is None:
        return isinstance(error, psycopg.OperationalError | psycopg.InterfaceError) or _is_out_of_step(error)
    if state in _STANDBYS_OWN:
        return True
    return state[:2] in _OF_A_SERVER and state != _QUERY_CANCELED


@dataclass(slots=True)
class Stage:
    """How far a writing transaction has come: whether only COMMIT is left."""

    committing: bool = False


@contextmanager
def translated_writing() -> Iterator[Stage]:
    """Translate errors of a writing transaction, which notes in the stage when it is about to commit.

    Raises:
        Unavailable: with the code `outcome_unknown` where COMMIT was sent and never answered.
    """
    stage = Stage()
    try:
        yield stage
    except DRIVER_ERRORS as error:
        known = in_doubt() if stage.committing and _answers_nothing(error) else translate(error)
        if known is None:
            raise
        raise known from error


def _answers_nothing(error: BaseException) -> bool:
    """Return whether an error leaves open whether the statement was carried out."""
    if isinstance(error, DBAPIError) and error.orig is not None:
        return _answers_nothing(error.orig)
    if isinstance(error, psycopg.Error):
        # A server that is shutting down reports that even in place of the reply to a commit that is done.
        return error.sqlstate is None or error.sqlstate[:2] in _CONNECTION_CLASSES
    return (getattr(error, "sqlite_errorname", "") or "").startswith("SQLITE_IOERR")
