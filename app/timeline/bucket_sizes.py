"""The sizes of buckets, from the day to the millennium: which bucket a day lies in, its days, its name."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, get_args

from app.values.calendar import days_from_gregorian, gregorian_from_days, iso_day
from app.values.time_histogram import YearRange, bucket_name

BucketName = Literal["day", "month", "year", "decade", "century", "millennium"]

BucketRange = tuple[int, int]
"""The numbers of the first and the last of some consecutive buckets."""

Days = tuple[int, int]
"""The first and the last day of a range; `OPEN_START` and `OPEN_END` where it is open."""

_MONTHS: Final = 12


@dataclass(frozen=True, slots=True)
class BucketSize:
    """A size of buckets. They are numbered: days as dates are stored, months, years and so on from that of year 0.

    Attributes:
        name: what it is called.
        months: how many months a bucket has; 0 for the day.
    """

    name: BucketName
    months: int

    @property
    def years(self) -> int:
        """How many years a bucket has; 0 for what is shorter."""
        return self.months // _MONTHS

    def number_of(self, day: int) -> int:
        """Return the bucket that a day lies in."""
        if not self.months:
            return day
        year, month, _ = gregorian_from_days(day)
        return (year * _MONTHS + month - 1) // self.months

    def first_day(self, number: int) -> int:
        """Return the first day of a bucket."""
        if not self.months:
            return number
        year, month = divmod(number * self.months, _MONTHS)
        return days_from_gregorian(year, month + 1, 1)

    def days_of(self, buckets: BucketRange) -> Days:
        """Return the first and the last day of some consecutive buckets."""
        return self.first_day(buckets[0]), self.first_day(buckets[1] + 1) - 1

    def range_of(self, days: Days) -> BucketRange:
        """Return the buckets that some days lie in; neither end is open."""
        return self.number_of(days[0]), self.number_of(days[1])

    def name_of(self, number: int) -> str:
        """Return the name of a bucket: `1960-07-26`, `1960-07`, or its first year: `1960`, `-0040`, `+12340`."""
        if self.years:
            return bucket_name(number, self.years)
        day = iso_day(self.first_day(number))
        return day.rpartition("-")[0] if self.months else day


SIZES: Final[Sequence[BucketSize]] = (
    BucketSize("day", 0),
    BucketSize("month", 1),
    BucketSize("year", _MONTHS),
    BucketSize("decade", 10 * _MONTHS),
    BucketSize("century", 100 * _MONTHS),
    BucketSize("millennium", 1000 * _MONTHS),
)
"""Every size, the finest first."""

DAY, MONTH, YEAR, DECADE, CENTURY, MILLENNIUM = SIZES

SIZE_BY_NAME: Final = {size.name: size for size in SIZES}

if set(SIZE_BY_NAME) != set(get_args(BucketName)):
    message = "Each name of a bucket needs its size."
    raise TypeError(message)


def length_of(run: BucketRange | YearRange) -> int:
    """Return how many buckets a range has."""
    return run[1] - run[0] + 1


def coarser_than(size: BucketSize) -> Sequence[BucketSize]:
    """Return the sizes of longer buckets, the finest first."""
    return SIZES[SIZES.index(size) + 1 :]
