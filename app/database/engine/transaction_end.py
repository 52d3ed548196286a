"""What is left to the end of a writing transaction: done once for all that the transaction writes, right before COMMIT.

Whatever every writer locks (the database's version) is locked as late as can be, and however many writes are committed
together, it is one statement. `app.database.engine.writer` begins a `TransactionEnd` with each transaction and completes it.
"""

from collections.abc import Callable
from typing import Any, Final, NamedTuple, TypeVar

from sqlalchemy import Connection

T = TypeVar("T")
_KEY: Final = "annals.transaction_end"


class _Noted(NamedTuple):
    complete: Callable[[Connection, list[Any]], None]
    item: Any


class TransactionEnd:
    """What one transaction has still to do.

    Attributes:
        afterwards: what is to be done once it is committed, in transactions of their own.
        version: that which the database has once it is committed; None where that is what it was.
    """

    def __init__(self) -> None:
        """Begin with nothing."""
        self._noted: list[_Noted] = []
        self.afterwards: list[Callable[[Connection], None]] = []
        self.version: str | None = None

    def mark(self) -> tuple[int, int]:
        """Return how much is noted, for `go_back_to`."""
        return len(self._noted), len(self.afterwards)

    def go_back_to(self, mark: tuple[int, int]) -> None:
        """Forget what was noted since: what noted it is undone."""
        noted, afterwards = mark
        del self._noted[noted:]
        del self.afterwards[afterwards:]

    def note(self, complete: Callable[[Connection, list[Any]], None], item: Any) -> None:
        """Note an item for a function, which is called with all of its items."""
        self._noted.append(_Noted(complete, item))

    def complete(self, connection: Connection) -> None:
        """Do what was noted; raises as the functions that were noted do."""
        items: dict[Callable[[Connection, list[Any]], None], list[Any]] = {}
        for one in self._noted:
            items.setdefault(one.complete, []).append(one.item)
        for complete, of in items.items():
            complete(connection, of)


def begin(connection: Connection) -> TransactionEnd:
    """Begin a transaction's end, with nothing to do yet."""
    end: TransactionEnd = TransactionEnd()
    connection.info[_KEY] = end
    return end


def at_end(connection: Connection, complete: Callable[[Connection, list[T]], None], item: T) -> None:
    """Have a function called right before COMMIT, with all items that were noted for it, in their order."""
    _of(connection).note(complete, item)


def after_commit(connection: Connection, work: Callable[[Connection], None]) -> None:
    """Have work done once the transaction is committed, in one of its own; its failure is logged, and told nobody."""
    _of(connection).afterwards.append(work)


def note_version(connection: Connection, version: str) -> None:
    """Note the version of the database that the transaction makes."""
    _of(connection).version = version


def _of(connection: Connection) -> TransactionEnd:
    end: TransactionEnd = connection.info[_KEY]
    return end
