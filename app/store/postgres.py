"""Postgres: its connections, and reading through them with asynchronous psycopg."""

import asyncio
import math
import time
from collections.abc import Hashable, Mapping
from typing import Any

import psycopg
from psycopg_pool import AsyncConnectionPool, PoolTimeout
from sqlalchemy import URL, Engine, create_engine, extract, func, select

from app.store import faults, tables
from app.store.statement import Statement

CONNECT_SECONDS = 5
STATEMENT_SECONDS = 60
RECONNECT_SECONDS = 0.5
"""How long a connection that could not be opened is tried again before the next request has to ask for it."""

LOOK_SECONDS = 1.0
"""How often a request that waits for a connection looks whether there is a server at all."""

VERSION = Statement(select(tables.database.c.version))
LAG = Statement(
    select(func.coalesce(extract("epoch", func.clock_timestamp() - func.pg_last_xact_replay_timestamp()), 0))
)


def _text_url(url: URL) -> str:
    return url.set(drivername="postgresql").render_as_string(hide_password=False)


def make_postgres_engine(
    url: URL, *, connections: int, wait_seconds: float, read_only: bool = False
) -> Engine:
    """Make the SQLAlchemy engine for writing, or for snapshots (repeatable, read-only).

    It opens so many connections at the most, and waits so long for one that is free.
    """
    engine = create_engine(
        url.set(drivername="postgresql+psycopg"),
        pool_size=connections,
        max_overflow=0,
        pool_timeout=wait_seconds,
        pool_pre_ping=True,
        connect_args={"connect_timeout": CONNECT_SECONDS, "application_name": "annals"},
    )
    if read_only:
        return engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    return engine


class PostgresReader:
    """Reads on a pool of asynchronous connections, each statement prepared once."""

    def __init__(self, url: URL, *, connections: int, wait_seconds: float) -> None:
        """Read the database at `url`; the pool opens with the first question."""
        self._connections = connections
        self._wait_seconds = wait_seconds
        self._url = _text_url(url)
        self._pool: AsyncConnectionPool[Any] | None = None
        self._opening = asyncio.Lock()
        self._failed_at = -math.inf
        self._check: asyncio.Task[int] | None = None
        self._next_check: asyncio.Task[int] | None = None

    async def _opened(self) -> AsyncConnectionPool[Any]:
        if self._pool is None:
            async with self._opening:
                if self._pool is None:
                    pool: AsyncConnectionPool[Any] = AsyncConnectionPool(
                        self._url,
                        min_size=1,
                        max_size=self._connections,
                        reconnect_timeout=RECONNECT_SECONDS,
                        reconnect_failed=self._note_failure,
                        open=False,
                        kwargs={
                            "autocommit": True,
                            "prepare_threshold": 1,
                            "connect_timeout": CONNECT_SECONDS,
                            "application_name": "annals",
                            "options": (
                                "-c default_transaction_read_only=on "
                                f"-c statement_timeout={STATEMENT_SECONDS}s"
                            ),
                        },
                    )
                    await pool.open()
                    self._pool = pool
        return self._pool

    async def fetch(self, statement: Statement, parameters: Mapping[str, Any]) -> Any:
        """Ask; a connection that died meanwhile is replaced and the question asked once more."""
        text, arguments = statement.for_postgresql(parameters)
        pool = await self._opened()
        with faults.translated():
            try:
                return await self._ask(pool, text, arguments)
            except psycopg.OperationalError as error:
                if not _connection_died(error):
                    raise
                await pool.check()
                return await self._ask(pool, text, arguments)

    async def _ask(self, pool: AsyncConnectionPool[Any], text: str, arguments: Any) -> Any:
        connection = await self._taken(pool)
        try:
            return await (await connection.execute(text, arguments)).fetchall()
        finally:
            await pool.putconn(connection)

    async def _taken(self, pool: AsyncConnectionPool[Any]) -> Any:
        """Take a connection; where none can be opened, nobody waits for one to become free."""
        began = time.monotonic()
        last = began + self._wait_seconds
        while True:
            left = last - time.monotonic()
            try:
                return await pool.getconn(timeout=min(LOOK_SECONDS, left))
            except PoolTimeout:
                if left <= LOOK_SECONDS or self._failed_at >= began:
                    raise

    def _note_failure(self, _pool: AsyncConnectionPool[Any]) -> None:
        self._failed_at = time.monotonic()

    async def fetch_slow(self, statement: Statement, parameters: Mapping[str, Any]) -> Any:
        """Ask: the work is the server's, so that a long question is no different."""
        return await self.fetch(statement, parameters)

    async def fetch_paced(self, statement: Statement, parameters: Mapping[str, Any], asked: Hashable) -> Any:
        """Ask: long or short makes no difference here."""
        del asked
        return await self.fetch(statement, parameters)

    async def version(self) -> int:
        """Read the version; callers that come while one reading is under way share the next.

        A reading under way may have started before the caller's request arrived, and so may miss a
        write acknowledged in between; only one that starts after the call is good enough.
        """
        if self._check is None or self._check.done():
            self._check = asyncio.ensure_future(self._read_version())
            return await asyncio.shield(self._check)
        if self._next_check is None or self._next_check.done():
            self._next_check = asyncio.ensure_future(self._read_version_after(self._check))
        return await asyncio.shield(self._next_check)

    async def _read_version_after(self, running: "asyncio.Task[int]") -> int:
        await asyncio.wait([running])
        self._check, self._next_check = self._next_check, None
        return await self._read_version()

    async def _read_version(self) -> int:
        rows = await self.fetch(VERSION, {})
        return int(rows[0][0])

    async def lag_seconds(self) -> int:
        """Give how far a replica lags behind, in seconds, rounded up; 0 for a primary."""
        rows = await self.fetch(LAG, {})
        return int(math.ceil(rows[0][0]))  # noqa: RUF046 - of any type, for all the driver says

    async def close(self) -> None:
        """Close the pool."""
        if self._pool is not None:
            await self._pool.close()
            self._pool = None


def _connection_died(error: psycopg.OperationalError) -> bool:
    return error.sqlstate is None or error.sqlstate in {"57P01", "57P02", "57P03"}
