"""Connections to SQLite, and the SQLAlchemy engines that open them."""

import math
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, QueuePool, create_engine, event

from app.database.engine import raw_sql as direct
from app.database.engine.sqlite_driver import sqlite3
from app.database.engine.sqlite_file import SqliteFile

MAPPED_BYTES = 8 * 2**30
"""How much of the file readers map into their address space."""

BUSY_MS = 30_000
"""How long a statement waits for another process's lock, in milliseconds."""


def connect(path: str, *, read_only: bool = False, is_address: bool = False) -> Any:
    """Open a connection as every part of the program wants it; transactions begin by hand.

    `is_address` says that the path is a URI.
    """
    connection = sqlite3.connect(
        path, isolation_level=None, check_same_thread=False, cached_statements=512, uri=is_address
    )
    connection.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA temp_store = MEMORY")
    connection.execute("PRAGMA cache_size = -8000" if read_only else "PRAGMA cache_size = -32000")
    _add_mathematics(connection)
    if sqlite3.sqlite_version_info < (3, 43):
        connection.create_function("octet_length", 1, _octet_length, deterministic=True)
    if read_only:
        connection.execute("PRAGMA query_only = ON")
        # Reading through the kernel's own pages spares a call for each; they are no memory of the process.
        connection.execute(f"PRAGMA mmap_size = {MAPPED_BYTES}")
    return connection


def connect_to(file: SqliteFile, *, read_only: bool = False) -> Any:
    """Open a connection to a file that must be the one that was opened first; raises `Unavailable` if it is not."""
    file.check()
    if file.read_only:
        connection = connect(file.address, read_only=True, is_address=True)
    else:
        connection = connect(file.path, read_only=read_only)
    file.note_opened()
    return connection


def _add_mathematics(connection: Any) -> None:
    """Lend the functions of distances to an SQLite that was built without them."""
    try:
        connection.execute("SELECT sin(radians(0)) + cos(0)").close()
    except sqlite3.OperationalError:
        for function in (math.sin, math.cos, math.radians):
            connection.create_function(function.__name__, 1, function, deterministic=True)


def _octet_length(value: str | bytes | None) -> int | None:
    return None if value is None else len(value.encode() if isinstance(value, str) else value)


def make_sqlite_engine(file: SqliteFile, *, read_only: bool = False, connections: int = 8) -> Engine:
    """Make the SQLAlchemy engine for writing (BEGIN IMMEDIATE), or for snapshots (BEGIN).

    That for snapshots keeps so many `connections` open, and opens as many more when they are wanted.
    """
    engine = create_engine(
        "sqlite://",
        module=sqlite3,
        creator=lambda: connect_to(file, read_only=read_only),
        poolclass=QueuePool,
        pool_size=connections if read_only else 1,
        max_overflow=connections if read_only else 4,
    )
    begin = "BEGIN" if read_only else "BEGIN IMMEDIATE"

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        direct.execute(connection, begin)
        if read_only:
            # A deferred transaction sees its snapshot from its first read on.
            direct.fetch_all(connection, "SELECT 1 FROM sqlite_schema LIMIT 1")

    return engine


def wait_for_locks(connection: Connection, milliseconds: int) -> None:
    """Say how long a connection waits for what another process holds."""
    direct.execute(connection, f"PRAGMA busy_timeout = {milliseconds}")


def use_write_ahead_log(path: str) -> None:
    """Turn the write-ahead log on, which stays on with the file."""
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    connection = connect(path)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
    finally:
        connection.close()
