"""Reading from SQLite: in the event loop, in threads, and in transactions that see one state."""

import asyncio
import threading
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Hashable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from typing import Any, Final, TypeVar

from app.database.engine import driver_errors as faults
from app.database.engine.sqlite_connect import connect_to
from app.database.engine.sqlite_driver import sqlite3
from app.database.engine.sqlite_file import SqliteFile
from app.database.engine.statement import CompiledStatement

STEPS = 100_000
"""Steps of SQLite's virtual machine, about a millisecond, after which a long query releases the GIL."""

SNAPSHOTS = 32
"""How many reads of several statements may run at once; further ones wait."""

QUICK_SECONDS: Final = 0.0015
"""A query may take so much processor time in the event loop; one that took more runs in a thread."""

TRIED_STEPS: Final = 1_000
"""Steps, about ten microseconds, after which a query in the event loop looks at the clock."""

_REMEMBERED: Final = 8192
T = TypeVar("T")


def _release_gil() -> None:
    """Release the GIL for a moment: the event loop may be waiting for it."""
    time.sleep(0)


class _Question:
    """A query in a thread, which can be interrupted from outside without interrupting a later one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._connection: Any = None
        self._dropped = False

    @contextmanager
    def asked_on(self, connection: Any) -> Iterator[bool]:
        """Note which connection runs it; returns whether the result is still wanted."""
        with self._lock:
            self._connection = connection
        # An interruption does nothing where it comes before the query has begun; so the query asks as well.
        connection.set_progress_handler(self._is_dropped, STEPS)
        try:
            yield not self._dropped
        finally:
            connection.set_progress_handler(_release_gil, STEPS)
            with self._lock:
                self._connection = None

    def _is_dropped(self) -> bool:
        _release_gil()
        return self._dropped

    def drop(self) -> None:
        """Interrupt it. The lock ensures that the connection is still running this query."""
        with self._lock:
            self._dropped = True
            if self._connection is not None:
                self._connection.interrupt()


class LatencyTracker:
    """Remembers how long queries took; one that is not known may be quick."""

    def __init__(self) -> None:
        """Begin with no queries known."""
        # By their hashes, since parameters can be long; a collision only runs one query in the wrong place.
        self._seconds: OrderedDict[int, float] = OrderedDict()

    def may_be_quick(self, asked: Hashable) -> bool:
        """Return whether the query was not slow the last time."""
        return self._seconds.get(hash(asked), 0.0) < QUICK_SECONDS

    def note(self, asked: Hashable, seconds: float) -> None:
        """Remember how long it took."""
        key = hash(asked)
        self._seconds[key] = seconds
        self._seconds.move_to_end(key)
        if len(self._seconds) > _REMEMBERED:
            self._seconds.popitem(last=False)


class _Asking:
    """Runs queries on one connection at a time: in the event loop, or in a thread."""

    def __init__(self, threads: ThreadPoolExecutor, latency: LatencyTracker) -> None:
        """Share the threads, and what is known of how long queries take."""
        self._threads = threads
        self._latency = latency

    _progress_handler: Callable[[], None] | None = None
    """What the connection for the event loop calls while it runs a query."""

    def _connected(self) -> Any:
        """Return the connection for the event loop."""
        raise NotImplementedError

    def _connected_in_thread(self) -> Any:
        """Return the connection for the current thread."""
        raise NotImplementedError

    async def fetch(self, statement: CompiledStatement, parameters: Mapping[str, Any]) -> Any:
        """Run a query in the event loop: one of well under a millisecond."""
        text, arguments = statement.for_sqlite(parameters)
        with faults.translated():
            return self._connected().execute(text, arguments).fetchall()

    async def fetch_slow(self, statement: CompiledStatement, parameters: Mapping[str, Any]) -> Any:
        """Run a query in a thread; it is interrupted where nobody waits for the result any more."""
        text, arguments = statement.for_sqlite(parameters)
        rows, _ = await self._in_thread(text, arguments)
        return rows

    async def fetch_adaptive(
        self, statement: CompiledStatement, parameters: Mapping[str, Any], asked: Hashable
    ) -> Any:
        """Run a query in the event loop while it is quick; in a thread where it is not, or was not the last time."""
        text, arguments = statement.for_sqlite(parameters)
        if self._latency.may_be_quick(asked):
            rows = self._if_quick(text, arguments)
            if rows is not None:
                return rows
        rows, seconds = await self._in_thread(text, arguments)
        self._latency.note(asked, seconds)
        return rows

    def _if_quick(self, text: str, arguments: Any) -> Any:
        """Run a query in the event loop; None where it takes longer than `QUICK_SECONDS`."""
        last = time.thread_time() + QUICK_SECONDS
        with faults.translated():
            connection = self._connected()
            connection.set_progress_handler(lambda: time.thread_time() > last, TRIED_STEPS)
            try:
                return connection.execute(text, arguments).fetchall()
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode != sqlite3.SQLITE_INTERRUPT:
                    raise
                return None
            finally:
                connection.set_progress_handler(self._progress_handler, STEPS)

    async def _in_thread(self, text: str, arguments: Any) -> tuple[Any, float]:
        question = _Question()
        asked = self._threads.submit(lambda: timed(lambda: self._ask(question, text, arguments)))
        try:
            return await asyncio.wrap_future(asked)
        except asyncio.CancelledError:
            question.drop()
            self._dropped(asked)
            raise

    def _dropped(self, asked: "Future[Any]") -> None:
        """Be notified of an interrupted query, which may not have ended yet."""

    def _ask(self, question: "_Question", text: str, arguments: Any) -> Any:
        with faults.translated():
            connection = self._connected_in_thread()
            with question.asked_on(connection) as wanted:
                return connection.execute(text, arguments).fetchall() if wanted else []


def timed(work: Callable[[], T]) -> tuple[T, float]:
    """Run `work`; return its result and the processor time of this thread in seconds."""
    began = time.thread_time()
    done = work()
    return done, time.thread_time() - began


class SqliteReader(_Asking):
    """Reads in the event loop on one connection; long queries in threads, each with its own."""

    def __init__(self, file: SqliteFile) -> None:
        """Read a database."""
        super().__init__(ThreadPoolExecutor(4, thread_name_prefix="annals-question"), LatencyTracker())
        self._file = file
        self._connection: Any = None
        self._local = threading.local()
        self._opened: list[Any] = []
        self._snapshots: list[Any] = []
        self._places = asyncio.Semaphore(SNAPSHOTS)
        self._data_version = -1
        self._version = ""

    def _connected(self) -> Any:
        if self._connection is None:
            self._connection = connect_to(self._file, read_only=True)
        return self._connection

    def _connected_in_thread(self) -> Any:
        connection = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = self._connected_for_long_queries()
            self._opened.append(connection)
        return connection

    def _connected_for_long_queries(self) -> Any:
        connection = connect_to(self._file, read_only=True)
        connection.set_progress_handler(_release_gil, STEPS)
        return connection

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator["SqliteSnapshot"]:
        """Open a transaction that reads one snapshot of the database throughout."""
        async with self._places:
            with faults.translated():
                connection = self._snapshots.pop() if self._snapshots else self._connected_for_long_queries()
                try:
                    connection.execute("BEGIN")
                    [(version,)] = connection.execute("SELECT version_tag FROM database").fetchall()
                except BaseException:
                    connection.close()
                    raise
            snapshot = SqliteSnapshot(self._threads, self._latency, connection, version)
            try:
                yield snapshot
            finally:
                if snapshot.ended():
                    self._snapshots.append(connection)

    async def version(self) -> str:
        """Return the version; SQLite tells in a microsecond whether anyone else has committed."""
        with faults.translated():
            connection = self._connected()
            data_version = connection.execute("PRAGMA data_version").fetchone()[0]
            if data_version != self._data_version:
                self._version = connection.execute("SELECT version_tag FROM database").fetchone()[0]
                self._data_version = data_version
        return self._version

    async def close(self) -> None:
        """Close every connection."""
        await asyncio.to_thread(self._threads.shutdown)
        for connection in [self._connection, *self._opened, *self._snapshots]:
            if connection is not None:
                connection.close()
        self._connection = None
        self._opened.clear()
        self._snapshots.clear()


class SqliteSnapshot(_Asking):
    """Reads in one transaction on a connection of its own."""

    _progress_handler = staticmethod(_release_gil)

    def __init__(
        self, threads: ThreadPoolExecutor, latency: LatencyTracker, connection: Any, version: str
    ) -> None:
        """Read on a connection whose transaction has begun, at the version of its snapshot."""
        super().__init__(threads, latency)
        self._connection = connection
        self._version = version
        self._unfinished: Future[Any] | None = None

    def _connected(self) -> Any:
        return self._connection

    def _connected_in_thread(self) -> Any:
        return self._connection

    def _dropped(self, asked: "Future[Any]") -> None:
        self._unfinished = asked

    async def version(self) -> str:
        """Return the version of what is read."""
        return self._version

    def ended(self) -> bool:
        """End the transaction; returns whether the connection can be reused."""
        if self._unfinished is not None and not self._unfinished.done():
            # A thread may still be using it.
            connection = self._connection
            self._unfinished.add_done_callback(lambda _: connection.close())
            return False
        self._connection.execute("COMMIT")
        return True
