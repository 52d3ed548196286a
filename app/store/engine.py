"""The database: one way to ask, one way to write, on SQLite and on Postgres.

Short questions are asked in the event loop (SQLite answers within microseconds; Postgres through
asynchronous psycopg), long ones in threads. A write is a plain function of a SQLAlchemy connection,
run in a thread inside one transaction, and returns after COMMIT.
"""

import asyncio
import random
import threading
import time
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, Protocol, TypeVar

from sqlalchemy import URL, Connection, Engine, make_url, select

from app.errors import Unavailable
from app.settings import Settings
from app.store import faults, tables
from app.store.gate import Gate
from app.store.postgres import PostgresReader, make_postgres_engine
from app.store.sqlite import SqliteReader, make_sqlite_engine
from app.store.statement import Statement

T = TypeVar("T")
Rows = Sequence[tuple[Any, ...]]

ATTEMPTS = 5
"""How often a write that lost a race to another (a deadlock, say) is tried in all."""


class Reader(Protocol):
    """What both databases offer for reading."""

    async def fetch(self, statement: Statement, parameters: Mapping[str, Any]) -> Rows:
        """Ask a short question."""

    async def fetch_slow(self, statement: Statement, parameters: Mapping[str, Any]) -> Rows:
        """Ask a question that may take more than a millisecond."""

    async def fetch_paced(self, statement: Statement, parameters: Mapping[str, Any], asked: Hashable) -> Rows:
        """Ask a question that is short for most parameters, and long for some; `asked` tells them apart."""

    async def version(self) -> int:
        """Read the database's version; the reading starts after the call."""

    async def lag_seconds(self) -> int:
        """Give how far what is read lags behind what is written, in seconds."""

    async def close(self) -> None:
        """Let go of every connection."""


class Database:
    """One database, for one process; made by `open`, given back by `close`."""

    def __init__(
        self, engine: Engine, snapshots: Engine, reader: Reader, writers: int, gate: Gate | None = None
    ) -> None:
        """Put the parts together; `open` is the way to get one."""
        self.engine = engine
        self.dialect = engine.dialect.name
        self._snapshots = snapshots
        self._reader = reader
        self._writers = ThreadPoolExecutor(writers, thread_name_prefix="annals-write")
        self._threads = ThreadPoolExecutor(8, thread_name_prefix="annals-read")
        self._gate = gate
        self._one_writer = threading.Lock()
        self.cursor_secret: bytes | None = None
        self.seen_terms: set[tuple[str, str]] = set()

    @classmethod
    def of(cls, settings: Settings) -> "Database":
        """Open the database that the settings name."""
        return cls.open(
            settings.database_url,
            settings.read_database_url,
            connections=settings.database_pool_size,
            wait_seconds=settings.database_timeout_seconds,
        )

    @classmethod
    def open(
        cls,
        url: str | URL,
        read_url: str | URL | None = None,
        *,
        connections: int = 8,
        wait_seconds: float = 10.0,
    ) -> "Database":
        """Open the database at `url`; nothing is connected before the first use.

        `read_url` names a replica that answers reads in its stead (Postgres alone). Each of reading,
        writing and snapshots opens so many `connections` at the most, and waits `wait_seconds` for one.
        """
        parsed = make_url(url)
        if parsed.get_backend_name() == "sqlite":
            path = parsed.database or "annals.db"
            return cls(
                make_sqlite_engine(path),
                make_sqlite_engine(path, read_only=True),
                SqliteReader(path),
                writers=1,
                gate=Gate(path),
            )
        replica = make_url(read_url) if read_url else parsed
        return cls(
            make_postgres_engine(parsed, connections=connections, wait_seconds=wait_seconds),
            make_postgres_engine(replica, connections=connections, wait_seconds=wait_seconds, read_only=True),
            PostgresReader(replica, connections=connections, wait_seconds=wait_seconds),
            writers=connections,
        )

    async def fetch(self, statement: Statement, parameters: Mapping[str, Any]) -> Rows:
        """Ask a short question; raises `Unavailable` where the database cannot be reached."""
        return await self._reader.fetch(statement, parameters)

    async def fetch_slow(self, statement: Statement, parameters: Mapping[str, Any]) -> Rows:
        """Ask a question that may take long, without holding up the event loop."""
        return await self._reader.fetch_slow(statement, parameters)

    async def fetch_paced(self, statement: Statement, parameters: Mapping[str, Any], asked: Hashable) -> Rows:
        """Ask a question that is short for most parameters, and long for some.

        It is asked as a short one where it proved to be short the last time; `asked` tells questions apart.
        """
        return await self._reader.fetch_paced(statement, parameters, asked)

    async def version(self) -> int:
        """Give the database's version: it grows with every acknowledged write of any process.

        The check starts after the call, so that an answer kept under this version is never stale;
        callers that wait at the same time may share one.
        """
        return await self._reader.version()

    async def lag_seconds(self) -> int:
        """Give how far a replica that answers reads lags behind, in seconds; 0 where none does."""
        return await self._reader.lag_seconds()

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """Open a writing transaction, committed at the end of the block, undone by an error.

        Raises `Unavailable` and `DiskFull` for what the database itself cannot do; of a commit that was
        never answered `Unavailable` says so, as it may have been done.
        """
        with faults.translated_writing() as stage, self._turn(), self.engine.begin() as connection:
            yield connection
            stage.committing = True

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Wait, on SQLite, until neither this process nor another of this program is writing."""
        if self._gate is None:
            yield
            return
        with self._one_writer, self._gate.turn():
            yield

    def write_now(self, verb: Callable[[Connection], T]) -> T:
        """Run `verb` in one writing transaction; one that lost a race is run again."""
        for attempt in range(1, ATTEMPTS + 1):
            try:
                with self.transaction() as connection:
                    return verb(connection)
            except faults.LostRace:
                if attempt == ATTEMPTS:
                    break
                time.sleep(random.uniform(0.005, 0.02) * attempt)  # noqa: S311 - no secret
        raise Unavailable("Too many writes at once met on the same records; try again.")

    async def write(self, verb: Callable[[Connection], T]) -> T:
        """Run `verb` in one writing transaction in a thread; returns after COMMIT."""
        return await asyncio.get_running_loop().run_in_executor(self._writers, self.write_now, verb)

    async def in_thread(self, work: Callable[[], T]) -> T:
        """Run blocking `work` in a thread of its own kind, apart from the writers."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """Open a read-only connection that sees one state of the database throughout."""
        with faults.translated(), self._snapshots.begin() as connection:
            yield connection

    def version_now(self) -> int:
        """Give the database's version, for the command line and for tests."""
        with self.snapshot() as connection:
            version: int = connection.execute(select(tables.database.c.version)).scalar_one()
        return version

    async def close(self) -> None:
        """Let go of every connection and thread."""
        await self._reader.close()
        await asyncio.to_thread(self.dispose)

    def dispose(self) -> None:
        """Let go of what writing and snapshots hold."""
        self._writers.shutdown()
        self._threads.shutdown()
        if self._gate is not None:
            self._gate.close()
        self.engine.dispose()
        self._snapshots.dispose()
