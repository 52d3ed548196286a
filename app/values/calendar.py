"""Whole days as integers, in the proleptic Gregorian and Julian calendars.

Day 0 is 1970-01-01 (Gregorian). Years are astronomical: 0 is 1 BCE, -43 is 44 BCE. Everything is
integer arithmetic in constant time, good far beyond the years that `datetime.date` knows (1 to 9999).
"""

from datetime import date
from enum import StrEnum

# Years are counted from 1 March, so that the leap day is the last day of its year and the lengths of
# the months follow one straight line. These are the days from 0000-03-01 of each calendar to day 0.
_GREGORIAN_EPOCH = 719_468

_JULIAN_EPOCH = 719_470
_DAYS_IN_4_YEARS = 1_461
_DAYS_IN_100_YEARS = 36_524
_DAYS_IN_400_YEARS = 146_097
_MONTH_LENGTHS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_FEBRUARY = 2
_MONTHS = 12
_FOUR_DIGITS = 9_999

# For dates that `datetime.date` supports it is many times faster: its day 1 is 0001-01-01, its last
# 9999-12-31.
_ORDINAL_OF_DAY_0 = date(1970, 1, 1).toordinal()

_FIRST_ORDINAL, _LAST_ORDINAL = date.min.toordinal(), date.max.toordinal()


class Calendar(StrEnum):
    """The calendar in which the digits of a date are written."""

    GREGORIAN = "gregorian"
    JULIAN = "julian"


def is_leap_year(year: int, calendar: Calendar = Calendar.GREGORIAN) -> bool:
    """Return whether the astronomical year has a 29 February in that calendar."""
    if calendar == Calendar.JULIAN:
        return year % 4 == 0
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def days_in_month(year: int, month: int, calendar: Calendar = Calendar.GREGORIAN) -> int:
    """Return the number of days of month 1 to 12 of an astronomical year."""
    if month == _FEBRUARY and is_leap_year(year, calendar):
        return 29
    return _MONTH_LENGTHS[month - 1]


def days_from_gregorian(year: int, month: int, day: int) -> int:
    """Return the day number of a proleptic Gregorian date.

    The date must exist: check with `days_in_month` first where that is not known.
    """
    if month > _FEBRUARY:
        from_march = month - 3
    else:
        from_march = month + 9
        year -= 1
    leap_days = year // 4 - year // 100 + year // 400
    return 365 * year + leap_days + (153 * from_march + 2) // 5 + day - 1 - _GREGORIAN_EPOCH


def days_from_julian(year: int, month: int, day: int) -> int:
    """Return the day number of a proleptic Julian (Old Style) date.

    The date must exist: check with `days_in_month` first where that is not known.
    """
    if month > _FEBRUARY:
        from_march = month - 3
    else:
        from_march = month + 9
        year -= 1
    return 365 * year + year // 4 + (153 * from_march + 2) // 5 + day - 1 - _JULIAN_EPOCH


def gregorian_from_days(days: int) -> tuple[int, int, int]:
    """Return (year, month, day) in the proleptic Gregorian calendar for a day number."""
    ordinal = days + _ORDINAL_OF_DAY_0
    if _FIRST_ORDINAL <= ordinal <= _LAST_ORDINAL:
        known = date.fromordinal(ordinal)
        return known.year, known.month, known.day
    cycles, rest = divmod(days + _GREGORIAN_EPOCH, _DAYS_IN_400_YEARS)
    # The last century of a cycle and the last year of four are a day longer than the others.
    centuries = min(rest // _DAYS_IN_100_YEARS, 3)
    rest -= centuries * _DAYS_IN_100_YEARS
    fours, rest = divmod(rest, _DAYS_IN_4_YEARS)
    ones = min(rest // 365, 3)
    rest -= ones * 365
    from_march = (5 * rest + 2) // 153
    day = rest - (153 * from_march + 2) // 5 + 1
    year = 400 * cycles + 100 * centuries + 4 * fours + ones
    if from_march < _MONTHS - 2:
        return year, from_march + 3, day
    return year + 1, from_march - 9, day


def iso_day(days: int) -> str:
    """Format a day number as an ISO 8601 date: `1960-01-01`, `-0043-03-15`, `+12345-01-01`.

    Years of more than four digits carry their sign (ISO 8601-1:2019, 5.2.2.3, expanded representation).
    """
    ordinal = days + _ORDINAL_OF_DAY_0
    if _FIRST_ORDINAL <= ordinal <= _LAST_ORDINAL:
        return date.fromordinal(ordinal).isoformat()
    year, month, day = gregorian_from_days(days)
    sign = "-" if year < 0 else "+" if year > _FOUR_DIGITS else ""
    return f"{sign}{abs(year):04d}-{month:02d}-{day:02d}"


def day_of_iso(text: str) -> int:
    """Return the day number of a date as `iso_day` formats it."""
    year, month, day = text.rsplit("-", 2)
    return days_from_gregorian(int(year), int(month), int(day))
