"""Weekdays that a text says of its dates, and those that they were."""

from typing import Final

from app.values.calendar import Calendar, days_from_gregorian, days_from_julian, days_in_month
from app.values.date_text.errors import DateTextError

Day = tuple[int, int, int]
"""An astronomical year, a month and a day."""

_NAMES: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
# Day 0, 1970-01-01, was a Thursday.
_OF_DAY_0: Final = 3


def number_of(day: Day, calendar: Calendar) -> int | None:
    """Return the day number (`app.values.calendar`) of a day in that calendar; None where it does not have it."""
    year, month, number = day
    if number > days_in_month(year, month, calendar):
        return None
    count = days_from_julian if calendar is Calendar.JULIAN else days_from_gregorian
    return count(year, month, number)


def check_weekday(said: int, day: Day, calendar: Calendar, start: int, end: int) -> None:
    """Refuse a day that was another weekday than is said, from 0 for Monday; `start` and `end` are its place in the text.

    Raises:
        DateTextError: it was another; with the one it was, and whether it fits the Julian calendar.
    """
    was = _weekday_of(day, calendar)
    if was is None or was == said:
        return
    reason = f"that day was a {_NAMES[was]} and no {_NAMES[said]}"
    if calendar is Calendar.GREGORIAN and _weekday_of(day, Calendar.JULIAN) == said:
        reason += ", which it was in the Julian calendar: add O.S. if that is meant"
    raise DateTextError(reason, start, end)


def _weekday_of(day: Day, calendar: Calendar) -> int | None:
    number = number_of(day, calendar)
    return None if number is None else (number + _OF_DAY_0) % 7
