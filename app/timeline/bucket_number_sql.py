"""The number of the bucket that a day lies in, as SQL: days, months and years alone.

Months and years are found by the Euclidean affine functions of Neri and Schneider (2023, Euclidean affine functions and
their application to calendar algorithms), counted from a day at or before all that are asked about, since the two databases
divide negative numbers otherwise than Python.
"""

from typing import Final, NamedTuple

from sqlalchemy import BigInteger, ColumnElement, bindparam

from app.timeline.bucket_sizes import DAY, MONTH, BucketSize
from app.timeline.statement_parts import number
from app.values.calendar import days_from_gregorian, gregorian_from_days

_CYCLE_YEARS: Final = 400
_CYCLE_DAYS: Final = 146_097
_FOUR_YEARS: Final = 1461
_FIVE_MONTHS: Final = 153
"""From March on, any five months that follow one another have so many days."""

_ORIGIN: ColumnElement[int] = bindparam("origin", type_=BigInteger())


class Origin(NamedTuple):
    """The day from which days are counted in a statement, and the number of its bucket."""

    day: int
    number: int

    @classmethod
    def before(cls, day: int, size: BucketSize) -> "Origin":
        """Return an origin for days from this one on: the first of 400 years that end with a leap day."""
        if size is DAY:
            return cls(0, 0)
        cycle = (gregorian_from_days(day)[0] - 1) // _CYCLE_YEARS
        # In years that begin with March, the leap day is the last of its year.
        year, month = (cycle * _CYCLE_YEARS, 3) if size is MONTH else (cycle * _CYCLE_YEARS + 1, 1)
        origin = days_from_gregorian(year, month, 1)
        return cls(origin, size.number_of(origin))


def bucket_number(day: ColumnElement[int], size: BucketSize) -> ColumnElement[int]:
    """Return the number of the bucket of a day, counted from the bucket of the parameter `origin` (`Origin`).

    `day` stands in it as seldom as can be, since SQLite evaluates it each time.
    """
    if size is DAY:
        return day
    quarters: ColumnElement[int] = number(4) * (day - _ORIGIN) + number(3)
    of_century = (quarters % number(_CYCLE_DAYS)).bitwise_or(number(3))
    year: ColumnElement[int] = number(100) * (quarters // number(_CYCLE_DAYS)) + of_century // number(
        _FOUR_YEARS
    )
    if size is not MONTH:
        return year
    day_of_year = of_century % number(_FOUR_YEARS) // number(4)
    month: ColumnElement[int] = (number(5) * day_of_year + number(2)) // number(_FIVE_MONTHS)
    return number(12) * year + month
