"""Questions that few records answer begin with these.

Databases would rather walk through a list in its order, or through all records of a kind, than begin with the few
that a filter leaves: SQLite because it counts nothing beforehand, Postgres where its statistics do not tell. That
is right for wide filters alone. So the matches of each filter that an index answers are counted first, up to `FEW`;
where one has no more, the entries of its matches stand in the statement for the table of all.
"""

from functools import lru_cache
from typing import Any, Final

from sqlalchemy import CompoundSelect, Select, bindparam, func, literal_column, select, union_all

from app.queries.condition import Clauses, Condition
from app.store import tables
from app.store.statement import Statement

FEW: Final = 4_000
"""Entries that are read and sorted in a few milliseconds, whatever is asked of them."""

entry = tables.entry.c


@lru_cache(maxsize=256)
def counts(narrowing: Clauses) -> Statement:
    """Count the matches of each condition of `PageQuestion.narrowing`, up to the parameter `most`."""
    found = []
    for condition in narrowing.conditions:
        matches = _keys(condition).limit(bindparam("most")).subquery()
        found.append(select(func.count()).select_from(matches).scalar_subquery())
    return Statement(select(*found))


@lru_cache(maxsize=512)
def over_few(statement: Statement, narrowing: Clauses) -> Statement:
    """Give a statement about entries that begins with the matches of one condition of its own."""
    keys = _keys(narrowing.conditions[0])
    [name] = keys.selected_columns.keys()
    # Every entry is of a view: the sum keeps the indexes that begin with it out of it.
    in_view = entry.view + literal_column("0") == bindparam("view")
    return statement.over(tables.entry, select(*entry).where(entry[name].in_(keys), in_view))


def _keys(condition: Condition) -> Select[Any] | CompoundSelect[Any]:
    if condition.keys is not None:
        return condition.keys()
    return union_all(*Clauses([condition]).matching(entry.record, kind=True))
