"""Writing transactions: their turn, how long they wait for locks, and what is run again where a race was lost."""

import asyncio
import math
import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Final, TypeVar

import psycopg
from sqlalchemy import Connection, Engine

from app.database.engine import driver_errors as faults
from app.database.engine import raw_sql as direct
from app.database.engine import transaction_end
from app.database.engine.request_reads import note_written
from app.database.engine.sqlite_connect import BUSY_MS, wait_for_locks
from app.database.engine.sqlite_file import SqliteFile
from app.database.engine.transaction_end import TransactionEnd
from app.database.engine.write_groups import LOCK_SECONDS, WriteGroups
from app.database.engine.write_queue import WriteQueue
from app.logs import log

T = TypeVar("T")

ATTEMPTS = 5
"""How often a write that lost a race to another (a deadlock, say) is tried in all."""

_ALL_BUT_WHOLE: Final = 0.95
"""A transaction that waited for its turn no longer than the rest of its time has the whole time for locks."""


_GENERIC_PLANS: Final = "SET LOCAL plan_cache_mode = force_generic_plan"
"""What is short asks by keys, and inserts: to plan that for its values takes many times as long as to do it."""


class Writer:
    """Writes to one database, for one process."""

    def __init__(
        self, engine: Engine, threads: int, wait_seconds: float, file: SqliteFile | None = None
    ) -> None:
        """Write through an engine.

        Args:
            engine: begins each transaction as a writing one.
            threads: so many transactions of `write` at the same time.
            wait_seconds: how long a `write` waits for its turn and for locks.
            file: the database's, on SQLite, which takes one writing transaction at a time.
        """
        self.engine = engine
        self._groups = WriteGroups(
            threads, partial(self._begun, lock_seconds=LOCK_SECONDS), self.write_now, self._do_after
        )
        self._wait_seconds = wait_seconds
        self._file = file
        self._queue = WriteQueue(file.path) if file is not None else None
        self._one_at_a_time = threading.Lock()

    @contextmanager
    def transaction(self, last: float | None = None) -> Iterator[Connection]:
        """Open a writing transaction, committed at the end of the block, undone by an error.

        It waits for its turn and for locks up to the moment `last` of `time.monotonic`, where one is given.

        Raises `Unavailable` and `DiskFull` for what the database itself cannot do; of a commit that was
        never answered `Unavailable` says so, as it may have been done.
        """
        with self._begun(last) as (connection, end):
            yield connection
        note_written(end.version)
        self._do_after(end)

    @contextmanager
    def _begun(
        self, last: float | None, *, lock_seconds: float | None = None
    ) -> Iterator[tuple[Connection, TransactionEnd]]:
        """Open a transaction as `transaction` does; what it leaves to be done afterwards is left to the caller.

        Where `lock_seconds` is given, it waits no longer than that for locks, until it comes to its end.
        """
        with faults.translated_writing() as stage, self._turn(last), self.engine.connect() as connection:
            self._bound_waiting(connection, last)
            try:
                with connection.begin():
                    end = transaction_end.begin(connection)
                    if lock_seconds is not None:
                        self._bound_locks(connection, last, lock_seconds, _GENERIC_PLANS)
                    elif self._has_waited(last):
                        self._bound_locks(connection, last, self._wait_seconds)
                    if self._file is not None:
                        self._file.check_log(connection.info)
                    yield connection, end
                    if lock_seconds is not None or self._has_waited(last):
                        # The server counts the time for each lock anew, and every writer waits for one at the end.
                        self._bound_locks(connection, last, self._wait_seconds)
                    end.complete(connection)
                    stage.committing = True
                    warnings = direct.warnings(connection)
                # The wait for a synchronous standby was cancelled: the commit is done here, and perhaps nowhere else.
                if direct.warnings(connection) != warnings:
                    raise faults.in_doubt()
                if self._file is not None:
                    self._file.check_kept(connection.info)
            except faults.DRIVER_ERRORS as error:
                if isinstance(faults.of_driver(error), psycopg.errors.ReadOnlySqlTransaction):
                    # The server was the primary when it was connected to: the next connection may lead to another.
                    connection.invalidate()
                    self.engine.dispose()
                raise

    def _do_after(self, end: TransactionEnd) -> None:
        """Do what a transaction left to be done once it is committed."""
        for work in end.afterwards:
            try:
                with self._begun(None) as (connection, _):
                    work(connection)
            except Exception as error:  # noqa: BLE001 - the write itself is done
                log().warning("after_write_failed", error=repr(error))

    @contextmanager
    def _turn(self, last: float | None) -> Iterator[None]:
        """Wait, on SQLite, until neither this process nor another of this program is writing."""
        if self._queue is None:
            yield
            return
        if not self._one_at_a_time.acquire(timeout=-1 if last is None else max(0.0, last - time.monotonic())):
            raise faults.waited_in_vain()
        try:
            with self._queue.turn(math.inf if last is None else last):
                yield
        finally:
            self._one_at_a_time.release()

    def _bound_waiting(self, connection: Connection, last: float | None) -> None:
        left = math.inf if last is None else last - time.monotonic()
        if left <= 0:
            raise faults.waited_in_vain()
        if self._queue is not None:
            wait_for_locks(connection, BUSY_MS if last is None else math.ceil(left * 1000))

    def _bound_locks(self, connection: Connection, last: float | None, most: float, *settings: str) -> None:
        """Have a transaction wait no longer for locks than it may, and `most` seconds; make further settings for it too."""
        if self._queue is None:
            left = most if last is None else min(most, last - time.monotonic())
            lock_timeout = f"SET LOCAL lock_timeout = {max(1, round(left * 1000))}"
            # Sent together, and with BEGIN where that is not sent yet.
            direct.fetch_together(connection, [(setting, ()) for setting in (lock_timeout, *settings)])

    def _has_waited(self, last: float | None) -> bool:
        """Return whether a transaction that may wait up to a moment may wait less for locks than a session does."""
        return last is not None and last - time.monotonic() < self._wait_seconds * _ALL_BUT_WHOLE

    def write_now(self, verb: Callable[[Connection], T], last: float | None = None) -> T:
        """Run `verb` in one writing transaction; one that lost a race is run again, up to the moment `last`."""
        for attempt in range(1, ATTEMPTS + 1):
            try:
                with self.transaction(last) as connection:
                    return verb(connection)
            except faults.SerializationFailure:
                if attempt == ATTEMPTS:
                    break
                time.sleep(random.uniform(0.005, 0.02) * attempt)  # noqa: S311 - no secret
                if last is not None and time.monotonic() >= last:
                    break
        raise faults.waited_in_vain()

    async def write(self, verb: Callable[[Connection], T], *, together: bool = False) -> T:
        """Run `verb` in a writing transaction in a thread; returns after COMMIT.

        With `together` it shares the transaction with others that wait (`app.database.engine.write_groups`): for what is
        short and locks little.

        Raises `Unavailable` where it waited too long for its turn, or for what others hold.
        """
        last = time.monotonic() + self._wait_seconds
        return await asyncio.wrap_future(self._groups.add(verb, last, together=together))

    def dispose(self) -> None:
        """Let go of every connection and thread."""
        self._groups.shut_down()
        if self._queue is not None:
            self._queue.close()
        self.engine.dispose()
