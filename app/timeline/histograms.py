"""Histograms of what was counted: from the rows of statements to counts in buckets, all together and by type."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from app.timeline.bucket_sizes import BucketRange, BucketSize
from app.timeline.schemas import Bucket, BucketTypeCounts
from app.values.calendar import iso_day
from app.values.time_histogram import CountDelta, CountDeltas, TimeHistogram, YearRange, deltas_in, merged

Row = tuple[str, str, int]
"""A type, where types are asked for, an extent of years or decades, and how many records have both."""

Turn = tuple[str, int, int, int, int, int]
"""A type, whether it is certain, a sign, two days, and how many (`DayStatements.turns`)."""

SetRow = tuple[str, int, bool, int, int, str, int]
"""A type, whether the date is one of its members, whether it is qualified, s2 and e1 of all, the members, and how many."""


@dataclass(slots=True)
class Histograms:
    """Counts in buckets of one size, all together and, where that is wanted, of each type."""

    size: BucketSize
    split: bool
    whole: TimeHistogram = field(default_factory=TimeHistogram)
    by_type: dict[str, TimeHistogram] = field(default_factory=dict)

    def _of(self, kind: str) -> Iterator[TimeHistogram]:
        yield self.whole
        if self.split:
            yield self.by_type.setdefault(kind, TimeHistogram())

    def add_extents(self, rows: Iterable[Row], unit: int) -> None:
        """Add extents in units of so many years."""
        for kind, text, n in rows:
            if text:
                for one in self._of(kind):
                    one.add(deltas_in(text, self.size.years // unit), n)

    def add_turns(self, rows: Iterable[Turn]) -> None:
        """Add runs of days by where they begin and where they end."""
        for kind, certain, sign, day, other, n in rows:
            bucket = self.size.number_of(day)
            if sign == 0:
                # All of its days are in one bucket, or it is certain in none.
                if bucket == self.size.number_of(other):
                    self._add(kind, (), [(bucket, bucket)], n)
                continue
            at = bucket if sign > 0 else bucket + 1
            for one in self._of(kind):
                counts = one.certain if certain else one.possible
                counts[at] = counts.get(at, 0) + sign * n

    def add_sets(self, rows: Iterable[SetRow]) -> None:
        """Add sets: their members together touch each bucket once."""
        number_of = self.size.number_of
        for kind, one_of, qualified, s2, e1, members, n in rows:
            bounds = [tuple(map(int, one.split(","))) for one in members.split(" ")]
            may = [(number_of(one[0]), number_of(one[3])) for one in bounds]
            must = [(s2, e1)] if one_of else [(one[1], one[2]) for one in bounds]
            sure = [] if qualified else [(number_of(first), number_of(last)) for first, last in must]
            self._add(kind, may, [run for run in sure if run[0] <= run[1]], n)

    def _add(self, kind: str, may: Sequence[YearRange], sure: Sequence[YearRange], n: int) -> None:
        possible, certain = (tuple(_deltas(merged(runs))) for runs in (may, sure))
        for one in self._of(kind):
            one.add(CountDeltas(possible, certain, None, (False, False)), n)

    def buckets(self, reach: BucketRange) -> list[Bucket]:
        """Return each bucket from the first to the last with its counts."""
        parts = {name: _counts(part, reach) for name, part in sorted(self.by_type.items())}
        items = []
        for number, (certain, possible) in _counts(self.whole, reach).items():
            first, last = self.size.days_of((number, number))
            item = Bucket(
                bucket=self.size.name_of(number),
                start=iso_day(first),
                end=iso_day(last),
                certain=certain,
                possible=possible,
            )
            if self.split:
                item["types"] = list(_split(parts, number))
            items.append(item)
        return items


def _deltas(runs: Iterable[YearRange]) -> Iterator[CountDelta]:
    for first, last in runs:
        yield first, 1
        yield last + 1, -1


def _counts(histogram: TimeHistogram, reach: BucketRange) -> dict[int, tuple[int, int]]:
    """Return (certain, possible) of each bucket from the first to the last."""
    histogram.first, histogram.last = reach
    return {
        number: (certain, possible)
        for first, last, certain, possible in histogram.stretches()
        for number in range(first, last + 1)
    }


def _split(parts: Mapping[str, Mapping[int, tuple[int, int]]], number: int) -> Iterator[BucketTypeCounts]:
    for name, counts in parts.items():
        certain, possible = counts[number]
        if possible:
            counted = BucketTypeCounts(certain=certain, possible=possible)
            yield BucketTypeCounts(type=name, **counted) if name else counted
