"""The matches of a question whose dates may touch some days: they are consecutive in the order of dates."""

from dataclasses import replace
from typing import Final

from sqlalchemy import ColumnElement, and_, bindparam

from app.database import tables
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
