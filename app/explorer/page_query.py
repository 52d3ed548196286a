"""What a page is asked in its address: parameters that are given, what they mean, and what is wrong with them."""

from collections.abc import Awaitable, Callable, Sequence
from functools import lru_cache
from typing import Any, Generic, TypeVar
from urllib.parse import urlencode

from app.database.engine.database import Database
from app.database.engine.read_snapshot import ReadConnection
from app.errors import BadRequest, Fault
from app.schemas.query_model import InvalidQuery, Q, parse_query, read_query

T = TypeVar("T")

Pairs = Sequence[tuple[str, str]]
"""Parameters of a query string with their values, in order."""


class PageQuery(Generic[Q]):
    """A query string of a page.

    Attributes:
        pairs: what is given. A form sends its empty fields as well; these are left out.
        query: what it means; where something is wrong, what `_instead` makes of it.
        faults: what is wrong with it.
    """

    def __init__(self, model: type[Q], raw: bytes) -> None:
        """Read a query string."""
        self.pairs: Pairs = ()
        self.faults: Sequence[Fault] = ()
        self._invalid: InvalidQuery | None = None
        try:
            given = read_query(raw)
            self.pairs = [
                (name, value) for name, values in given.items() for value in values if value.strip()
            ]
            self.query = parse_query(model, self.string().encode())
        except BadRequest as error:
            self._invalid = error if isinstance(error, InvalidQuery) else None
            self._refuse(error)
            self.query = self._instead(model)

    def _instead(self, model: type[Q]) -> Q:
        """Return what is answered where something is wrong: what an address without parameters asks."""
        return model()

    async def answer(self, db: Database, find: Callable[[ReadConnection], Awaitable[T]]) -> T | None:
        """Return what is found; None where something is wrong, all of which is told then, the database asked as well."""
        if self._invalid is not None:
            self._refuse(await db.answer(self._invalid.looked_up))
        if self.faults:
            return None
        try:
            return await db.answer(find)
        except BadRequest as error:
            self._refuse(error)
            return None

    def _refuse(self, error: BadRequest) -> None:
        """Note what was found to be wrong."""
        self.faults = error.faults or [Fault(error.code, error.detail, "")]

    def values(self, name: str) -> Sequence[str]:
        """Return the values of a parameter, as they were given."""
        return [value for given, value in self.pairs if given == name]

    def value(self, name: str) -> str:
        """Return the value of a parameter as it was given, empty where it was not."""
        return ",".join(self.values(name))

    def string(self, pairs: Pairs | None = None) -> str:
        """Write pairs, or what is given, as a query string, readable where the standard lets it be."""
        return "&".join([_encoded(one) for one in (self.pairs if pairs is None else pairs)])

    def with_values(self, **values: Any) -> str:
        """Return the query string with other values of some parameters, of the first page; None takes one away."""
        gone = {*values, "cursor"}
        kept = [(name, value) for name, value in self.pairs if name not in gone]
        return self.string(
            [*kept, *((name, str(value)) for name, value in values.items() if value is not None)]
        )


@lru_cache(maxsize=4096)
def _encoded(pair: tuple[str, str]) -> str:
    """Write one parameter; each is written again in every link of a page."""
    return urlencode([pair], safe="/:,*~")
