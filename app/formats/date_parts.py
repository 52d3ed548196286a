"""Dates in the calendars of other programs: year, month and day, as precise as they are known.

Years are historical: 1 BCE is -1 and there is no year 0, as CSL and TimelineJS read negative years.
"""

from dataclasses import dataclass, replace

from app.records.base import Record
from app.values.calendar import days_from_gregorian, days_in_month, gregorian_from_days
from app.values.known_bounds import known_bounds
from app.values.timespan import OPEN_END, OPEN_START, Bounds, Timespan

Parts = tuple[int, ...]
"""(year), (year, month) or (year, month, day)."""


@dataclass(frozen=True, slots=True)
class DateParts:
    """A date as far as parts can express it.

    `start` is when it happened or began, `end` when it ended where that is another; `exact` says that
    nothing was lost.
    """

    start: Parts
    end: Parts | None
    exact: bool


def date_parts_of(span: Timespan) -> DateParts | None:
    """Return a date in parts; None where neither end of it is known at all.

    An end that is known vaguely is given by its outer bound: the first day it can have begun, the last it
    can have ended. An end without one is left out.
    """
    bounds = span.bounds
    if not is_interval(bounds):
        parts = precise(bounds.s1, bounds.e2)
        if parts is not None:
            return DateParts(parts, None, exact=span.set_kind == "single")
    start, end = _outer(bounds.s1, bounds.s2), _outer(bounds.e1, bounds.e2, last_wanted=True)
    if start is None and end is None:
        return None
    exact = precise(bounds.s1, bounds.s2) is not None and precise(bounds.e1, bounds.e2) is not None
    if start is None:
        return DateParts(end or (), None, exact=False)
    return DateParts(start, end if end != start else None, exact=exact and span.set_kind == "single")


def is_interval(bounds: Bounds) -> bool:
    """Return whether start and end are two different unknowns."""
    return (bounds.s1, bounds.s2) != (bounds.e1, bounds.e2)


def precise(first: int, last: int) -> Parts | None:
    """Return the day, the month or the year that two days bound exactly; None for anything else."""
    if first <= OPEN_START or last >= OPEN_END:
        return None
    year, month, day = gregorian_from_days(first)
    if first == last:
        return civil(year), month, day
    if day != 1:
        return None
    if last == first + days_in_month(year, month) - 1:
        return civil(year), month
    if month == 1 and last == days_from_gregorian(year, 12, 31):
        return (civil(year),)
    return None


def _outer(first: int, last: int, *, last_wanted: bool = False) -> Parts | None:
    parts = precise(first, last)
    if parts is not None:
        return parts
    day = last if last_wanted else first
    if not OPEN_START < day < OPEN_END:
        return None
    year, *rest = gregorian_from_days(day)
    whole_years = rest == ([12, 31] if last_wanted else [1, 1])
    return (civil(year),) if whole_years else (civil(year), *rest)


def civil(year: int) -> int:
    """Return the historical year of an astronomical one: 0 is -1, that is 1 BCE."""
    return year if year > 0 else year - 1


def dated(record: Record) -> Timespan | None:
    """Return the date of a record that can be placed on a time line; None where there is none.

    A day of an unknown year (`XXXX-01-03`) cannot; an end in such a year counts as open.
    """
    if record.date is None:
        return None
    value = record.date.value
    bounds = known_bounds(value)
    if bounds is None:
        return None
    return value.span if bounds == value.span.bounds else replace(value.span, bounds=bounds)
