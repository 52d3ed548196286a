"""Timelines: how many of the matching records fall into each year, decade or century."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, NamedTuple

from app.database.engine.read_snapshot import ReadConnection
from app.errors import BadRequest, Fault
from app.filters.base import Condition
from app.listing.bound_query import BoundQuery, choose_driver
from app.listing.count_sql import CountStatements, Split
from app.listing.query import ListQuery, explain_conditions, explain_policy
from app.timeline.outside_counts import Outside, count_outside, count_undated
from app.timeline.schemas import MAX_BUCKETS, Bucket, BucketName, BucketTypeCounts, Timeline
from app.values.calendar import days_from_gregorian, gregorian_from_days
from app.values.time_histogram import TimeHistogram, YearRange, bucket_days, bucket_name, deltas_in
from app.values.timespan import OPEN_END, OPEN_START, TemporalRelation

LENGTHS: Final[dict[BucketName, int]] = {"year": 1, "decade": 10, "century": 100}
"""The length of each sort of bucket in years."""

_DECADE: Final = 10

Row = tuple[str, str, int]
"""A type, where types are asked for, an extent of years or decades, and how many records have both."""

Days = tuple[int, int]
"""The first and the last day of a range; `OPEN_START` and `OPEN_END` where it is open."""


@dataclass(frozen=True, slots=True)
class TimelineQuestion:
    """A list query, and the buckets to count it in."""

    question: BoundQuery
    bucket: BucketName
    split: bool = False

    @property
    def length(self) -> int:
        """How many years a bucket has."""
        return LENGTHS[self.bucket]

    @property
    def when(self) -> Condition | None:
        """The condition on time that says which buckets are wanted, if there is one."""
        return next((one for one in self.question.conditions if one.shape[0] == "when"), None)

    @property
    def days(self) -> Days:
        """The days of `when`; all days where it is not given."""
        when = self.when
        if when is None:
            return OPEN_START, OPEN_END
        return when.parameters["when_a"], when.parameters["when_b"]

    def bucket_of(self, day: int) -> int | None:
        """Return the bucket that a day lies in; None for an open end."""
        if day in (OPEN_START, OPEN_END):
            return None
        return gregorian_from_days(day)[0] // self.length

    def days_of(self, buckets: YearRange) -> Days:
        """Return the first and the last day of some consecutive buckets."""
        first, last = buckets
        return (
            days_from_gregorian(first * self.length, 1, 1),
            days_from_gregorian((last + 1) * self.length, 1, 1) - 1,
        )

    @property
    def is_of_whole_buckets(self) -> bool:
        """Whether all that overlaps a bucket of the range matches the condition on time, so that it excludes nothing."""
        when = self.when
        if when is None:
            return True
        first, last = map(self.bucket_of, self.days)
        whole = (
            OPEN_START if first is None else self.days_of((first, first))[0],
            OPEN_END if last is None else self.days_of((last, last))[1],
        )
        return when.shape[1:] == (TemporalRelation.OVERLAPS.value, "possible") and whole == self.days


async def timeline(db: ReadConnection, asked: TimelineQuestion) -> Timeline:
    """Return the buckets, empty ones too (`items`), what lies `before` and `after` them, and what is `undated`.

    With a condition on time the buckets are those of its days alone, and what lies outside is counted among
    the matches of all other conditions. Without one they run from the first to the last finite bound of the
    dates whose year is given in full.

    Raises:
        BadRequest: there would be more than `MAX_BUCKETS`; a coarser sort of bucket is proposed.
    """
    others = await _without(db, asked)
    together = Split.TOGETHER if asked.split else Split.DECADES
    extents: Sequence[Row] | None = None
    unit = _DECADE
    if asked.bucket == "year":
        rows = await _rows(db, CountStatements(asked.question).by_years(split=asked.split))
        if asked.when is None:
            extents, unit = rows, 1
    elif asked.is_of_whole_buckets:
        rows = extents = await _rows(db, CountStatements(others).by_cell(together))
    else:
        rows = await _rows(db, CountStatements(asked.question).by_cell(together))
    if extents is None:
        extents = await _rows(db, CountStatements(others).by_cell(Split.DECADES))
    # Thousands of buckets take milliseconds, which would block the event loop.
    buckets, items = await db.in_thread(lambda: _items(asked, rows, 1 if asked.bucket == "year" else _DECADE))
    counted = [(text, n) for _, text, n in extents]
    before = after = Outside()
    days = asked.days if asked.when is not None else None if buckets is None else asked.days_of(buckets)
    if days is not None:
        before, after = await count_outside(db, others, counted, unit, days)
    return Timeline(
        items=items,
        before=before.to_dict(),
        after=after.to_dict(),
        undated=count_undated(counted, unit),
    )


async def _without(db: ReadConnection, asked: TimelineQuestion) -> BoundQuery:
    """Return the query without its condition on time."""
    if asked.when is None:
        return asked.question
    others = [one for one in asked.question.conditions if one is not asked.when]
    return await choose_driver(db, replace(asked.question, conditions=others, driver=None))


async def _rows(db: ReadConnection, counted: Any) -> list[Row]:
    return [(kind, text, int(n)) for kind, text, n in await db.fetch_slow(*counted)]


def _items(asked: TimelineQuestion, rows: Sequence[Row], unit: int) -> tuple[YearRange | None, list[Bucket]]:
    """Return the first and the last bucket, and the counts of all of them; `unit` is how many years extents count in."""
    whole = TimeHistogram()
    by_type: dict[str, TimeHistogram] = {}
    edges: list[_Edges] = []
    for kind, text, n in rows:
        if text and n:
            turns = deltas_in(text, asked.length // unit)
            whole.add(turns, n)
            if asked.split:
                by_type.setdefault(kind, TimeHistogram()).add(turns, n)
            if turns.edges is not None:
                edges.append(_Edges(*turns.edges, *turns.is_open))
    reach = _bucket_range(asked, edges)
    if reach is None:
        return None, []
    parts = {name: _counts(part, reach) for name, part in sorted(by_type.items())}
    items = []
    for number, (certain, possible) in _counts(whole, reach).items():
        start, end = bucket_days(number, asked.length)
        item = Bucket(
            bucket=bucket_name(number, asked.length),
            start=start,
            end=end,
            certain=certain,
            possible=possible,
        )
        if asked.split:
            item["types"] = list(_split(parts, number))
        items.append(item)
    return reach, items


class _Edges(NamedTuple):
    """The buckets of the first and the last finite bound of a date, and whether it is open before and after them."""

    first: int
    last: int
    open_before: bool
    open_after: bool

    @property
    def run(self) -> YearRange:
        return self.first, self.last

    def within(self, run: YearRange) -> YearRange:
        """Return the buckets that the date covers when its open sides are closed by a range."""
        return (
            min(self.first, run[0]) if self.open_before else self.first,
            max(self.last, run[1]) if self.open_after else self.last,
        )


def _bucket_range(asked: TimelineQuestion, edges: Sequence[_Edges]) -> YearRange | None:
    """Return the first and the last bucket; None where there is nothing to begin or to end with.

    An end that is not given is that of the dates. Where that would be too far, dates that are too long
    for a timeline by themselves do not count; if there are no others, the last of the buckets are returned,
    or the first after a beginning that is asked for.
    """
    first, last = map(asked.bucket_of, asked.days)
    if first is not None and last is not None:
        return _of_bearable_length(asked, first, last)
    within = [
        one._replace(
            first=one.first if first is None else max(one.first, first),
            last=one.last if last is None else min(one.last, last),
        )
        for one in edges
        if (first is None or one.last >= first) and (last is None or one.first <= last)
    ]
    if not within:
        return None
    found = _around((one.run for one in within), first, last)
    if _size(found) <= MAX_BUCKETS:
        return found
    closed = [one.run for one in within if not (one.open_before or one.open_after)]
    short = [run for run in closed if _size(run) <= MAX_BUCKETS]
    # An open side extends as far as the others do.
    others = _around(short, first, last) if short else found
    short += [one.run for one in within if _size(one.within(others)) <= MAX_BUCKETS]
    if short:
        return _of_bearable_length(asked, *_around(short, first, last))
    if first is not None:
        return first, first + MAX_BUCKETS - 1
    return found[1] - MAX_BUCKETS + 1, found[1]


def _around(runs: Iterable[YearRange], first: int | None, last: int | None) -> YearRange:
    firsts, lasts = zip(*runs, strict=True)
    return (min(firsts) if first is None else first), (max(lasts) if last is None else last)


def _size(run: YearRange) -> int:
    return run[1] - run[0] + 1


def _of_bearable_length(asked: TimelineQuestion, first: int, last: int) -> YearRange:
    if last - first >= MAX_BUCKETS:
        raise _too_many(asked, first, last)
    return first, last


def _counts(buckets: TimeHistogram, reach: YearRange) -> dict[int, tuple[int, int]]:
    """Return (certain, possible) of each bucket from the first to the last."""
    buckets.first, buckets.last = reach
    return {
        number: (certain, possible)
        for first, last, certain, possible in buckets.stretches()
        for number in range(first, last + 1)
    }


def _split(parts: dict[str, dict[int, tuple[int, int]]], number: int) -> Iterable[BucketTypeCounts]:
    for name, counts in parts.items():
        certain, possible = counts[number]
        if possible:
            counted = BucketTypeCounts(certain=certain, possible=possible)
            yield BucketTypeCounts(type=name, **counted) if name else counted


def _too_many(asked: TimelineQuestion, first: int, last: int) -> BadRequest:
    years = (first * asked.length, (last + 1) * asked.length - 1)
    fitting = [
        name
        for name, length in LENGTHS.items()
        if length > asked.length and years[1] // length - years[0] // length < MAX_BUCKETS
    ]
    narrower = "ask about a shorter time with `when`"
    advice = f"ask for bucket={fitting[0]}, or {narrower}" if fitting else narrower
    return BadRequest(
        "The timeline would be too long.",
        code="too_many_buckets",
        faults=[
            Fault(
                "too_many_buckets",
                f"From the first to the last there are {last - first + 1:,} buckets, more than {MAX_BUCKETS:,}; {advice}.",
                parameter="bucket",
                suggestion=fitting[0] if fitting else None,
            )
        ],
    )


def explain_timeline(query: ListQuery, bucket: str, *, split: bool) -> str:
    """Describe every filter and the policy of a timeline, and what it counts."""
    types = ", and by type" if split else ""
    return (
        f"{explain_conditions(query)}; read {explain_policy(query)}, and counted by {bucket}{types}, "
        "where their dates possibly and where they certainly overlap it, and before and after all of these."
    )
