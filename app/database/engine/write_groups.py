"""Writes that wait at the same time in one process are done in one transaction and committed together.

A commit takes as long as the disk, or a standby that has to have it, takes; and all writers of a database commit one after
another, since each increases its version. So whatever waits when a thread is free to write is run in the same transaction,
one write after another. Each but the first is run in a savepoint: one that fails is undone alone. Nobody is answered before
the commit, those neither whose write was refused, since that may be for what another of the group has written.

A write of a group waits for locks for a moment only. One that meets a longer wait, or loses a race, is taken out of the group
and run in a transaction of its own, where it may wait as long as any. The same is done with all of a group whose transaction
fails as a whole before its commit was asked for.
"""

import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager
from contextvars import Context, copy_context
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from sqlalchemy import Connection

from app.database.engine import driver_errors as faults
from app.database.engine import raw_sql as direct
from app.database.engine.request_reads import note_written
from app.database.engine.transaction_end import TransactionEnd

T = TypeVar("T")
Verb = Callable[[Connection], T]

THREADS: Final = 2
"""Groups at once: while one waits for its commit, the next is run."""

MOST: Final = 32
"""Writes of a group. Postgres keeps track of 64 savepoints of a transaction cheaply, and of no more."""

GROUP_SECONDS: Final = 0.05
"""A group that has worked for so long takes in no other write, as those in it wait for their answers."""

LOCK_SECONDS: Final = 0.25
"""How long a write of a group waits for a lock, while others wait for it."""


@dataclass(slots=True)
class WaitingWrite:
    """A write that somebody waits for.

    Attributes:
        verb: does it.
        last: the moment of `time.monotonic` up to which it may wait for its turn and for locks.
        outcome: what it returns or raises.
        context: that of who waits, where it is noted which version has what was written.
    """

    verb: Verb[Any]
    last: float
    outcome: "Future[Any]" = field(default_factory=Future)
    context: Context = field(default_factory=copy_context)


class _RolledBack(Exception):
    """The whole transaction of a group is undone, not only one of its writes."""


class _Group:
    """The writes of one transaction, as far as they are run.

    Attributes:
        done: those that are to be committed, with what they return.
        refused: those that were undone, with what they raised.
    """

    def __init__(self, take_out: Callable[[WaitingWrite], None]) -> None:
        """Begin with none; `take_out` runs a write elsewhere."""
        self.done: list[tuple[WaitingWrite, Any]] = []
        self.refused: list[tuple[WaitingWrite, BaseException]] = []
        self._take_out = take_out
        self._in_savepoint = False

    def __len__(self) -> int:
        """Give how many there are."""
        return len(self.done) + len(self.refused)

    def run_first(self, connection: Connection, write: WaitingWrite) -> None:
        """Run the first write, which needs no savepoint: with it there is nothing else to undo. Raises as it does."""
        self.done.append((write, write.verb(connection)))

    def run_next(self, connection: Connection, end: TransactionEnd, write: WaitingWrite) -> None:
        """Run another write.

        Raises:
            _RolledBack: it has failed, and could not be undone alone.
        """
        before = end.mark()
        try:
            with faults.translated():
                self._begin_savepoint(connection)
                self.done.append((write, write.verb(connection)))
        except BaseException as error:  # noqa: BLE001 - raised where it is waited for
            self.refused.append((write, error))
            try:
                direct.execute(connection, "ROLLBACK TO SAVEPOINT one")
            except Exception:  # noqa: BLE001 - the driver's, or SQLAlchemy's for a connection that it gave up
                raise _RolledBack from error
            end.go_back_to(before)
            if isinstance(error, faults.SerializationFailure):
                self.refused.pop()
                self._take_out(write)

    def _begin_savepoint(self, connection: Connection) -> None:
        ending = [("RELEASE SAVEPOINT one", ())] if self._in_savepoint else []
        direct.fetch_together(connection, [*ending, ("SAVEPOINT one", ())])
        self._in_savepoint = True

    def answer(self, version: str | None) -> None:
        """Tell everybody what became of his write; it is committed, and makes a version, if it makes one."""
        for write, returned in self.done:
            write.context.run(note_written, version)
            write.outcome.set_result(returned)
        for write, error in self.refused:
            write.outcome.set_exception(error)


class WriteGroups:
    """The writes that wait in this process, and the threads that take them."""

    def __init__(
        self,
        threads: int,
        begin: Callable[[float], AbstractContextManager[tuple[Connection, TransactionEnd]]],
        write_alone: Callable[[Verb[Any], float], Any],
        do_after: Callable[[TransactionEnd], None],
    ) -> None:
        """Start no thread yet.

        Args:
            threads: how many transactions may run at once.
            begin: opens a transaction which waits up to a moment for its turn and `LOCK_SECONDS` for locks, and is committed
                at the end of the block.
            write_alone: runs a write in a transaction of its own, up to a moment.
            do_after: does what a committed transaction left to be done.
        """
        together = min(THREADS, threads)
        self._together = ThreadPoolExecutor(together, thread_name_prefix="annals-write")
        self._alone = ThreadPoolExecutor(max(1, threads - together), thread_name_prefix="annals-write-alone")
        self._waiting: deque[WaitingWrite] = deque()
        self._begin = begin
        self._write_alone = write_alone
        self._do_after = do_after

    def add(self, verb: Verb[T], last: float, *, together: bool) -> "Future[T]":
        """Have a write done, `together` with others or alone; what it returns is given after COMMIT."""
        write = WaitingWrite(verb, last)
        if together:
            self._waiting.append(write)
            self._together.submit(self._run_group)
        else:
            self._alone.submit(self._run_alone, write)
        return write.outcome

    def shut_down(self) -> None:
        """Wait for the writes that were added, and end the threads."""
        self._together.shutdown()
        self._alone.shutdown()

    def _run_alone(self, write: WaitingWrite) -> None:
        if write.outcome.set_running_or_notify_cancel():
            self._retry_alone(write)

    def _retry_alone(self, write: WaitingWrite) -> None:
        try:
            done = write.context.run(self._write_alone, write.verb, write.last)
        except BaseException as error:  # noqa: BLE001 - raised where it is waited for
            write.outcome.set_exception(error)
        else:
            write.outcome.set_result(done)

    def _next(self) -> WaitingWrite | None:
        """Take the next write that somebody still waits for."""
        while self._waiting:
            try:
                write = self._waiting.popleft()
            except IndexError:
                break  # another thread was faster
            if not write.outcome.set_running_or_notify_cancel():
                continue
            if time.monotonic() >= write.last:
                write.outcome.set_exception(faults.waited_in_vain())
                continue
            return write
        return None

    def _run_group(self) -> None:
        first = self._next()
        if first is None:
            return  # an earlier group had it
        group = _Group(self._take_out)
        try:
            with self._begin(first.last) as (connection, end):
                group.run_first(connection, first)
                began = time.monotonic()
                while len(group) < MOST and time.monotonic() - began < GROUP_SECONDS:
                    write = self._next()
                    if write is None:
                        break
                    group.run_next(connection, end, write)
        except BaseException as error:  # noqa: BLE001 - raised where it is waited for
            self._undone(group, first, error)
        else:
            group.answer(end.version)
            self._do_after(end)

    def _undone(self, group: _Group, first: WaitingWrite, error: BaseException) -> None:
        """See to the writes of a transaction that failed: all that may have been for its other writes is run again."""
        writes = [write for write, _ in group.done] or [first]
        again = isinstance(error, _RolledBack | faults.SerializationFailure)
        for write in writes:
            if again:
                self._take_out(write)
            else:
                write.outcome.set_exception(error)
        for write, _ in group.refused:
            self._take_out(write)

    def _take_out(self, write: WaitingWrite) -> None:
        self._alone.submit(self._retry_alone, write)
