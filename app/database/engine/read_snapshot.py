"""Reads of one request from one snapshot of the database, with the version of that snapshot.

A response is cached, and its entity tag made, under the version of the snapshot it was read from. So
several statements run in one transaction on one connection; a single statement is consistent by itself, and
returns its version along.
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

from sqlalchemy import Engine

from app.database.engine.statement import CompiledStatement

T = TypeVar("T")
Rows = Sequence[tuple[Any, ...]]
Parameters = Mapping[str, Any]


class StatementRunner(Protocol):
    """Runs the statements of a read."""

    async def fetch(self, statement: CompiledStatement, parameters: Parameters) -> Rows:
        """Run a short query."""

    async def fetch_slow(self, statement: CompiledStatement, parameters: Parameters) -> Rows:
        """Run a query that may take more than a millisecond."""

    async def fetch_adaptive(
        self, statement: CompiledStatement, parameters: Parameters, asked: Hashable
    ) -> Rows:
        """Run a query that is short for most parameters, and long for some; `asked` identifies the parameters."""

    async def version(self) -> str:
        """Return the version of what is read."""


class ProcessState(Protocol):
    """What a process keeps for a database, besides its data."""

    dialect: str
    engine: Engine
    cursor_secret: bytes | None
    seen_terms: set[tuple[str, str]]

    async def in_thread(self, work: Callable[[], T]) -> T:
        """Run blocking `work` in a thread."""


class ReadConnection:
    """Reads from one snapshot of the database.

    Attributes:
        database: what the process keeps for it.
        told_version: the version that a statement has given along with its rows; see `note_version`.
    """

    def __init__(self, database: ProcessState, source: StatementRunner) -> None:
        """Read from `source`; `database` has what the process keeps."""
        self.database = database
        self.told_version: str | None = None
        self.fetch = source.fetch
        self.fetch_slow = source.fetch_slow
        self.fetch_adaptive = source.fetch_adaptive
        self.version = source.version

    def note_version(self, version: str) -> None:
        """Record the version that a statement gave along with its rows; a single statement tells none otherwise."""
        self.told_version = version

    @property
    def dialect(self) -> str:
        """The dialect: `sqlite` or `postgresql`."""
        return self.database.dialect

    @property
    def engine(self) -> Engine:
        """What identifies the database in this process."""
        return self.database.engine

    async def in_thread(self, work: Callable[[], T]) -> T:
        """Run blocking `work` in a thread."""
        return await self.database.in_thread(work)


class MoreThanOneStatement(Exception):
    """A read that was expected to run a single statement runs another: it begins anew in a transaction."""


class SingleStatement:
    """Runs one statement, without a transaction, and refuses any other; `asked` says whether it has run."""

    def __init__(self, source: StatementRunner) -> None:
        """Run it on `source`."""
        self._source = source
        self.asked = False

    def _once(self) -> None:
        if self.asked:
            raise MoreThanOneStatement
        self.asked = True

    async def fetch(self, statement: CompiledStatement, parameters: Parameters) -> Rows:
        """Run a short query."""
        self._once()
        return await self._source.fetch(statement, parameters)

    async def fetch_slow(self, statement: CompiledStatement, parameters: Parameters) -> Rows:
        """Run a query that may take more than a millisecond."""
        self._once()
        return await self._source.fetch_slow(statement, parameters)

    async def fetch_adaptive(
        self, statement: CompiledStatement, parameters: Parameters, asked: Hashable
    ) -> Rows:
        """Run a query that is short for most parameters, and long for some; `asked` identifies the parameters."""
        self._once()
        return await self._source.fetch_adaptive(statement, parameters, asked)

    async def version(self) -> str:
        """Refuse: the version would be that of another moment."""
        raise MoreThanOneStatement
