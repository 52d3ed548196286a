"""From which bucket to which a timeline reaches, where its question does not say it.

An end that is not given is that of the dates that are found. Where that would be too far, dates that are too long for a
timeline by themselves do not count.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from app.errors import BadRequest, Fault
from app.timeline.bucket_sizes import SIZES, BucketRange, BucketSize, Days, coarser_than, length_of
from app.timeline.schemas import MAX_BUCKETS
from app.values.time_histogram import YearRange, deltas_in
from app.values.timespan import OPEN_END, OPEN_START

ENOUGH_BUCKETS: Final = 200
"""At most so many buckets are taken where none are asked for, unless these are millennia."""

Ends = tuple[int | None, int | None]
"""The first and the last bucket that are asked for; None where that end is open."""


class Edges(NamedTuple):
    """The buckets of the first and the last finite bound of a date, and whether it is open before and after them."""

    first: int
    last: int
    open_before: bool
    open_after: bool

    @property
    def run(self) -> YearRange:
        """The first and the last of them."""
        return self.first, self.last

    def within(self, run: YearRange) -> YearRange:
        """Return the buckets that the date covers when its open sides are closed by a range."""
        return (
            min(self.first, run[0]) if self.open_before else self.first,
            max(self.last, run[1]) if self.open_after else self.last,
        )


class Found(NamedTuple):
    """The buckets of a timeline, and whether more of its dates lie before the first and after the last of them.

    Only where the buckets had to be cut off; dates that are too long by themselves do not count.
    """

    buckets: BucketRange
    cut_before: bool = False
    cut_after: bool = False


def edges_in(extents: Iterable[str], length: int) -> Iterator[Edges]:
    """Yield the edges of extents that have any, in buckets `length` times as long as those they are written in."""
    for text in extents:
        found = _edges_of(text, length)
        if found is not None:
            yield found


@lru_cache(maxsize=16_384)
def _edges_of(text: str, length: int) -> Edges | None:
    turns = deltas_in(text, length)
    return None if turns.edges is None else Edges(*turns.edges, *turns.is_open)


def ends_of(size: BucketSize, days: Days) -> Ends:
    """Return the buckets at the ends of some days."""
    first, last = days
    return (
        None if first == OPEN_START else size.number_of(first),
        None if last == OPEN_END else size.number_of(last),
    )


def clipped(edges: Iterable[Edges], ends: Ends) -> Sequence[Edges]:
    """Return what lies between two ends of some dates."""
    first, last = ends
    if first is None and last is None:
        return list(edges)
    return [
        one._replace(
            first=one.first if first is None else max(one.first, first),
            last=one.last if last is None else min(one.last, last),
        )
        for one in edges
        if (first is None or one.last >= first) and (last is None or one.first <= last)
    ]


def within_days(days: Days, limits: Days) -> Days:
    """Return those of some days that are within others."""
    return max(days[0], limits[0]), min(days[1], limits[1])


def reach_of(edges: Sequence[Edges], ends: Ends, most: int = MAX_BUCKETS) -> Found | None:
    """Return the buckets between two ends; None where there is nothing to begin or to end with.

    They are more than `most` where both ends are given, or where short dates lie so far apart.
    """
    first, last = ends
    if first is not None and last is not None:
        return Found((first, last))
    within = clipped(edges, ends)
    if not within:
        return None
    found = _around((one.run for one in within), first, last)
    if length_of(found) <= most:
        return Found(found)
    closed = [one.run for one in within if not (one.open_before or one.open_after)]
    short = [run for run in closed if length_of(run) <= most]
    # An open side extends as far as the others do.
    others = _around(short, first, last) if short else found
    short += [one.run for one in within if length_of(one.within(others)) <= most]
    if short:
        return Found(_around(short, first, last))
    return cut(found, most, from_first=first is not None)


def cut(run: BucketRange, most: int, *, from_first: bool) -> Found:
    """Return the last of some buckets, or the first of them, if they are more than `most`."""
    first, last = run
    if length_of(run) <= most:
        return Found(run)
    if from_first:
        return Found((first, first + most - 1), cut_after=True)
    return Found((last - most + 1, last), cut_before=True)


def _around(runs: Iterable[YearRange], first: int | None, last: int | None) -> YearRange:
    firsts, lasts = zip(*runs, strict=True)
    return (min(firsts) if first is None else first), (max(lasts) if last is None else last)


def finest_size(days: Days, sizes: Sequence[BucketSize] = SIZES) -> BucketSize:
    """Return the finest of some sizes by which days have few enough buckets to be seen at once, else the last."""
    fitting = (size for size in sizes if length_of(size.range_of(days)) <= ENOUGH_BUCKETS)
    return next(fitting, sizes[-1])


def refuse_too_many(size: BucketSize, days: Days) -> BadRequest:
    """Make the error for days of which there would be too many buckets; a coarser size is proposed, if one fits."""
    fitting = [other.name for other in coarser_than(size) if length_of(other.range_of(days)) <= MAX_BUCKETS]
    narrower = "ask about a shorter time with `when`"
    advice = f"ask for bucket={fitting[0]}, or {narrower}" if fitting else narrower
    return BadRequest(
        "The timeline would be too long.",
        code="too_many_buckets",
        faults=[
            Fault(
                "too_many_buckets",
                f"From the first to the last there are {length_of(size.range_of(days)):,} buckets, more than "
                f"{MAX_BUCKETS:,}; {advice}.",
                parameter="bucket",
                suggestion=fitting[0] if fitting else None,
            )
        ],
    )
