"""Counts of what lies outside of a range of time, and of what is undated, among the records that match a query.

Before it lies what is in the relation `before` to it (`app.values.timespan`), after it what is in `after`.
Most of that is summed from extents of years or decades (`app.values.time_histogram`), of which there are
few; entries are read only where extents do not decide: in the decade in which the range begins or ends,
where it is not the whole decade, and where a date that is never certain extends over the edge.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import NamedTuple

from sqlalchemy import literal_column

from app.database import tables
from app.database.engine.read_snapshot import ReadConnection
from app.database.tables.columns import YEAR_UNKNOWN
from app.filters.base import Condition
from app.listing.bound_query import BoundQuery
from app.listing.count_sql import CountStatements
from app.timeline.outside_sql import Boundary
from app.timeline.schemas import OutsideCounts
from app.values.calendar import days_from_gregorian, gregorian_from_days
from app.values.time_histogram import read_time_extent
from app.values.timespan import OPEN_END, OPEN_START

Extents = Sequence[tuple[str, int]]
"""Extents as they are stored, and how many records have each."""


@dataclass(slots=True)
class Outside:
    """How many records may and must lie on one side of a range of time."""

    certain: int = 0
    possible: int = 0

    def to_dict(self) -> OutsideCounts:
        """Return it as the API shows it."""
        return OutsideCounts(certain=self.certain, possible=self.possible)


class _Hull(NamedTuple):
    """The outermost bounds of a date in years or decades, and the inner ones of one that can be certain."""

    first: int
    last: int
    inner: tuple[int, int] | None


@lru_cache(maxsize=16_384)
def _hull(text: str) -> _Hull:
    reach = read_time_extent(text)
    inner = (
        (min(run[0] for run in reach.certain), max(run[1] for run in reach.certain))
        if reach.certain
        else None
    )
    return _Hull(reach.possible[0][0], reach.possible[-1][1], inner)


@lru_cache(maxsize=16_384)
def _mirrored(text: str) -> _Hull:
    """Return the bounds with time reversed, so that what lies after lies before."""
    first, last, inner = _hull(text)
    return _Hull(-last, -first, None if inner is None else (-inner[1], -inner[0]))


async def count_outside(
    db: ReadConnection, question: BoundQuery, extents: Extents, length: int, days: tuple[int, int]
) -> tuple[Outside, Outside]:
    """Count the matches before and after a range of days, of which either end may be open.

    `extents` are those of all matches, in years (`length` 1) or decades (10).
    """
    first, last = days
    before = after = Outside()
    if first > OPEN_START:
        unit = gregorian_from_days(first)[0] // length
        edge = Boundary(first, days_from_gregorian(unit * length, 1, 1), before=True)
        before = await _side(db, question, _hulls(extents, _hull), unit, edge)
    if last < OPEN_END:
        unit = gregorian_from_days(last)[0] // length
        edge = Boundary(last, days_from_gregorian((unit + 1) * length, 1, 1) - 1, before=False)
        after = await _side(db, question, _hulls(extents, _mirrored), -unit, edge)
    return before, after


def _hulls(extents: Extents, read: Callable[[str], _Hull]) -> Iterator[tuple[_Hull, int]]:
    return ((read(text), n) for text, n in extents if text)


async def _side(
    db: ReadConnection, question: BoundQuery, hulls: Iterable[tuple[_Hull, int]], unit: int, edge: Boundary
) -> Outside:
    """Count what lies before a unit of time; for what lies after, time is reversed."""
    found, reaching = Outside(), 0
    looks_around, has_open_sets = edge.day != edge.farthest, False
    for hull, n in hulls:
        if hull.last < unit:
            found.possible += n
            if hull.inner is not None:
                found.certain += n
            elif abs(hull.first) >= OPEN_END:
                has_open_sets = True
        elif hull.first < unit:
            if hull.inner is None:
                looks_around = True
            elif hull.inner[1] < unit:
                reaching += n
    if looks_around:
        for certain, possible in await db.fetch_slow(*edge.around(question)):
            found.certain += int(certain)
            found.possible += int(possible)
    else:
        found.possible += reaching
    if has_open_sets:
        [(sets,)] = await db.fetch_slow(*edge.open_sets(question))
        found.certain += int(sets)
    return found


async def count_undated(db: ReadConnection, question: BoundQuery, extents: Extents, length: int) -> int:
    """Count the undated matches, and those of an unknown year (`XXXX-01-03`); `extents` are those of all matches."""
    undated = sum(n for text, n in extents if not text)
    if not any(_may_be_of_any_year(text, length) for text, _ in extents if text):
        return undated
    condition = Condition(
        shape=("year unknown",),
        clause=lambda: tables.entry.c.span_class == literal_column(str(YEAR_UNKNOWN)),
        sentence="",
    )
    unknown = replace(question, conditions=[*question.conditions, condition])
    [(number,)] = await db.fetch_slow(*CountStatements(unknown).total())
    return undated + int(number)


@lru_cache(maxsize=16_384)
def _may_be_of_any_year(text: str, length: int) -> bool:
    """Return, from its extent, whether perhaps no digit of any year in a date is known.

    Other dates have such extents as well, as `0XXX?/9XXX?` has: a qualified one has no inner bounds.
    """
    if read_time_extent(text).edges is not None:
        return False
    first, last, inner = _hull(text)
    begun, lasted = inner if inner is not None else (None, None)
    return _is_any_year(first, begun, length, OPEN_START) and _is_any_year(lasted, last, length, OPEN_END)


def _is_any_year(earliest: int | None, latest: int | None, length: int, beyond: int) -> bool:
    """Return whether an end that lies between two years (or decades) may lie in any year of four digits, or is open."""
    if beyond in (earliest, latest):
        return True
    # Leap days, winters and the Julian calendar shift the first and the last year a little.
    return any(
        all(
            end is None or low // length <= end <= high // length
            for end, (low, high) in ((earliest, lows), (latest, highs))
        )
        for lows, highs in (((-1, 0), (9_996, 10_000)), ((-10_000, -9_996), (-4, 0)))
    )
