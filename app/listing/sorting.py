"""Sorting: total orders for keyset pagination, and their keys."""

from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import ColumnElement, and_, bindparam, or_, tuple_

from app.database import tables
from app.listing.document_sql import Order

entry = tables.entry.c
SortName = Literal["date", "-date", "title", "-title", "updated", "-updated", "relevance"]


def tie_break(*, one_kind: bool) -> ColumnElement[str]:
    """Return the columns that decide between records that are equal in a sort's columns.

    An id is unique in its kind; where all kinds are listed the kind follows it, after a space, which sorts
    before every character of an id.
    """
    return entry.id if one_kind else entry.id.concat(" ").concat(entry.kind)


@dataclass(frozen=True, slots=True)
class Sort:
    """An order by some columns, then by id; `descending` reverses the columns, never the id.

    `dated`: by date; records whose year is not known come after all that are dated either way, and last the
    undated.
    """

    name: SortName
    columns: tuple[ColumnElement[Any], ...]
    descending: bool
    sentence: str
    dated: bool = False

    @property
    def keys(self) -> tuple[str, ...]:
        """The names of the parameters that hold a cursor's key."""
        return tuple(f"after_{column.key}" for column in (*self.columns, entry.id))

    def order(self, *, backward: bool) -> Order:
        """Return the order of a scan; a backward scan reverses everything."""
        falling = self.descending != backward
        return Order((*((str(column.key), falling) for column in self.columns), ("id", backward)))

    def beyond(self, *, backward: bool, one_kind: bool) -> ColumnElement[bool]:
        """Return the condition for rows beyond the cursor in the direction of the scan."""
        falling = self.descending != backward
        tie = tie_break(one_kind=one_kind)
        marks = [
            bindparam(name, type_=column.type)
            for name, column in zip(self.keys, (*self.columns, entry.id), strict=True)
        ]
        if falling == backward:
            here, there = tuple_(*self.columns, tie), tuple_(*marks)
            return here < there if backward else here > there
        first = self.columns[0]
        here, there = tuple_(*self.columns), tuple_(*marks[:-1])
        on_tie = tie < marks[-1] if backward else tie > marks[-1]
        return and_(
            first <= marks[0] if falling else first >= marks[0],
            or_(here < there if falling else here > there, and_(here == there, on_tie)),
        )


SORTS: dict[str, Sort] = {
    "date": Sort("date", (entry.s1, entry.e2), descending=False, sentence="by date", dated=True),
    "-date": Sort(
        "-date", (entry.s1, entry.e2), descending=True, sentence="by date, the latest first", dated=True
    ),
    "title": Sort("title", (entry.title_key,), descending=False, sentence="by title"),
    "-title": Sort("-title", (entry.title_key,), descending=True, sentence="by title, from the end"),
    "updated": Sort(
        "updated", (entry.updated_at,), descending=False, sentence="by last change, the oldest first"
    ),
    "-updated": Sort(
        "-updated", (entry.updated_at,), descending=True, sentence="by last change, the newest first"
    ),
    "relevance": Sort("relevance", (), descending=False, sentence="by relevance"),
}
"""Every sort. Relevance is read from the text index, as `app.listing.relevance.ranking` says."""
