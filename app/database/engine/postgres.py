"""Postgres: reading through a pool of asynchronous connections."""

import asyncio
import math
import time
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final, TypeVar

import psycopg
from psycopg.pq import TransactionStatus
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from app.database.engine import driver_errors as faults
from app.database.engine.branches import IS_ANOTHER_TIMELINE
from app.database.engine.postgres_connect import STATEMENT_SECONDS, Server, session_settings
from app.database.engine.postgres_liveness import ServerSilent
from app.database.engine.statement import CompiledStatement
from app.database.engine.tasks import start_task
from app.errors import AnnalsError

T = TypeVar("T")

RECONNECT_SECONDS = 0.5
"""For how long the pool retries a connection that could not be opened, before the next request has to ask for it."""

LOOK_SECONDS = 1.0
"""How often a request that waits for a connection checks whether the server answers at all."""

FORK_SECONDS: Final = 5.0
"""How long a fork of the history is left alone where no new branch could be begun, as by a role that may not write."""

VERSION: Final = f"SELECT version_tag, {IS_ANOTHER_TIMELINE} FROM database"
"""The version, and whether the history has forked since its write: where no write has shown that, reading does."""

VERSION_ALONE: Final = "SELECT version_tag FROM database"
"""The version where no branch is to be begun: of a replica, or of what is read for long."""

_BEGIN: Final = """\
BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
SET LOCAL statement_timeout = {statement_timeout};
SET LOCAL lock_timeout = {lock_timeout};
"""


class _Fetching(ABC):
    """Runs slow queries as it runs others: the server does the work, so that none needs a thread."""

    @abstractmethod
    async def fetch(self, statement: CompiledStatement, parameters: Mapping[str, Any]) -> Any:
        """Run a query."""

    async def fetch_slow(self, statement: CompiledStatement, parameters: Mapping[str, Any]) -> Any:
        """Run a query; the server does the work, so that a slow one needs no thread."""
        return await self.fetch(statement, parameters)

    async def fetch_adaptive(
        self, statement: CompiledStatement, parameters: Mapping[str, Any], asked: Hashable
    ) -> Any:
        """Run a query; slow ones need no thread here."""
        del asked
        return await self.fetch(statement, parameters)


class PostgresReader(_Fetching):
    """Reads on a pool of connections; statements are prepared once where no pooler is in between."""

    def __init__(
        self,
        server: Server,
        *,
        connections: int,
        replica: bool = False,
        begin_branch: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        """Read from a server; the pool opens with the first query.

        Of a `replica`, errors that another server may not have are raised as `ReplicaFailed`, and it is not asked
        whether the history has forked. `begin_branch` is called before anything is answered from a history that has forked.
        """
        self._server = server
        self._connections = connections
        self._replica = replica
        self._version = VERSION_ALONE if replica else VERSION
        self._begin = (
            _BEGIN.format(statement_timeout=STATEMENT_SECONDS * 1000, lock_timeout=server.lock_timeout)
            + self._version
        )
        self._pool: AsyncConnectionPool[Any] | None = None
        self._opening = asyncio.Lock()
        self._failed_at = -math.inf
        self._check: asyncio.Task[str] | None = None
        self._next_check: asyncio.Task[str] | None = None
        self._begin_branch = begin_branch
        self._fork_at = -math.inf

    async def _opened(self) -> AsyncConnectionPool[Any]:
        if self._pool is None:
            async with self._opening:
                if self._pool is None:
                    pool: AsyncConnectionPool[Any] = AsyncConnectionPool(
                        connection_class=self._server.asynchronous,
                        min_size=1,
                        max_size=self._connections,
                        reconnect_timeout=RECONNECT_SECONDS,
                        reconnect_failed=self._note_failure,
                        configure=self._configure,
                        open=False,
                        kwargs={"autocommit": True, "prepare_threshold": 1, **self._server.arguments},
                    )
                    await pool.open()
                    self._pool = pool
        return self._pool

    async def _configure(self, connection: Any) -> None:
        if not self._server.prepares:
            connection.prepare_threshold = None
            return
        settings = {
            "statement_timeout": str(STATEMENT_SECONDS * 1000),
            "lock_timeout": str(self._server.lock_timeout),
        }
        query, values = session_settings(connection, settings)
        try:
            made = await (await connection.execute(query, values, prepare=False)).fetchall()
        except BaseException:
            await connection.close()  # which the pool leaves to whoever configures it
            raise
        if not made:
            connection.prepare_threshold = None

    async def fetch(self, statement: CompiledStatement, parameters: Mapping[str, Any]) -> Any:
        """Run a query; where the connection was dead, once more on another."""
        text, arguments = statement.for_postgresql(parameters)
        with faults.translated_reading(replica=self._replica):
            return await self._again_if_lost(lambda: self._ask(text, arguments))

    async def _ask(self, text: str, arguments: Any = None) -> Any:
        connection = await self._taken()
        try:
            if connection.prepare_threshold is not None:
                return await (await connection.execute(text, arguments)).fetchall()
            # Behind a pooler no session is one's own, so each transaction makes its own settings.
            await self._begin_on(connection)
            rows = await (await connection.execute(text, arguments)).fetchall()
            await connection.execute("COMMIT", prepare=False)
            return rows
        finally:
            await self._give_back(connection)

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator["PostgresSnapshot"]:
        """Open a transaction that reads one snapshot of the database throughout."""
        with faults.translated_reading(replica=self._replica):
            connection, version = await self._again_if_lost(self._begun)
            try:
                yield PostgresSnapshot(connection, version)
                await connection.execute("COMMIT", prepare=False)
            finally:
                await self._give_back(connection)

    async def _begun(self) -> tuple[Any, str]:
        connection = await self._taken()
        try:
            version, is_forked = await self._begin_on(connection)
            if is_forked and await self._has_begun_branch():
                await connection.execute("ROLLBACK", prepare=False)
                version, _ = await self._begin_on(connection)
        except BaseException:
            await self._give_back(connection)
            raise
        return connection, version

    async def _begin_on(self, connection: Any) -> tuple[str, bool]:
        """Begin a transaction; return the version of the snapshot that it reads, and whether the history has forked."""
        cursor = await connection.execute(self._begin, prepare=False)
        while cursor.nextset():
            pass
        version, *forked = await cursor.fetchone()
        return str(version), any(forked)

    async def _has_begun_branch(self) -> bool:
        """Begin a new branch of a history that has forked; returns whether that could be done."""
        if self._begin_branch is None or time.monotonic() - self._fork_at < FORK_SECONDS:
            return False
        try:
            await self._begin_branch()
        except AnnalsError:
            self._fork_at = time.monotonic()
            return False
        else:
            return True

    async def _again_if_lost(self, work: Callable[[], Awaitable[T]]) -> T:
        try:
            return await work()
        except psycopg.OperationalError as error:
            if not _connection_died(error) or self._server.liveness.silent:
                raise
            await (await self._opened()).check()
            return await work()

    async def _taken(self) -> Any:
        """Take a connection from the pool; where none can be opened, fail at once rather than wait."""
        pool = await self._opened()
        began = time.monotonic()
        last = began + self._server.wait_seconds
        while True:
            left = last - time.monotonic()
            try:
                return await pool.getconn(timeout=min(LOOK_SECONDS, left))
            except PoolTimeout:
                if left <= LOOK_SECONDS or self._failed_at >= began or self._server.liveness.silent:
                    raise

    async def _give_back(self, connection: Any) -> None:
        try:
            if connection.info.transaction_status in (TransactionStatus.INTRANS, TransactionStatus.INERROR):
                await connection.execute("ROLLBACK", prepare=False)
        finally:
            if self._pool is not None:
                await self._pool.putconn(connection)

    def _note_failure(self, _pool: AsyncConnectionPool[Any]) -> None:
        self._failed_at = time.monotonic()

    async def version(self) -> str:
        """Return the version; callers that come while one reading is in progress share the next.

        A reading under way may have started before the caller's request arrived, and so may miss a write
        acknowledged in between; only one that starts after the call is good enough.
        """
        if self._check is None or self._check.done():
            check = self._check = start_task(self._read_version())
        else:
            if self._next_check is None or self._next_check.done():
                self._next_check = start_task(self._read_version_after(self._check))
            check = self._next_check
        return await asyncio.shield(check)

    async def _read_version_after(self, running: "asyncio.Task[str]") -> str:
        await asyncio.wait([running])
        self._check, self._next_check = self._next_check, None
        return await self._read_version()

    async def _read_version(self) -> str:
        with faults.translated_reading(replica=self._replica):
            [(version, *forked)] = await self._again_if_lost(lambda: self._ask(self._version))
            if any(forked) and await self._has_begun_branch():
                [(version, _)] = await self._ask(self._version)
        return str(version)

    async def close(self) -> None:
        """Close the pool."""
        if self._pool is not None:
            await self._pool.close()
            self._pool = None


class PostgresSnapshot(_Fetching):
    """Reads in one transaction."""

    def __init__(self, connection: Any, version: str) -> None:
        """Read on a connection whose transaction has begun, at the version of its snapshot."""
        self._connection = connection
        self._version = version

    async def fetch(self, statement: CompiledStatement, parameters: Mapping[str, Any]) -> Any:
        """Run a query."""
        text, arguments = statement.for_postgresql(parameters)
        return await (await self._connection.execute(text, arguments)).fetchall()

    async def version(self) -> str:
        """Return the version of what is read."""
        return self._version


def _connection_died(error: psycopg.OperationalError) -> bool:
    if isinstance(error, PoolTimeout | ServerSilent):
        return False
    return error.sqlstate is None or error.sqlstate in {"57P01", "57P02", "57P03"}
