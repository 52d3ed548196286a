"""What the drivers raise, turned into what the rest of the program knows."""

from collections.abc import Iterator
from contextlib import contextmanager
from sqlite3 import Error as StandardSqliteError

import psycopg
from psycopg_pool import PoolTimeout, TooManyRequests
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolExhausted

from app.errors import AnnalsError, DiskFull, Unavailable
from app.store.driver import sqlite3

SQLITE_ERRORS: tuple[type[Exception], ...] = (sqlite3.Error, StandardSqliteError)
DRIVER_ERRORS: tuple[type[Exception], ...] = (
    DBAPIError,
    psycopg.Error,
    PoolTimeout,
    PoolExhausted,
    *SQLITE_ERRORS,
)

# COPY raises what the driver raises, with nothing of SQLAlchemy around it.
INTEGRITY_ERRORS: tuple[type[Exception], ...] = (IntegrityError, psycopg.IntegrityError)
"""What a row that breaks a key is refused with."""


class LostRace(Exception):
    """Another transaction got in the way; the same work may succeed when it is run again."""


def translate(error: BaseException) -> Exception | None:
    """Give the error that `error` means to the program; None where it is a fault of our own."""
    if isinstance(error, DBAPIError) and error.orig is not None:
        return translate(error.orig)
    if isinstance(error, psycopg.errors.DeadlockDetected | psycopg.errors.SerializationFailure):
        return LostRace()
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
    ):
        return _away()
    if isinstance(error, SQLITE_ERRORS):
        return _translate_sqlite(error)
    return None


def _translate_sqlite(error: Exception) -> Exception | None:
    name = getattr(error, "sqlite_errorname", "") or ""
    text = str(error)
    if name.startswith("SQLITE_FULL") or "disk is full" in text:
        return _disk_full()
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


def _disk_full() -> AnnalsError:
    return DiskFull("The database's disk is full; nothing was changed. Free space, then try again.")


@contextmanager
def translated() -> Iterator[None]:
    """Raise what the program knows in place of what a driver raised inside the block."""
    try:
        yield
    except DRIVER_ERRORS as error:
        known = translate(error)
        if known is None:
            raise
        raise known from error
