"""What statements of timelines share: the matches of a question whose dates may touch some days, and members of sets.

The matches are consecutive in the order of dates.
"""

from dataclasses import replace
from typing import Any, Final

from sqlalchemy import BigInteger, ColumnElement, and_, bindparam, literal_column

from app.database import tables
from app.database.engine.statement import OrderedJoin
from app.filters.base import Condition, StartRange
from app.listing.bound_query import BoundQuery
from app.timeline.bucket_sizes import Days

_entry = tables.entry.c

FIRST_DAY: Final[ColumnElement[int]] = bindparam("first_day", type_=_entry.s1.type)
"""The first of the days, in statements about what `touching` returns."""

LAST_DAY: Final[ColumnElement[int]] = bindparam("last_day", type_=_entry.s1.type)
"""The last of them."""


def touching(question: BoundQuery, days: Days) -> BoundQuery:
    """Ask for the matches whose outermost bounds touch some days; of a set, all of its members may lie elsewhere."""
    first, last = days
    condition = Condition(
        shape=("touching",),
        clause=lambda: and_(_entry.s1 <= LAST_DAY, _entry.e2 >= FIRST_DAY),
        sentence="",
        window=StartRange(first, last),
    )
    return replace(
        question,
        conditions=[*question.conditions, condition],
        parameters={**question.parameters, "first_day": first, "last_day": last},
        cursor=None,
    )


def with_members(found: Any) -> OrderedJoin:
    """Join what was found, which has the keys of records as `record`, with the members of their sets."""
    member = tables.member.c
    same = and_(member.view == bindparam("view"), member.record == found.c.record)
    return OrderedJoin(found, tables.member, same)


def number(value: int) -> ColumnElement[Any]:
    """Write a number into a statement, so that it is planned for this one."""
    return literal_column(str(value), BigInteger())
