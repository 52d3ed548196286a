"""From counts of extents to counts of buckets: prefix sums over where extents begin and end."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from app.store.reach import Reach, Run, merged, read_reach
from app.values.timespan import AFTER_ALL


@lru_cache(maxsize=16_384)
def reach_in(text: str, length: int) -> Reach:
    """Read an extent, in buckets `length` times as long as those it is written in."""
    return read_reach(text).coarser(length)


@dataclass(slots=True)
class Buckets:
    """How many records are possible and certain in each bucket; buckets are numbers, rising with time."""

    possible: Counter[int] = field(default_factory=Counter)
    certain: Counter[int] = field(default_factory=Counter)
    first: int | None = None
    last: int | None = None

    def add(self, reach: Reach, count: int) -> None:
        """Count `count` records of this extent."""
        _add(self.possible, reach.possible, count)
        _add(self.certain, merged(run for run in reach.certain if run[0] <= run[1]), count)
        if reach.edges is not None:
            first, last = reach.edges
            self.first = first if self.first is None else min(first, self.first)
            self.last = last if self.last is None else max(last, self.last)

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


def _add(changes: Counter[int], runs: Iterable[Run], count: int) -> None:
    for first, last in runs:
        changes[first] += count
        if last != AFTER_ALL:
            changes[last + 1] -= count


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
            buckets.add(reach_in(text, length), count)
    return buckets
