"""Histograms of what was counted: from the rows of statements to counts in buckets, all together and by type."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import accumulate

from app.timeline.bucket_sizes import DAY, BucketRange, BucketSize, length_of
from app.timeline.schemas import Bucket, BucketTypeCounts
from app.values.calendar import iso_day
from app.values.time_histogram import CountDelta, CountDeltas, TimeHistogram, YearRange, deltas_in, merged

Row = tuple[str, str, int]
"""A type, where types are asked for, an extent of years or decades, and how many records have both."""

Turn = tuple[str, int, int | None, int, int]
"""A type, a sign, a bucket, and how many runs (`TurnStatements.turns`)."""

SetRow = tuple[str, int, bool, int, int, str, int]
"""A type, whether the date is one of its members, whether it is qualified, s2 and e1 of all, the members, and how many."""


@dataclass(slots=True)
class Histograms:
    """Counts in buckets of one size by type; where that is not wanted, all under the same type, which is empty."""

    size: BucketSize
    split: bool
    _by_type: defaultdict[str, TimeHistogram] = field(default_factory=lambda: defaultdict(TimeHistogram))

    def add_extents(self, rows: Iterable[Row], unit: int) -> None:
        """Add extents in units of so many years."""
        length = self.size.years // unit
        for kind, text, n in rows:
            if text:
                self._by_type[kind].add(deltas_in(text, length), n)

    def add_turns(self, rows: Iterable[Turn], origin: int) -> None:
        """Add runs by where they begin and where they end, in buckets counted from that of a number."""
        for kind, sign, bucket, possible, certain in rows:
            if bucket is None:
                continue
            at = origin + int(bucket)
            one = self._by_type[kind]
            for counts, n in ((one.possible, int(possible)), (one.certain, int(certain))):
                if n and sign >= 0:
                    counts[at] = counts.get(at, 0) + n
                if n and sign <= 0:
                    counts[at + 1] = counts.get(at + 1, 0) - n

    def add_sets(self, rows: Iterable[SetRow]) -> None:
        """Add sets: their members together touch each bucket once."""
        number_of = self.size.number_of
        for kind, one_of, qualified, s2, e1, members, n in rows:
            bounds = [tuple(map(int, one.split(","))) for one in members.split(" ")]
            may = [(number_of(one[0]), number_of(one[3])) for one in bounds]
            must = [(s2, e1)] if one_of else [(one[1], one[2]) for one in bounds]
            sure = [] if qualified else [(number_of(first), number_of(last)) for first, last in must]
            possible, certain = (
                tuple(_deltas(merged(runs))) for runs in (may, [run for run in sure if run[0] <= run[1]])
            )
            self._by_type[kind].add(CountDeltas(possible, certain, None, (False, False)), n)

    def buckets(self, reach: BucketRange) -> list[Bucket]:
        """Return each bucket from the first to the last with its counts."""
        number = length_of(reach)
        certain, possible = [0] * number, [0] * number
        types: list[list[BucketTypeCounts]] = [[] for _ in range(number)]
        for name, part in sorted(self._by_type.items()):
            counts = zip(_summed(part.certain, reach), _summed(part.possible, reach), strict=True)
            for at, (sure, may) in enumerate(counts):
                if may:
                    certain[at] += sure
                    possible[at] += may
                    if self.split:
                        types[at].append(_of_type(name, sure, may))
        items: list[Bucket] = [
            {"bucket": name, "start": start, "end": end, "certain": sure, "possible": may}
            for (name, start, end), sure, may in zip(self._named(reach), certain, possible, strict=True)
        ]
        if self.split:
            for item, parts in zip(items, types, strict=True):
                item["types"] = parts
        return items

    def _named(self, reach: BucketRange) -> Iterator[tuple[str, str, str]]:
        """Yield the name, the first and the last day of each bucket."""
        size = self.size
        start = size.first_day(reach[0])
        for number in range(reach[0], reach[1] + 1):
            following = size.first_day(number + 1)
            day = iso_day(start)
            # A day is called by itself.
            yield (day, day, day) if size is DAY else (size.name_of(number), day, iso_day(following - 1))
            start = following


def _of_type(name: str, certain: int, possible: int) -> BucketTypeCounts:
    if name:
        return {"type": name, "certain": certain, "possible": possible}
    return {"certain": certain, "possible": possible}


def _deltas(runs: Iterable[YearRange]) -> Iterator[CountDelta]:
    for first, last in runs:
        yield first, 1
        yield last + 1, -1


def _summed(changes: Mapping[int, int], reach: BucketRange) -> Iterator[int]:
    """Yield the count in each bucket from the first to the last, from by how much it changes with each bucket."""
    first, last = reach
    begun = sum(n for at, n in changes.items() if at <= first)
    return accumulate((changes.get(at, 0) for at in range(first + 1, last + 1)), initial=begun)
