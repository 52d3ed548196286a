"""The database: one way to ask, one way to write, on SQLite and on Postgres.

Short questions are asked in the event loop (SQLite answers within microseconds; Postgres through
asynchronous psycopg), long ones in threads. A write is a plain function of a SQLAlchemy connection,
run in a thread inside one transaction, and returns after COMMIT.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, AbstractContextManager, contextmanager, suppress
from contextvars import copy_context
from dataclasses import dataclass
from typing import Protocol, TypeVar

from sqlalchemy import URL, Connection, Engine, make_url, select

from app.database import tables
from app.database.engine import driver_errors as faults
from app.database.engine.driver_errors import ReplicaFailed
from app.database.engine.postgres import PostgresReader, note_lag
from app.database.engine.postgres_connect import Server, make_postgres_engine
from app.database.engine.read_snapshot import (
    MoreThanOneStatement,
    ReadConnection,
    SingleStatement,
    StatementRunner,
    number_of,
)
from app.database.engine.sqlite import SqliteReader
from app.database.engine.sqlite_connect import make_sqlite_engine
from app.database.engine.sqlite_file import SqliteFile
from app.database.engine.statement import CompiledStatement
from app.database.engine.writer import Writer
from app.settings import Settings

T = TypeVar("T")


class DatabaseReader(StatementRunner, Protocol):
    """What both databases offer for reading; each statement by itself, or several in one transaction."""

    def snapshot(self) -> AbstractAsyncContextManager[StatementRunner]:
        """Open a transaction that sees one state of the database throughout."""

    async def close(self) -> None:
        """Let go of every connection."""


@dataclass(frozen=True, slots=True)
class Replica:
    """A server that may lag behind the one that is written to, and answers in its stead."""

    reader: DatabaseReader
    snapshots: Engine


class Database:
    """One database, for one process; made by `open`, given back by `close`.

    Who decides anything by what is read asks the database that is written to: by `transaction` and `snapshot`, or
    asynchronously by `decide`. What only answers a reading request goes by `answer`, `version` and
    `snapshot_for_answer`, which may read from a replica.
    """

    def __init__(
        self,
        writer: Writer,
        snapshots: Engine,
        exports: Engine,
        primary: DatabaseReader,
        *,
        file: SqliteFile | None = None,
        replica: Replica | None = None,
        servers: Sequence[Server] = (),
    ) -> None:
        """Put the parts together; `open` is the way to get one."""
        self.engine = writer.engine
        self.dialect = writer.engine.dialect.name
        self._writer = writer
        self._snapshots = snapshots
        self._exports = exports
        self._primary = primary
        self._replica = replica
        self._servers = servers
        self._threads = ThreadPoolExecutor(8, thread_name_prefix="annals-read")
        self._file = file
        self.cursor_secret: bytes | None = None
        self.seen_terms: set[tuple[str, str]] = set()

    @classmethod
    def of(cls, settings: Settings) -> "Database":
        """Open the database that the settings name."""
        return cls.open(
            settings.database_url,
            settings.read_database_url,
            connections=settings.database_pool_size,
            exports=settings.exports_at_once,
            wait_seconds=settings.database_timeout_seconds,
        )

    @classmethod
    def open(
        cls,
        url: str | URL,
        read_url: str | URL | None = None,
        *,
        connections: int = 8,
        exports: int = 4,
        wait_seconds: float = 10.0,
    ) -> "Database":
        """Open the database at `url`; nothing is connected before the first use.

        `read_url` names a replica that answers reads in its stead (Postgres alone). Each of reading,
        writing and snapshots opens so many `connections` at the most. A request waits for one, for a lock, for
        its turn to write and for any sign of life from the server up to `wait_seconds`.
        `exports` are so many at once, on connections apart.
        """
        parsed = make_url(url)
        if parsed.get_backend_name() == "sqlite":
            file = SqliteFile(parsed.database or "annals.db")
            return cls(
                Writer(make_sqlite_engine(file), 1, wait_seconds, file),
                make_sqlite_engine(file, read_only=True),
                make_sqlite_engine(file, read_only=True, connections=exports),
                SqliteReader(file),
                file=file,
            )
        # Whoever waits for a replica in vain still has the primary to ask within the time.
        server = Server(parsed, wait_seconds)
        other = Server(make_url(read_url), wait_seconds / 2) if read_url else None
        return cls(
            Writer(make_postgres_engine(server, connections=connections), connections, wait_seconds),
            make_postgres_engine(server, connections=connections, read_only=True),
            make_postgres_engine(server, connections=exports, read_only=True),
            PostgresReader(server, connections=connections),
            replica=None
            if other is None
            else Replica(
                PostgresReader(other, connections=connections, replica=True),
                make_postgres_engine(other, connections=exports, read_only=True),
            ),
            servers=[one for one in (server, other) if one is not None],
        )

    async def answer(
        self,
        work: Callable[[ReadConnection], Awaitable[T]],
        *,
        single: bool = False,
        not_before: str | None = None,
    ) -> T:
        """Run `work` on one state of the database, which may be that of a replica that lags.

        What a replica fails at is asked of the primary, once. `work` may so be run again from its start.

        Args:
            work: reads, and gives what was made of it.
            single: whether it asks a single statement as a rule, which is of one state with no transaction.
            not_before: a version; a replica that has not come so far is not asked.
        """
        if self._replica is not None:
            with suppress(ReplicaFailed):
                async with self._replica.reader.snapshot() as source:
                    if not_before is None or number_of(await source.version()) >= number_of(not_before):
                        return await work(ReadConnection(self, source))
        return await self.decide(work, single=single)

    async def decide(self, work: Callable[[ReadConnection], Awaitable[T]], *, single: bool = False) -> T:
        """Do as `answer`, on the database that is written to."""
        if single:
            with suppress(MoreThanOneStatement):
                return await work(ReadConnection(self, SingleStatement(self._primary)))
        async with self._primary.snapshot() as source:
            return await work(ReadConnection(self, source))

    async def version(self) -> str:
        """Give the version of what `answer` reads: another with every acknowledged write of any process.

        The check starts after the call, so that an answer kept under this version is never stale;
        callers that wait at the same time may share one.
        """
        if self._replica is not None:
            with suppress(ReplicaFailed):
                return await self._replica.reader.version()
        return await self._primary.version()

    async def newest_version(self) -> str:
        """Give the version of the database that is written to, as `version` does."""
        return await self._primary.version()

    def transaction(self, last: float | None = None) -> AbstractContextManager[Connection]:
        """Open a writing transaction, committed at the end of the block, undone by an error.

        Raises `Unavailable` and `DiskFull`, as `Writer.transaction` says.
        """
        return self._writer.transaction(last)

    def write_now(self, verb: Callable[[Connection], T], last: float | None = None) -> T:
        """Run `verb` in one writing transaction; one that lost a race is run again, up to the moment `last`."""
        return self._writer.write_now(verb, last)

    async def write(self, verb: Callable[[Connection], T]) -> T:
        """Run `verb` in one writing transaction in a thread; returns after COMMIT.

        Raises `Unavailable` where it waited too long for its turn, or for what others hold.
        """
        return await self._writer.write(verb)

    async def in_thread(self, work: Callable[[], T]) -> T:
        """Run blocking `work` in a thread of its own kind, apart from the writers."""
        context = copy_context()
        return await asyncio.get_running_loop().run_in_executor(self._threads, lambda: context.run(work))

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """Open a read-only connection that sees one state of the database throughout."""
        if self._file is not None:
            self._file.check()
        with faults.translated_reading(), self._snapshots.begin() as connection:
            yield connection

    @contextmanager
    def snapshot_for_answer(self) -> Iterator[Connection]:
        """Open what `snapshot` does, for what only answers a reading request: of a replica, where there is one.

        Raises:
            ReplicaFailed: it cannot be had of the replica, or no longer.
        """
        if self._replica is None:
            with self.export_snapshot() as connection:
                yield connection
            return
        with faults.translated_reading(replica=True), self._replica.snapshots.begin() as connection:
            note_lag(connection)
            yield connection

    @contextmanager
    def export_snapshot(self) -> Iterator[Connection]:
        """Open what `snapshot` does for as long as a client takes to read, apart from the connections of others."""
        if self._file is not None:
            self._file.check()
        with faults.translated_reading(), self._exports.begin() as connection:
            yield connection

    async def close(self) -> None:
        """Let go of every connection and thread."""
        await self._primary.close()
        if self._replica is not None:
            await self._replica.reader.close()
        await asyncio.to_thread(self.dispose)

    def dispose(self) -> None:
        """Let go of what writing and snapshots hold."""
        self._threads.shutdown()
        self._writer.dispose()
        self._snapshots.dispose()
        self._exports.dispose()
        if self._replica is not None:
            self._replica.snapshots.dispose()
        for server in self._servers:
            server.close()


SECRET = CompiledStatement(select(tables.database.c.secret))


async def cursor_secret(db: ReadConnection) -> bytes:
    """Give the key that cursors are signed with: one for the whole database, for all its life."""
    kept = db.database.cursor_secret
    if kept is None:
        kept = db.database.cursor_secret = bytes((await db.fetch(SECRET, {}))[0][0])
    return kept
