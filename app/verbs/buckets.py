"""From counts of extents to counts of buckets: prefix sums over where extents begin and end."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from app.store.reach import Reach, Run, merged, read_reach
from app.values.timespan import AFTER_ALL, BEFORE_ALL

Turn = tuple[int, int]
"""A bucket, and by how much each record of an extent changes the count from there on: 1 or -1."""


class Turns(NamedTuple):
    """Where counts change by a record of one extent, and between which buckets timelines show it.

    `is_open` says whether the extent goes on without end before the first of these, and after the last.
    """

    possible: tuple[Turn, ...]
    certain: tuple[Turn, ...]
    edges: Run | None
    is_open: tuple[bool, bool]


def turns_of(reach: Reach) -> Turns:
    """Give the turns of an extent."""
    sure = merged(run for run in reach.certain if run[0] <= run[1])
    is_open = (
        any(first == BEFORE_ALL for first, _ in reach.possible),
        any(last == AFTER_ALL for _, last in reach.possible),
    )
    return Turns(tuple(_turns(reach.possible)), tuple(_turns(sure)), reach.edges, is_open)


def _turns(runs: Iterable[Run]) -> Iterator[Turn]:
    for first, last in runs:
        yield first, 1
        if last != AFTER_ALL:
            yield last + 1, -1


@lru_cache(maxsize=16_384)
def turns_in(text: str, length: int) -> Turns:
    """Read an extent, in buckets `length` times as long as those it is written in."""
    return turns_of(read_reach(text).coarser(length))


@dataclass(slots=True)
class Buckets:
    """How many records are possible and certain in each bucket; buckets are numbers, rising with time."""

    possible: dict[int, int] = field(default_factory=dict)
    certain: dict[int, int] = field(default_factory=dict)
    first: int | None = None
    last: int | None = None

    def add(self, turns: Turns, count: int) -> None:
        """Count `count` records of this extent."""
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
        """Give (first, last, certain, possible) of stretches of equal buckets, between the edges, in order."""
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
    """Give the name of a bucket: its first year, `1960`, `-0040`, `+12340`."""
    return _year(number * length)


def bucket_days(number: int, length: int) -> tuple[str, str]:
    """Give the first and the last day of a bucket (ISO 8601)."""
    return f"{_year(number * length)}-01-01", f"{_year((number + 1) * length - 1)}-12-31"


def _year(year: int) -> str:
    if 0 <= year <= 9999:
        return f"{year:04d}"
    return f"-{-year:04d}" if year < 0 else f"+{year}"


def total(counts: Iterable[tuple[str, int]], length: int) -> Buckets:
    """Count extents, given as they are written."""
    buckets = Buckets()
    for text, count in counts:
        if text:
            buckets.add(turns_in(text, length), count)
    return buckets
