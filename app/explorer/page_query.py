"""What a page is asked in its address: parameters that are given, what they mean, and what is wrong with them."""

from collections.abc import Sequence
from typing import Any, Generic
from urllib.parse import urlencode

from app.errors import BadRequest, Fault
from app.schemas.query_model import Q, parse_query, read_query


class PageQuery(Generic[Q]):
    """A query string of a page.

    Attributes:
        pairs: what is given. A form sends its empty fields as well; these are left out.
        query: what it means; what an address without parameters means where something is wrong.
        faults: what is wrong with it.
    """

    def __init__(self, model: type[Q], raw: bytes) -> None:
        """Read a query string."""
        self.pairs: Sequence[tuple[str, str]] = ()
        self.faults: Sequence[Fault] = ()
        try:
            given = read_query(raw)
            self.pairs = [
                (name, value) for name, values in given.items() for value in values if value.strip()
            ]
            self.query = parse_query(model, urlencode(self.pairs).encode())
        except BadRequest as error:
            self.refuse(error)
            self.query = model()

    def refuse(self, error: BadRequest) -> None:
        """Note what was found to be wrong."""
        self.faults = error.faults or [Fault(error.code, error.detail, "")]

    def value(self, name: str) -> str:
        """Return the value of a parameter as it was given, empty where it was not."""
        return ",".join(value for given, value in self.pairs if given == name)

    def with_values(self, **values: Any) -> str:
        """Return the query string with other values of some parameters, of the first page; None takes one away."""
        gone = {*values, "cursor"}
        kept = [(name, value) for name, value in self.pairs if name not in gone]
        pairs = [*kept, *((name, str(value)) for name, value in values.items() if value is not None)]
        return urlencode(pairs, safe="/:,*~")
