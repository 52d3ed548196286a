"""The database: one interface for reads and writes, on SQLite and on Postgres.

Short queries run in the event loop (SQLite answers within microseconds; Postgres through asynchronous
psycopg), long ones in threads. A write is a plain function of a SQLAlchemy connection, run in a thread
inside one transaction, and returns after COMMIT.
"""

import asyncio
import math
from collections.abc import Awaitable, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from contextvars import copy_context
from typing import Any, TypeVar

from sqlalchemy import URL, Connection, Engine, select

from app.database import tables
from app.database.engine import driver_errors as faults
from app.database.engine.branches import begin_branch_if_forked
from app.database.engine.one_state import DatabaseReader, accept_any, read_one_state
from app.database.engine.postgres import VERSION_ALONE, PostgresReader
from app.database.engine.postgres_connect import Server, make_postgres_engine
from app.database.engine.raw_sql import fetch_all
from app.database.engine.read_snapshot import ReadConnection
from app.database.engine.replicas import Replicas
from app.database.engine.request_reads import READS, note_writing
from app.database.engine.sqlite import SqliteReader
from app.database.engine.sqlite_connect import make_sqlite_engine
from app.database.engine.sqlite_file import SqliteFile
from app.database.engine.statement import CompiledStatement
from app.database.engine.versions import order_of
from app.database.engine.writer import Writer
from app.database_url import parse_database_url
from app.settings import Settings

T = TypeVar("T")
SECRET = CompiledStatement(select(tables.database.c.secret))


class Database:
    """The database, for one process; opened by `open`, closed by `close`.

    Whatever decides something (authentication, preconditions, writes) reads the primary: by `transaction`
    and `snapshot`, or asynchronously by `decide`. What only answers a read request uses `answer`, `version`
    and `snapshot_for_answer`, which may read from a replica, and record in `READS` which version was read.

    Attributes:
        replicas: the servers that answer reads in place of the primary, where there are any.
    """

    def __init__(
        self,
        writer: Writer,
        snapshots: Engine,
        exports: Engine,
        primary: DatabaseReader,
        *,
        file: SqliteFile | None = None,
        replicas: Replicas | None = None,
        direct: Engine | None = None,
        servers: Sequence[Server] = (),
        read_only: bool = False,
    ) -> None:
        """Put the parts together; `open` is the way to get one."""
        self.engine = writer.engine
        self.session_engine = direct or writer.engine
        self.dialect = writer.engine.dialect.name
        self._writer = writer
        self._snapshots = snapshots
        self._exports = exports
        self._primary = primary
        self.replicas = replicas
        self._servers = servers
        self._read_only = read_only
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
            direct_url=settings.direct_database_url,
            prepares=settings.database_prepare,
            max_lag=settings.replica_max_lag,
            read_only=settings.read_only,
        )

    @classmethod
    def open(
        cls,
        url: str | URL,
        read_urls: Sequence[str] = (),
        *,
        connections: int = 8,
        exports: int = 4,
        wait_seconds: float = 10.0,
        direct_url: str | URL | None = None,
        prepares: bool = True,
        max_lag: float = math.inf,
        read_only: bool = False,
    ) -> "Database":
        """Open the database at `url`; it connects on first use.

        `read_urls` name replicas that answer reads in its place (Postgres only), as long as they lag by no more than
        `max_lag` seconds. Reading, writing and snapshots each open at most `connections`. A request waits for
        a connection, a lock, its turn to write or any reply of the server up to `wait_seconds`. At most
        `exports` run at once, on connections of their own. With `prepares` false no statement is prepared and no
        setting of a session made. `direct_url` is the same database past a pooler, for what keeps a session for
        long (`session_engine`). Of one that is `read_only` nothing is ever written.
        """
        parsed = parse_database_url(url)
        if parsed.get_backend_name() == "sqlite":
            file = SqliteFile(parsed.database or "annals.db", read_only=read_only)
            return cls(
                Writer(make_sqlite_engine(file), 1, wait_seconds, file),
                make_sqlite_engine(file, read_only=True),
                make_sqlite_engine(file, read_only=True, connections=exports),
                SqliteReader(file),
                file=file,
                read_only=read_only,
            )
        server = Server(parsed, wait_seconds, takes_writes=not read_only, prepares=prepares)
        writer = Writer(make_postgres_engine(server, connections=connections), connections, wait_seconds)
        # A request that times out on a replica must have time left for the primary.
        others = [Server(parse_database_url(one), wait_seconds / 2, prepares=prepares) for one in read_urls]
        past = (
            Server(parse_database_url(direct_url), wait_seconds, takes_writes=not read_only)
            if direct_url
            else None
        )
        return cls(
            writer,
            make_postgres_engine(server, connections=connections, read_only=True),
            make_postgres_engine(server, connections=exports, read_only=True),
            PostgresReader(
                server,
                connections=connections,
                begin_branch=None if read_only else lambda: writer.write(begin_branch_if_forked),
            ),
            replicas=Replicas(server, others, connections=connections, exports=exports, max_lag=max_lag)
            if others
            else None,
            direct=None if past is None else make_postgres_engine(past, connections=connections),
            servers=[one for one in (server, past) if one is not None],
            read_only=read_only,
        )

    async def start(self) -> None:
        """Begin to watch the replicas, where there are any."""
        if self.replicas is not None:
            await self.replicas.start()

    async def answer(
        self,
        work: Callable[[ReadConnection], Awaitable[T]],
        *,
        single: bool = False,
        not_before: str | None = None,
    ) -> T:
        """Run `work` on one snapshot of the database, which may be that of a lagging replica.

        Where a replica fails, `work` is run once more, from its start, on the primary.

        Args:
            work: reads, and returns the result.
            single: whether it usually runs a single statement, which needs no transaction to be consistent. The
                response tells the version only if that statement does (`ReadConnection.note_version`).
            not_before: a version; a replica that has not replayed it yet is not used.

        Raises:
            Unavailable: the primary is not in the state that the request asks for.
        """
        reads = READS.get()
        if self.replicas is not None:
            least = 0 if not_before is None else order_of(not_before)
            replica = await self.replicas.choose(reads, least)
            if replica is not None:
                accept = self.replicas.accepting(replica, reads, least)
                with self.replicas.stood_in_for(replica, reads):
                    return await read_one_state(
                        self, replica.reader, work, accept, single=single and not least, must_tell=True
                    )
        if reads is None:
            return await self.decide(work, single=single)
        return await read_one_state(
            self, self._primary, work, reads.accept, single=single and not reads.least, must_tell=False
        )

    async def decide(self, work: Callable[[ReadConnection], Awaitable[T]], *, single: bool = False) -> T:
        """Run `work` as `answer` does, always on the primary."""
        return await read_one_state(self, self._primary, work, accept_any, single=single, must_tell=False)

    async def version(self) -> str:
        """Return the version of what `answer` reads; it changes with every acknowledged write of any process.

        The check starts after the call, so that an answer cached under this version is never stale; callers
        that wait at the same time may share one.
        """
        reads = READS.get()
        if self.replicas is not None:
            replica = await self.replicas.choose(reads)
            if replica is not None:
                with self.replicas.stood_in_for(replica, reads):
                    version = await replica.version()
                    self.replicas.accepting(replica, reads)(version)
                    return version
        version = await self._primary.version()
        if reads is not None:
            reads.accept(version)
        return version

    async def newest_version(self) -> str:
        """Return the version of the primary, as `version` does."""
        return await self._primary.version()

    def _begin_writing(self) -> None:
        """Record that the current request writes.

        Raises:
            Unavailable: nothing is to be written.
        """
        if self._read_only:
            raise faults.started_read_only()
        note_writing()

    def look_at_writer(self, look: Callable[[Connection], T]) -> T | None:
        """Run `look` on a connection for writing; None where all are in use, or the database is a file."""
        pool: Any = self.engine.pool
        if self._read_only:
            raise faults.started_read_only()
        if self._file is not None or pool.checkedout() >= pool.size():
            return None
        with faults.translated_reading(), self.engine.connect() as connection:
            return look(connection)

    def transaction(self, last: float | None = None) -> AbstractContextManager[Connection]:
        """Open a writing transaction, committed at the end of the block, undone by an error.

        Raises `Unavailable` and `DiskFull`, as `Writer.transaction` says.
        """
        self._begin_writing()
        return self._writer.transaction(last)

    def write_now(self, verb: Callable[[Connection], T], last: float | None = None) -> T:
        """Run `verb` in one writing transaction; one that lost a race is run again, up to the moment `last`."""
        self._begin_writing()
        return self._writer.write_now(verb, last)

    async def write(self, verb: Callable[[Connection], T], *, together: bool = False) -> T:
        """Run `verb` in a writing transaction in a thread; returns after COMMIT.

        With `together`, for what is short, it shares one with others that wait, and is undone on its own where it fails.

        Raises `Unavailable` where it waited too long for its turn or for locks.
        """
        self._begin_writing()
        return await self._writer.write(verb, together=together)

    async def in_thread(self, work: Callable[[], T]) -> T:
        """Run blocking `work` in a thread of a pool apart from the writers."""
        context = copy_context()
        return await asyncio.get_running_loop().run_in_executor(self._threads, lambda: context.run(work))

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """Open a read-only connection that reads one snapshot of the database throughout."""
        if self._file is not None:
            self._file.check()
        with faults.translated_reading(), self._snapshots.begin() as connection:
            yield connection

    @contextmanager
    def snapshot_for_answer(self) -> Iterator[Connection]:
        """Open a snapshot as `export_snapshot` does, for a read request: on a replica, where it can be read to its end.

        Raises:
            ReplicaFailed: it cannot be had of the replica, or no longer; the request reads from the primary then.
            Unavailable: the primary is not in the state that the request asks for.
        """
        reads = READS.get()
        replica = self.replicas.known(reads) if self.replicas is not None else None
        if self.replicas is None or replica is None:
            with self.export_snapshot() as connection:
                if reads is not None:
                    reads.accept(str(fetch_all(connection, VERSION_ALONE)[0][0]))
                yield connection
            return
        before = math.inf if reads is None else reads.complete_until
        try:
            with faults.translated_reading(replica=True), replica.snapshots.begin() as connection:
                self.replicas.accepting(replica, reads)(replica.version_for_long_read(connection))
                yield connection
        except faults.ReplicaFailed:
            if reads is not None:
                reads.leave_replica(before)
            raise

    @contextmanager
    def export_snapshot(self) -> Iterator[Connection]:
        """Open a snapshot for as long as a client takes to read an export, on a connection apart from the pools."""
        if self._file is not None:
            self._file.check()
        with faults.translated_reading(), self._exports.begin() as connection:
            yield connection

    async def close(self) -> None:
        """Close every connection and thread."""
        if self.replicas is not None:
            await self.replicas.close()
        await self._primary.close()
        await asyncio.to_thread(self.dispose)

    def dispose(self) -> None:
        """Let go of what writing and snapshots hold."""
        self._threads.shutdown()
        self._writer.dispose()
        self._snapshots.dispose()
        self._exports.dispose()
        if self.session_engine is not self.engine:
            self.session_engine.dispose()
        if self.replicas is not None:
            self.replicas.dispose()
        for server in self._servers:
            server.close()


async def cursor_secret(db: ReadConnection) -> bytes:
    """Return the key that cursors are signed with: one for the whole database, for all its life."""
    kept = db.database.cursor_secret
    if kept is None:
        kept = db.database.cursor_secret = bytes((await db.fetch(SECRET, {}))[0][0])
    return kept
