"""What a reading request is answered from: one state of the database, with the version of that state.

An answer is kept, and its entity tag made, by the version of the state that it was read from. So whatever takes
more than one statement is asked in one transaction on one connection; a single statement is of one state by
itself, and brings its version along.
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

from sqlalchemy import Engine

from app.database.engine.statement import CompiledStatement

T = TypeVar("T")


Rows = Sequence[tuple[Any, ...]]


Parameters = Mapping[str, Any]


def number_of(version: str) -> int:
    """Give the number in a version, `NUMBER-TOKEN`: it grows with every write of one history.

    The token is new with each write, and tells states apart that share a number: a server that takes over
    without the last writes counts on from an earlier number.
    """
    return int(version.partition("-")[0])


class StatementRunner(Protocol):
    """What answers the statements of a reading."""

    async def fetch(self, statement: CompiledStatement, parameters: Parameters) -> Rows:
        """Ask a short question."""

    async def fetch_slow(self, statement: CompiledStatement, parameters: Parameters) -> Rows:
        """Ask a question that may take more than a millisecond."""

    async def fetch_paced(
        self, statement: CompiledStatement, parameters: Parameters, asked: Hashable
    ) -> Rows:
        """Ask a question that is short for most parameters, and long for some; `asked` tells them apart."""

    async def version(self) -> str:
        """Give the version of what is read."""


class ProcessState(Protocol):
    """What a process knows of a database beside its state."""

    dialect: str
    engine: Engine
    cursor_secret: bytes | None
    seen_terms: set[tuple[str, str]]

    async def in_thread(self, work: Callable[[], T]) -> T:
        """Run blocking `work` in a thread."""


class ReadConnection:
    """One state of the database."""

    def __init__(self, database: ProcessState, source: StatementRunner) -> None:
        """Read from `source`; `database` has what a process remembers of it."""
        self.database = database
        self.fetch = source.fetch
        self.fetch_slow = source.fetch_slow
        self.fetch_paced = source.fetch_paced
        self.version = source.version

    @property
    def dialect(self) -> str:
        """The sort of database: `sqlite` or `postgresql`."""
        return self.database.dialect

    @property
    def engine(self) -> Engine:
        """What the database is known by in this process."""
        return self.database.engine

    async def in_thread(self, work: Callable[[], T]) -> T:
        """Run blocking `work` in a thread."""
        return await self.database.in_thread(work)


class MoreThanOneStatement(Exception):
    """A reading that was to ask a single statement asks another: it is begun again in a transaction."""


class SingleStatement:
    """Answers one statement, with no transaction around it, and refuses any other."""

    def __init__(self, source: StatementRunner) -> None:
        """Ask `source`, which takes each statement by itself."""
        self._source = source
        self._asked = False

    def _once(self) -> None:
        if self._asked:
            raise MoreThanOneStatement
        self._asked = True

    async def fetch(self, statement: CompiledStatement, parameters: Parameters) -> Rows:
        """Ask a short question."""
        self._once()
        return await self._source.fetch(statement, parameters)

    async def fetch_slow(self, statement: CompiledStatement, parameters: Parameters) -> Rows:
        """Ask a question that may take more than a millisecond."""
        self._once()
        return await self._source.fetch_slow(statement, parameters)

    async def fetch_paced(
        self, statement: CompiledStatement, parameters: Parameters, asked: Hashable
    ) -> Rows:
        """Ask a question that is short for most parameters, and long for some; `asked` tells them apart."""
        self._once()
        return await self._source.fetch_paced(statement, parameters, asked)

    async def version(self) -> str:
        """Refuse: the version would be that of another moment."""
        raise MoreThanOneStatement
