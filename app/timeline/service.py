"""Timelines: how many of the matching records fall into each day, month, year and so on, up to the millennium."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from app.database.engine.read_snapshot import ReadConnection
from app.listing.query import ListQuery, explain_conditions, explain_policy
from app.timeline.bucket_range import (
    ENOUGH_BUCKETS,
    Found,
    clipped,
    cut,
    edges_in,
    ends_of,
    finest_size,
    reach_of,
    refuse_too_many,
    within_days,
)
from app.timeline.bucket_sizes import (
    CENTURY,
    DAY,
    DECADE,
    MILLENNIUM,
    MONTH,
    YEAR,
    BucketSize,
    Days,
    length_of,
)
from app.timeline.counted_rows import DECADE_YEARS, CountedRows
from app.timeline.histograms import Row
from app.timeline.outside_counts import Outside, count_outside, count_undated
from app.timeline.question import TimelineQuestion
from app.timeline.schemas import MAX_BUCKETS, Timeline
from app.values.timespan import OPEN_END, OPEN_START

_DECADES_OF_YEARS: Final = ENOUGH_BUCKETS // DECADE_YEARS + 2
"""In so many decades there may be few enough years to be seen at once."""

_YEARS_OF_MONTHS: Final = ENOUGH_BUCKETS // 12 + 2

_DECADES_AT_MOST: Final = MAX_BUCKETS * MILLENNIUM.years // DECADE_YEARS
_YEARS_AT_MOST: Final = {DAY: MAX_BUCKETS // 365 + 2, MONTH: MAX_BUCKETS // 12 + 2}
"""How many years a timeline of shorter buckets may touch."""

_LONGEST_DAYS: Final = {DAY: MAX_BUCKETS, MONTH: MAX_BUCKETS * 30}
"""How long a date may be there, in days, to count for where the timeline begins and ends."""


class _Choice(NamedTuple):
    """The size of the buckets, and which there are; none where nothing is found to begin or to end with."""

    size: BucketSize
    found: Found | None


async def timeline(db: ReadConnection, asked: TimelineQuestion) -> Timeline:
    """Return the buckets, empty ones too (`items`), what lies `before` and `after` them, and what is `undated`.

    With a condition on time the buckets are those of its days alone, and what lies outside is counted among
    the matches of all other conditions. Without one they run from the first to the last finite bound of the
    dates whose year is given in full.

    Raises:
        BadRequest: there would be more than `MAX_BUCKETS`; a coarser size of buckets is proposed.
    """
    rows = await CountedRows.of(db, asked)
    size, found = await _choose(rows)
    items = [] if found is None else await rows.buckets(size, found.buckets)
    extents, unit = await rows.whatever_the_time()
    before = after = Outside()
    days = _days_between(asked, size, found)
    if days is not None:
        before, after = await count_outside(db, rows.others, extents, unit, days)
    return Timeline(
        bucket=size.name,
        items=items,
        before=before.to_dict(),
        after=after.to_dict(),
        undated=await count_undated(db, rows.others, extents, unit),
    )


def _days_between(asked: TimelineQuestion, size: BucketSize, found: Found | None) -> Days | None:
    """Return the days outside of which records lie before and after: those asked for, but where buckets are cut off."""
    if found is None:
        return None if asked.when is None else asked.days
    first, last = size.days_of(found.buckets)
    if asked.when is None:
        return first, last
    return (
        max(first, asked.days[0]) if found.cut_before else asked.days[0],
        min(last, asked.days[1]) if found.cut_after else asked.days[1],
    )


async def _choose(rows: CountedRows) -> _Choice:
    """Choose the size of the buckets and their range.

    Raises:
        BadRequest: there would be too many.
    """
    asked = rows.asked
    if asked.is_bounded:
        size = asked.size or finest_size(asked.days)
        found = Found(size.range_of(asked.days))
        if length_of(found.buckets) <= MAX_BUCKETS:
            return _Choice(size, found)
        if asked.size is not None:
            raise refuse_too_many(size, asked.days)
    if asked.size is None:
        return await _finest(rows)
    if asked.size.years:
        return _Choice(asked.size, await _of_years(rows, asked.size))
    return _Choice(asked.size, await _of_days(rows, asked.size))


async def _of_years(rows: CountedRows, size: BucketSize) -> Found | None:
    """Return the range of buckets of a year or longer."""
    extents = await (rows.by_year() if size is YEAR else rows.by_decade())
    found = _reach(rows.asked, size, extents, MAX_BUCKETS)
    return None if found is None else _refused_if_too_long(size, found)


async def _of_days(rows: CountedRows, size: BucketSize) -> Found | None:
    """Return the range of buckets that are shorter than a year: first in years, then exactly."""
    asked = rows.asked
    years = _reach(asked, YEAR, await rows.by_year(), _YEARS_AT_MOST[size])
    if years is None:
        return None
    whole = within_days(YEAR.days_of(years.buckets), asked.days)
    if length_of(years.buckets) > _YEARS_AT_MOST[size]:
        raise refuse_too_many(size, whole)
    exactly = await _exactly(rows, whole, _LONGEST_DAYS[size])
    if exactly is None:
        return cut(size.range_of(whole), MAX_BUCKETS, from_first=asked.begins_alone)
    return _refused_if_too_long(size, years._replace(buckets=size.range_of(exactly)))


async def _exactly(rows: CountedRows, days: Days, longest: int) -> Days | None:
    """Return the days from the first to the last finite bound, or from and to where it is asked for."""
    first, last = rows.asked.days
    begins, ends = first > OPEN_START, last < OPEN_END
    found = await rows.edges(days, longest, begins=begins, ends=ends)
    return None if found is None else (days[0] if begins else found[0], days[1] if ends else found[1])


def _refused_if_too_long(size: BucketSize, found: Found) -> Found:
    if length_of(found.buckets) > MAX_BUCKETS:
        raise refuse_too_many(size, size.days_of(found.buckets))
    return found


async def _finest(rows: CountedRows) -> _Choice:
    """Choose the finest buckets that can be seen at once, where dates say how far these reach.

    Where there would be too many millennia, the last of them are taken, or the first after a beginning that is asked for.
    """
    asked = rows.asked
    decades = _reach(asked, DECADE, await rows.by_decade(), _DECADES_AT_MOST)
    if decades is None:
        return _Choice(DECADE, None)
    if length_of(decades.buckets) <= _DECADES_OF_YEARS:
        years = _reach(asked, YEAR, await rows.by_year(), MAX_BUCKETS)
        if years is not None and length_of(years.buckets) <= ENOUGH_BUCKETS:
            return await _finest_of_years(rows, years)
    days = within_days(DECADE.days_of(decades.buckets), asked.days)
    size = finest_size(days, (DECADE, CENTURY, MILLENNIUM))
    found = cut(size.range_of(days), MAX_BUCKETS, from_first=asked.begins_alone)
    return _Choice(
        size,
        Found(
            found.buckets,
            cut_before=found.cut_before or decades.cut_before,
            cut_after=found.cut_after or decades.cut_after,
        ),
    )


def _reach(asked: TimelineQuestion, size: BucketSize, rows: Sequence[Row], most: int) -> Found | None:
    """Return the range of buckets; if days are asked for, and are too many for any buckets, dates decide among them."""
    unit = 1 if size is YEAR else DECADE_YEARS
    edges = list(edges_in((text for _, text, _ in rows), size.years // unit))
    ends = ends_of(size, asked.days)
    if asked.is_bounded:
        return reach_of(clipped(edges, ends), (None, None), most)
    return reach_of(edges, ends, most)


async def _finest_of_years(rows: CountedRows, years: Found) -> _Choice:
    if length_of(years.buckets) > _YEARS_OF_MONTHS:
        return _Choice(YEAR, years)
    whole = within_days(YEAR.days_of(years.buckets), rows.asked.days)
    days = await _exactly(rows, whole, longest=whole[1] - whole[0] + 1) or whole
    size = finest_size(days, (DAY, MONTH, YEAR))
    return _Choice(size, years if size is YEAR else years._replace(buckets=size.range_of(days)))


def explain_timeline(query: ListQuery, bucket: str, *, split: bool) -> str:
    """Describe every filter and the policy of a timeline, and what it counts."""
    types = ", and by type" if split else ""
    return (
        f"{explain_conditions(query)}; read {explain_policy(query)}, and counted by {bucket}{types}, "
        "where their dates possibly and where they certainly overlap it, and before and after all of these."
    )
