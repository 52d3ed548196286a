"""Reads from one state of a database, whichever server answers."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, suppress
from typing import Protocol, TypeVar

from app.database.engine.driver_errors import ReplicaFailed
from app.database.engine.read_snapshot import (
    MoreThanOneStatement,
    ProcessState,
    ReadConnection,
    SingleStatement,
    StatementRunner,
)

T = TypeVar("T")


class DatabaseReader(StatementRunner, Protocol):
    """What both databases offer for reading: single statements, or several in one transaction."""

    def snapshot(self) -> AbstractAsyncContextManager[StatementRunner]:
        """Open a transaction that reads one snapshot of the database throughout."""

    async def close(self) -> None:
        """Close every connection."""


def accept_any(_version: str) -> None:
    """Take any state."""


async def read_one_state(
    process: ProcessState,
    reader: DatabaseReader,
    work: Callable[[ReadConnection], Awaitable[T]],
    accept: Callable[[str], None],
    *,
    single: bool,
    must_tell: bool,
) -> T:
    """Run `work` on one snapshot.

    Args:
        process: what the process keeps for the database.
        reader: opens it.
        work: reads, and returns the result.
        accept: is called with the version of what is read, and raises where that will not do.
        single: whether to try it without a transaction first.
        must_tell: whether a single statement that does not tell its version is to be run in a transaction again.
    """
    if single:
        source = SingleStatement(reader)
        reading = ReadConnection(process, source)

        def told() -> None:
            if reading.told_version is not None:
                accept(reading.told_version)
            elif must_tell and source.asked:
                raise MoreThanOneStatement

        with suppress(MoreThanOneStatement):
            try:
                done = await work(reading)
            except (MoreThanOneStatement, ReplicaFailed):
                raise
            except Exception:
                # What is not there, say, is not there in that state.
                told()
                raise
            told()
            return done
    async with reader.snapshot() as snapshot:
        accept(await snapshot.version())
        return await work(ReadConnection(process, snapshot))
