"""Time histograms: from counts of time extents to counts of buckets, by prefix sums."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import blake2b
from typing import NamedTuple, Self

from app.values.calendar import gregorian_from_days
from app.values.edtf.value import EdtfValue
from app.values.timespan import OPEN_END, OPEN_START, Bounds, SetKind

CountDelta = tuple[int, int]
"""A bucket, and by how much each record of an extent changes the count from there on: 1 or -1."""

YearRange = tuple[int, int]
"""The first and the last year (or decade, or century); `OPEN_START` and `OPEN_END` where there is none."""

DECADE, CENTURY = 10, 100
"""Lengths of buckets in years, besides 1."""

NEVER_CERTAIN = "||"
"""What a serialized extent has in it where no bucket is certain."""

Years = tuple[int, int, int, int]
"""The bounds of a date as years: `OPEN_START` and `OPEN_END` where they are open."""


class CountDeltas(NamedTuple):
    """The changes that a record of one extent makes to the counts, and the buckets that timelines show for it.

    `is_open` says whether the extent has no end before the first of these, and after the last.
    """

    possible: tuple[CountDelta, ...]
    certain: tuple[CountDelta, ...]
    edges: YearRange | None
    is_open: tuple[bool, bool]


@dataclass(frozen=True, slots=True)
class TimeExtent:
    """Runs of buckets in which a date is possible and certain; a certain run may be empty (first > last).

    `edges` are the buckets of its first and last finite bounds where its year is known in full; timelines
    reach from the first of these to the last.
    """

    possible: tuple[YearRange, ...]
    certain: tuple[YearRange, ...]
    edges: YearRange | None

    def coarser(self, length: int) -> Self:
        """Return the extent in buckets `length` times as long."""
        edges = None if self.edges is None else _divided(self.edges, length)
        return type(self)(
            tuple(merged(_divided(run, length) for run in self.possible)),
            tuple(dict.fromkeys(_divided(run, length) for run in self.certain)),
            edges,
        )

    def text(self) -> str:
        """Serialize it; equal extents have equal texts, and an undated record's is empty."""
        if not self.possible:
            return ""
        return "|".join(map(_written, (self.possible, self.certain, (self.edges,) if self.edges else ())))


def deltas_of(reach: TimeExtent) -> CountDeltas:
    """Return the count deltas of an extent."""
    sure = merged(run for run in reach.certain if run[0] <= run[1])
    is_open = (
        any(first == OPEN_START for first, _ in reach.possible),
        any(last == OPEN_END for _, last in reach.possible),
    )
    return CountDeltas(tuple(_deltas(reach.possible)), tuple(_deltas(sure)), reach.edges, is_open)


def _deltas(runs: Iterable[YearRange]) -> Iterator[CountDelta]:
    for first, last in runs:
        yield first, 1
        if last != OPEN_END:
            yield last + 1, -1


@lru_cache(maxsize=16_384)
def deltas_in(text: str, length: int) -> CountDeltas:
    """Parse an extent and return its deltas in buckets `length` times as long as those it is written in."""
    return deltas_of(read_time_extent(text).coarser(length))


@dataclass(slots=True)
class TimeHistogram:
    """How many records are possible and certain in each bucket; buckets are numbers, rising with time."""

    possible: dict[int, int] = field(default_factory=dict)
    certain: dict[int, int] = field(default_factory=dict)
    first: int | None = None
    last: int | None = None

    def add(self, turns: CountDeltas, count: int) -> None:
        """Add `count` records of this extent."""
        possible, certain, edges, _ = turns
        for at, sign in possible:
            self.possible[at] = self.possible.get(at, 0) + sign * count
        for at, sign in certain:
            self.certain[at] = self.certain.get(at, 0) + sign * count
        if edges is not None:
            first, last = edges
            if self.first is None or first < self.first:
                self.first = first
            if self.last is None or last > self.last:
                self.last = last

    def stretches(self) -> Iterator[tuple[int, int, int, int]]:
        """Yield (first, last, certain, possible) of runs of buckets with equal counts, between the edges, in order."""
        if self.first is None or self.last is None:
            return
        turns = {turn for turn in (*self.possible, *self.certain) if self.first < turn <= self.last}
        starts = [self.first, *sorted(turns)]
        possible = sum(n for at, n in self.possible.items() if at <= self.first)
        certain = sum(n for at, n in self.certain.items() if at <= self.first)
        for start, following in zip(starts, [*starts[1:], self.last + 1], strict=True):
            if start != self.first:
                possible += self.possible.get(start, 0)
                certain += self.certain.get(start, 0)
            yield start, following - 1, certain, possible


def bucket_name(number: int, length: int) -> str:
    """Return the name of a bucket: its first year, `1960`, `-0040`, `+12340`."""
    return _year(number * length)


def bucket_days(number: int, length: int) -> tuple[str, str]:
    """Return the first and the last day of a bucket (ISO 8601)."""
    return f"{_year(number * length)}-01-01", f"{_year((number + 1) * length - 1)}-12-31"


def _year(year: int) -> str:
    if 0 <= year <= 9999:
        return f"{year:04d}"
    return f"-{-year:04d}" if year < 0 else f"+{year}"


def total(counts: Iterable[tuple[str, int]], length: int) -> TimeHistogram:
    """Sum the counts of extents, given as they are stored."""
    buckets = TimeHistogram()
    for text, count in counts:
        if text:
            buckets.add(deltas_in(text, length), count)
    return buckets


def read_time_extent(text: str) -> TimeExtent:
    """Parse what `TimeExtent.text` returned."""
    if not text:
        return TimeExtent((), (), None)
    possible, certain, edges = (tuple(_runs(part)) for part in text.split("|"))
    return TimeExtent(possible, certain, edges[0] if edges else None)


def time_extents(date: EdtfValue | None) -> tuple[str, str]:
    """Return the years and the decades that a date may and must touch, as they are stored."""
    return ("", "") if date is None else _extents(_in_years(date))


class _InYears(NamedTuple):
    """The years of a date, which decide its extent."""

    hull: Years
    members: tuple[Years, ...]
    set_kind: SetKind
    qualified: bool
    year_in_full: bool


def _in_years(date: EdtfValue) -> _InYears:
    span = date.span
    members = tuple([_years(one) for one in span.members])
    return _InYears(_years(span.bounds), members, span.set_kind, span.qualified, date.year_in_full)


@lru_cache(maxsize=4096)
def _extents(date: _InYears) -> tuple[str, str]:
    # All days of a year have the same extent, so the cache is by year.
    years = _extent(date)
    return years.text(), years.coarser(DECADE).text()


def _extent(date: _InYears) -> TimeExtent:
    hull, members, set_kind, qualified, year_in_full = date
    each = members if set_kind != "single" else (hull,)
    sure = [(one[1], one[2]) for one in each]
    if qualified:
        sure = []
    elif set_kind == "one-of":
        sure = [(max(first for first, _ in sure), min(last for _, last in sure))]
    return TimeExtent(
        tuple(merged((one[0], one[3]) for one in each)),
        tuple(dict.fromkeys(run for run in sure if OPEN_END not in run[:1] and OPEN_START not in run[1:])),
        _edges((hull, *members)) if year_in_full else None,
    )


def facet_cell_id(kind: str, record_type: str, decades: str) -> int:
    """Return the number of the facet cell that counts a record: by its kind, its type and its decades."""
    said = f"{kind}\0{record_type}\0{decades}".encode()
    return int.from_bytes(blake2b(said, digest_size=8).digest(), "big", signed=True)


def merged(runs: Iterable[YearRange]) -> list[YearRange]:
    """Join runs that share a bucket, so that each bucket is in one run; in order."""
    joined: list[YearRange] = []
    for first, last in sorted(runs):
        if joined and first <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(last, joined[-1][1]))
        else:
            joined.append((first, last))
    return joined


def _years(bounds: Bounds) -> Years:
    s1 = _year_range(bounds.s1)
    s2 = s1 if bounds.s2 == bounds.s1 else _year_range(bounds.s2)
    if bounds.e1 == bounds.s1 and bounds.e2 == bounds.s2:
        return s1, s2, s1, s2
    return s1, s2, _year_range(bounds.e1), _year_range(bounds.e2)


def _year_range(day: int) -> int:
    return day if day in (OPEN_START, OPEN_END) else gregorian_from_days(day)[0]


def _edges(all_years: Iterable[Years]) -> YearRange | None:
    finite = [year for one in all_years for year in one if OPEN_START < year < OPEN_END]
    return (min(finite), max(finite)) if finite else None


def _divided(run: YearRange, length: int) -> YearRange:
    first, last = run
    return (
        first if first in (OPEN_START, OPEN_END) else first // length,
        last if last in (OPEN_START, OPEN_END) else last // length,
    )


def _written(runs: Iterable[YearRange]) -> str:
    return " ".join(f"{_end(first)}:{_end(last)}" for first, last in runs)


def _end(year: int) -> str:
    return "-inf" if year == OPEN_START else "inf" if year == OPEN_END else str(year)


def _runs(text: str) -> Iterable[YearRange]:
    for run in text.split():
        first, _, last = run.partition(":")
        yield _read_end(first), _read_end(last)


def _read_end(text: str) -> int:
    return OPEN_START if text == "-inf" else OPEN_END if text == "inf" else int(text)
