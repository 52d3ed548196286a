"""The matches of `when` by the decades that lie wholly in its days, and the rest of them.

Whatever may be in a decade of which every day is asked for may be in the days that are asked for. So entries decide only
about dates that touch the days before the first of these decades, or after the last, and no such decade.
"""

from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from typing import Final

from sqlalchemy import bindparam

from app.database import tables
from app.filters.base import Condition
from app.listing.bound_query import BoundQuery
from app.timeline.bucket_sizes import DECADE, BucketRange
from app.timeline.question import TimelineQuestion
from app.timeline.statement_parts import touching
from app.values.time_histogram import YearRange, read_time_extent
from app.values.timespan import OPEN_END, OPEN_START

_s1: Final = tables.entry.c.s1


@lru_cache(maxsize=16_384)
def _possible(text: str) -> tuple[YearRange, ...]:
    return read_time_extent(text).possible


def may_be_in(extent: str, first: int, last: int) -> bool:
    """Return whether a date of an extent of decades may be in some of them."""
    return any(run[0] <= last and run[1] >= first for run in _possible(extent))


def rests(asked: TimelineQuestion, decades: BucketRange) -> Iterator[tuple[str, BoundQuery]]:
    """Ask, before and after some decades within the days of `when`, for the matches that touch its other days, each once.

    A date that touches these decades as well may be among them.
    """
    first, last = asked.days
    begins = DECADE.first_day(decades[0]) if decades[0] > OPEN_START else OPEN_START
    ends = DECADE.first_day(decades[1] + 1) - 1 if decades[1] < OPEN_END else OPEN_END
    if begins > first:
        yield "before whole decades", touching(asked.question, (first, begins - 1))
    if ends < last:
        rest = touching(asked.question, (ends + 1, last))
        yield "after whole decades", _begun_after(rest, begins - 1) if begins > first else rest


def _begun_after(question: BoundQuery, day: int) -> BoundQuery:
    """Leave out what touched that day or an earlier one: a set has days before some decades and after them."""
    condition = Condition(
        shape=("begun after",),
        clause=lambda: _s1 > bindparam("begun_after", type_=_s1.type),
        sentence="",
    )
    return replace(
        question,
        conditions=[*question.conditions, condition],
        parameters={**question.parameters, "begun_after": day},
    )
