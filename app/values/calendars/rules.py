"""The calendars whose years follow from a rule: when each begins, and how long its months are.

Day numbers are those of `app.values.calendar`: day 0 is 1970-01-01. Years are counted from 1, in the era of the
calendar. Each rule is the arithmetic one in common use; where people looked at the moon (the Islamic calendar) or
counted by other rules in earlier times (the Hebrew one before the fourth century), the days can have differed.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from app.values.calendar import days_from_gregorian, is_leap_year


class OtherCalendar(StrEnum):
    """A calendar in which a date was written, where that is neither the Gregorian nor the Julian."""

    HEBREW = "hebrew"
    ISLAMIC = "islamic"
    FRENCH_REPUBLICAN = "french-republican"
    COPTIC = "coptic"
    ETHIOPIAN = "ethiopian"
    PERSIAN = "persian"
    INDIAN = "indian"
    CHINESE = "chinese"


class NoSuchDate(ValueError):
    """A date that its calendar does not have; the text says why."""


@dataclass(frozen=True, slots=True)
class Rule:
    """How a calendar counts.

    Attributes:
        years: the years that it is known for.
        first_day: the day number on which a year begins.
        month_lengths: the days of each month of a year, in order; 0 where a year does not have that month.
    """

    years: range
    first_day: Callable[[int], int]
    month_lengths: Callable[[int], tuple[int, ...]]


# Day numbers of the first day of year 1.
_HEBREW_EPOCH: Final = -2_092_590
_ISLAMIC_EPOCH: Final = -492_148
_COPTIC_EPOCH: Final = -615_558
_ETHIOPIAN_EPOCH: Final = -716_367
_FRENCH_EPOCH: Final = -64_748
_PERSIAN_EPOCH: Final = -492_267

_MONTHS_OF_30: Final = (30,) * 12
_PARTS_OF_A_DAY: Final = 25_920
_INDIAN_YEARS_AFTER: Final = 78
_SPRING_MONTH: Final = 3


def _is_long_hebrew_year(year: int) -> bool:
    """Return whether the year has thirteen months: 7 years in 19 have."""
    return (7 * year + 1) % 19 < 7


def _conjunction_of(year: int) -> int:
    """Return the days from the epoch to the new year, before the rules that depend on the years around it."""
    months = (235 * year - 234) // 19
    days = 29 * months + (12_084 + 13_753 * months) // _PARTS_OF_A_DAY
    # The year begins on no Sunday, Wednesday or Friday.
    return days + 1 if 3 * (days + 1) % 7 < 3 else days


@lru_cache(maxsize=1024)
def _hebrew_new_year(year: int) -> int:
    before, this, after = (_conjunction_of(one) for one in (year - 1, year, year + 1))
    # No year has 356 days, and none after a leap year 382: those begin later.
    delay = 2 if after - this == 356 else 1 if this - before == 382 else 0
    return _HEBREW_EPOCH + this + delay


def _hebrew_months(year: int) -> tuple[int, ...]:
    """Return the lengths from Tishri; the seventh, Adar II, is of long years alone."""
    is_long = _is_long_hebrew_year(year)
    days = _hebrew_new_year(year + 1) - _hebrew_new_year(year) - (30 if is_long else 0)
    heshvan, kislev = 30 if days > 354 else 29, 30 if days > 353 else 29
    adar = (30, 29) if is_long else (29, 0)
    return (30, heshvan, kislev, 29, 30, *adar, 30, 29, 30, 29, 30, 29)


def _islamic_new_year(year: int) -> int:
    # 11 leap years in 30, the sixteenth rather than the fifteenth among them.
    return _ISLAMIC_EPOCH + 354 * (year - 1) + (11 * year + 3) // 30


def _islamic_months(year: int) -> tuple[int, ...]:
    return (30, 29) * 5 + (30, _islamic_new_year(year + 1) - _islamic_new_year(year) - 325)


def _egyptian(epoch: int) -> tuple[Callable[[int], int], Callable[[int], tuple[int, ...]]]:
    """Return the rule of twelve months of 30 days and 5 or 6 days more: every third year of four is a leap year."""

    def first_day(year: int) -> int:
        return epoch + 365 * (year - 1) + year // 4

    def month_lengths(year: int) -> tuple[int, ...]:
        return (*_MONTHS_OF_30, 6 if year % 4 == 3 else 5)

    return first_day, month_lengths


# The Persian year begins on the day of the equinox at Tehran. Leap years follow each other in cycles of 33 years, and
# shift by a year or more at these years (K. M. Borkowski, "The Persian calendar for 3000 years", 1996).
_PERSIAN_BREAKS: Final = (
    *(-61, 9, 38, 199, 426, 686, 756, 818, 1111, 1181),
    *(1210, 1635, 2060, 2097, 2192, 2262, 2324, 2394, 2456, 3178),
)


@lru_cache(maxsize=1024)
def _persian_leap_years_before(year: int) -> int:
    """Return how many leap years there are from the first break to that year, itself left out."""
    leaps, begin = 0, _PERSIAN_BREAKS[0]
    for end in _PERSIAN_BREAKS[1:]:
        length = end - begin
        if year < end:
            passed = year - begin
            leaps += passed // 33 * 8 + (passed % 33 + 3) // 4
            # The last cycle before a break is shortened by a year where it would have 33 and more.
            return leaps + (length % 33 == 4 and length - passed == 4)
        leaps += length // 33 * 8 + length % 33 // 4
        begin = end
    message = f"no rule for year {year}"
    raise ValueError(message)


def _persian_new_year(year: int) -> int:
    leaps = _persian_leap_years_before(year) - _persian_leap_years_before(1)
    return _PERSIAN_EPOCH + 365 * (year - 1) + leaps


def _persian_months(year: int) -> tuple[int, ...]:
    return (31,) * 6 + (30,) * 5 + (_persian_new_year(year + 1) - _persian_new_year(year) - 336,)


def _indian_new_year(year: int) -> int:
    civil = year + _INDIAN_YEARS_AFTER
    return days_from_gregorian(civil, _SPRING_MONTH, 21 if is_leap_year(civil) else 22)


def _indian_months(year: int) -> tuple[int, ...]:
    return (31 if is_leap_year(year + _INDIAN_YEARS_AFTER) else 30, *(31,) * 5, *(30,) * 6)


RULES: Final = MappingProxyType(
    {
        OtherCalendar.HEBREW: Rule(range(1, 10_000), _hebrew_new_year, _hebrew_months),
        OtherCalendar.ISLAMIC: Rule(range(1, 9_001), _islamic_new_year, _islamic_months),
        # After year 14 it was no longer in use, and its authors did not agree which years would be leap years.
        OtherCalendar.FRENCH_REPUBLICAN: Rule(range(1, 15), *_egyptian(_FRENCH_EPOCH)),
        OtherCalendar.COPTIC: Rule(range(1, 9_001), *_egyptian(_COPTIC_EPOCH)),
        OtherCalendar.ETHIOPIAN: Rule(range(1, 9_001), *_egyptian(_ETHIOPIAN_EPOCH)),
        OtherCalendar.PERSIAN: Rule(range(1, 3_177), _persian_new_year, _persian_months),
        # It was introduced on 22 March 1957; earlier dates with these months are of the lunar calendars.
        OtherCalendar.INDIAN: Rule(range(1_879, 9_001), _indian_new_year, _indian_months),
    }
)
"""The calendars that follow from a rule; the Chinese one is in `app.values.calendars.chinese`."""


def days_of(
    calendar: OtherCalendar, year: int, month: int | None = None, day: int | None = None
) -> tuple[int, int]:
    """Return the first and the last day number of a day, a month or a year of a calendar in `RULES`.

    Months are counted from the first of the year: from Tishri, Muharram, Vendémiaire, Tout, Meskerem, Farvardin,
    Chaitra. Adar of a year without leap month is the sixth, as Adar I is, and Nisan always the eighth.

    Raises:
        NoSuchDate: the calendar has no such date.
    """
    rule = RULES[calendar]
    if year not in rule.years:
        reach = f"from {rule.years.start} to {rule.years.stop - 1}"
        message = f"years of the calendar {calendar} are known {reach}"
        raise NoSuchDate(message)
    first, lengths = rule.first_day(year), rule.month_lengths(year)
    if month is None:
        return first, first + sum(lengths) - 1
    if not 1 <= month <= len(lengths) or not lengths[month - 1]:
        message = f"year {year} of the calendar {calendar} has no such month"
        raise NoSuchDate(message)
    begin = first + sum(lengths[: month - 1])
    if day is None:
        return begin, begin + lengths[month - 1] - 1
    if not 1 <= day <= lengths[month - 1]:
        message = f"that month has {lengths[month - 1]} days in year {year}"
        raise NoSuchDate(message)
    return begin + day - 1, begin + day - 1
