"""Dates as historians write them: EDTF, ISO 8601-2:2019, levels 0 to 2.

The notation is that of the Library of Congress specification of 2019-02-04. `parse_edtf` returns the bounds
that follow from a text (see timespan.py) and a label for people; the text itself is kept unchanged. Bounds
are never widened: an approximate or uncertain date has the bounds of its digits and is `qualified`.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from app.values.calendar import (
    Calendar,
    days_from_gregorian,
    days_from_julian,
    days_in_month,
    gregorian_from_days,
    iso_day,
)
from app.values.edtf.label import label_of, label_of_day
from app.values.edtf.nodes import DateNode, EdtfError, IntervalNode, OpenEnd, RangeNode, SetNode, matching
from app.values.edtf.parser import MAX_LENGTH, scan
from app.values.timespan import OPEN_END, OPEN_START, Bounds, Timespan

__all__ = ["MAX_LENGTH", "Calendar", "EdtfError", "EdtfValue", "parse_edtf", "shown"]

# A range in a set, `1670..1672`, stands for each of its years. At most this many are expanded; a longer
# range is kept as one span, so that fewer answers are certain and none is wrong.
_MAX_WRITTEN_OUT: Final = 128

# The longest text that is cached: sets of hundreds of members would make the cache too large.
_SHORT: Final = 40

_PLAIN_DAY: Final = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")

# Seasons and sub-years (level 1, "Seasons"; level 2, "Sub-year groupings"): the first month of each, and
# how many it has. The winters of the north and the summer of the south run into the next year.
_SUB_YEARS: Final[dict[str, tuple[int, int]]] = {
    **dict(zip(("21", "22", "23", "24"), ((3, 3), (6, 3), (9, 3), (12, 3)), strict=True)),
    **dict(zip(("25", "26", "27", "28"), ((3, 3), (6, 3), (9, 3), (12, 3)), strict=True)),
    **dict(zip(("29", "30", "31", "32"), ((9, 3), (12, 3), (3, 3), (6, 3)), strict=True)),
    **dict(zip(("33", "34", "35", "36"), ((1, 3), (4, 3), (7, 3), (10, 3)), strict=True)),
    **dict(zip(("37", "38", "39"), ((1, 4), (5, 4), (9, 4)), strict=True)),
    **dict(zip(("40", "41"), ((1, 6), (7, 6)), strict=True)),
}


@dataclass(frozen=True, slots=True)
class EdtfValue:
    """A parsed date.

    `level` is the lowest level of the standard that has all of its notation. `month_day` is known (in the
    Gregorian calendar) of a single date whose month and day are written in full, with or without its year.
    `year_known` is false where years are written and no digit of any is known (`XXXX-01-03`, `[XXXX-05,
    XXXX-07]`); such a date cannot be sorted among others, though it has bounds. One known digit (`1XXX`),
    one known year of several (`1962/XXXX`) or an open side alone (`../..`) make it true. `year_in_full`
    says that every digit of every year is known.
    """

    text: str
    calendar: Calendar
    level: int
    span: Timespan
    label: str
    month_day: tuple[int, int] | None
    year_known: bool
    year_in_full: bool

    @property
    def qualified(self) -> bool:
        """Whether any part of it is uncertain or approximate."""
        return self.span.qualified


def parse_edtf(text: str, calendar: Calendar = Calendar.GREGORIAN) -> EdtfValue:
    """Parse an EDTF text whose digits are of that calendar, in time linear in its length.

    Raises EdtfError, and nothing else, for any text that is not EDTF, names a day that does not exist, ends
    before it can begin, or is longer than MAX_LENGTH characters.
    """
    if len(text) > MAX_LENGTH:
        raise EdtfError(f"a date has at most {MAX_LENGTH} characters", MAX_LENGTH)
    return _parse_cached(text, calendar) if len(text) <= _SHORT else _parse(text, calendar)


def shown(day: int) -> str | None:
    """Return a bound as the API shows it: an ISO day, None where it is open."""
    return None if day in {OPEN_START, OPEN_END} else iso_day(day)


def _parse(text: str, calendar: Calendar) -> EdtfValue:
    if calendar == Calendar.GREGORIAN and _PLAIN_DAY.fullmatch(text):
        # By far the most frequent form, parsed without the grammar.
        year, month, day = int(text[:4]), int(text[5:7]), int(text[8:])
        if 1 <= month <= 12 and 1 <= day <= days_in_month(year, month):
            number = days_from_gregorian(year, month, day)
            span = Timespan(Bounds(number, number, number, number))
            label = label_of_day(year, month, day)
            return EdtfValue(text, calendar, 0, span, label, (month, day), year_known=True, year_in_full=True)
    parsed = scan(text)
    month_day: tuple[int, int] | None = None
    if isinstance(parsed, DateNode):
        dates = [parsed]
        first, last = _days_of(parsed, calendar)
        span = Timespan(Bounds(first, last, first, last), qualified=_qualified(dates))
        if parsed.day and "X" not in parsed.month and "X" not in parsed.day:
            month_day = _month_day(parsed, first, calendar)
    else:
        dates = _dates_in(parsed)
        if isinstance(parsed, IntervalNode):
            span = Timespan(_interval_bounds(parsed, calendar), qualified=_qualified(dates))
        else:
            span = _set_span(parsed, calendar, qualified=_qualified(dates))
    return EdtfValue(
        text,
        calendar,
        parsed.level,
        span,
        label_of(parsed, calendar),
        month_day,
        year_known=not dates or any(date.year.strip("X") for date in dates),
        year_in_full=all(_year_in_full(date) for date in dates),
    )


def _dates_in(parsed: IntervalNode | SetNode) -> list[DateNode]:
    if isinstance(parsed, IntervalNode):
        return [side for side in (parsed.start, parsed.end) if isinstance(side, DateNode)]
    return [date for member in parsed.members for date in (member.first, member.last)]


def _qualified(dates: list[DateNode]) -> bool:
    return any(date.qualifiers != (0, 0, 0) for date in dates)


def _year_in_full(date: DateNode) -> bool:
    return "X" not in date.year and date.significant in {0, len(date.year)}


def _month_day(date: DateNode, day: int, calendar: Calendar) -> tuple[int, int] | None:
    if calendar != Calendar.JULIAN:
        return int(date.month), int(date.day)
    # The difference between the calendars depends on the year.
    return gregorian_from_days(day)[1:] if _year_in_full(date) else None


def _interval_bounds(interval: IntervalNode, calendar: Calendar) -> Bounds:
    s1, s2 = _side(interval.start, calendar, OPEN_START)
    e1, e2 = _side(interval.end, calendar, OPEN_END)
    try:
        return Bounds(s1, s2, e1, e2).tighten()
    except ValueError as error:
        raise EdtfError("the interval ends before it can begin", interval.end.position) from error


def _side(side: DateNode | OpenEnd, calendar: Calendar, beyond: int) -> tuple[int, int]:
    if isinstance(side, DateNode):
        return _days_of(side, calendar)
    return (OPEN_START, OPEN_END) if side.unknown else (beyond, beyond)


def _set_span(parsed: SetNode, calendar: Calendar, *, qualified: bool) -> Timespan:
    members: list[Bounds] = []
    budget = _MAX_WRITTEN_OUT
    for member in parsed.members:
        added = _member_bounds(member, calendar, budget, one_of=parsed.one_of)
        if len(added) > 1:
            budget -= len(added)
        members += added
    make = Timespan.one_of if parsed.one_of else Timespan.all_of
    return make(members, qualified=qualified)


def _member_bounds(member: RangeNode, calendar: Calendar, budget: int, *, one_of: bool) -> list[Bounds]:
    """Return the bounds of one date of a set, or of all in a range of it."""
    s1, s2 = _days_of(member.first, calendar)
    if member.open_before:
        return [Bounds(OPEN_START, s2, OPEN_START, s2) if one_of else Bounds(OPEN_START, OPEN_START, s1, s2)]
    if member.open_after:
        return [Bounds(s1, OPEN_END, s1, OPEN_END) if one_of else Bounds(s1, s2, OPEN_END, OPEN_END)]
    if member.last is member.first:
        return [Bounds(s1, s2, s1, s2)]
    e1, e2 = _days_of(member.last, calendar)
    if e2 < s1:
        raise EdtfError("the range ends before it can begin", member.last.position)
    written_out = _written_out(member, (s1, e2), calendar, budget)
    if written_out:
        return [Bounds(first, last, first, last) for first, last in written_out]
    whole = Bounds(s1, e2, s1, e2)
    return [whole] if one_of else [Bounds(s1, s2, s1, s2), whole, Bounds(e1, e2, e1, e2)]


def _written_out(
    member: RangeNode, days: tuple[int, int], calendar: Calendar, budget: int
) -> list[tuple[int, int]]:
    """Return each year, month or day of a range between two of the same precision; none if they are too many."""
    first, last = member.first, member.last
    plain = all(not d.masked and d.significant == 0 and d.month <= "12" for d in (first, last))
    if not plain or (first.month == "") != (last.month == "") or (first.day == "") != (last.day == ""):
        return []
    begin, end = _year(first), _year(last)
    if first.day:
        return [(day, day) for day in range(days[0], days[1] + 1)] if days[1] - days[0] < budget else []
    if not first.month:
        return (
            [_months(year, 1, 12, calendar) for year in range(begin, end + 1)] if end - begin < budget else []
        )
    begin, end = begin * 12 + int(first.month) - 1, end * 12 + int(last.month) - 1
    if end - begin >= budget:
        return []
    return [_months(month // 12, month % 12 + 1, 1, calendar) for month in range(begin, end + 1)]


def _year(date: DateNode) -> int:
    year = int(date.year)
    return -year if date.negative else year


def _months(year: int, month: int, count: int, calendar: Calendar) -> tuple[int, int]:
    """Return the first and last day of that many months."""
    to_days = days_from_julian if calendar == Calendar.JULIAN else days_from_gregorian
    after = month + count
    next_month = to_days(year + 1, after - 12, 1) if after > 12 else to_days(year, after, 1)
    return to_days(year, month, 1), next_month - 1


def _days_of(date: DateNode, calendar: Calendar) -> tuple[int, int]:
    """Return the first and last day that the digits of a date allow."""
    if date.masked or date.significant:
        return _days_of_masked(date, calendar)
    year = _year(date)
    if not date.month:
        return _months(year, 1, 12, calendar)
    month = int(date.month)
    if month > 12:
        return _months(year, *_SUB_YEARS[date.month], calendar)
    if not date.day:
        return _months(year, month, 1, calendar)
    day = int(date.day)
    if not 1 <= day <= days_in_month(year, month, calendar):
        raise EdtfError("no such day", date.day_position)
    number = (
        days_from_julian(year, month, day)
        if calendar == Calendar.JULIAN
        else days_from_gregorian(year, month, day)
    )
    return number, number


def _days_of_masked(date: DateNode, calendar: Calendar) -> tuple[int, int]:
    """Return the first and last of all days that the unspecified digits allow.

    Level 2, "Unspecified digit" and "Significant digits".
    """
    pattern = date.year
    if date.significant:
        pattern = pattern[: date.significant] + "X" * (len(pattern) - date.significant)
    low, high = int(pattern.replace("X", "0")), int(pattern.replace("X", "9"))
    if date.negative and low == 0:
        low = 10 ** (len(pattern) - 1 - pattern.rindex("X"))
    if date.month > "12" and date.month in _SUB_YEARS:
        first, count = _SUB_YEARS[date.month]
        years = (-high, -low) if date.negative else (low, high)
        return _months(years[0], first, count, calendar)[0], _months(years[1], first, count, calendar)[1]
    months = matching(date.month or "XX", 1, 12)
    days = matching(date.day or "XX", 1, 31)
    # A year that is no leap year has the fewest days: what exists in one exists in every year.
    if not (days and any(days[0] <= days_in_month(1, month) for month in months)):
        leap_years = _leap_years(pattern, calendar, negative=date.negative)
        if not leap_years or 2 not in months or days[:1] != (29,):
            raise EdtfError("no such day", date.day_position)
        low, high = leap_years
    begin, end = (-high, -low) if date.negative else (low, high)
    to_days = days_from_julian if calendar == Calendar.JULIAN else days_from_gregorian
    first_month = next(m for m in months if days[0] <= days_in_month(begin, m, calendar))
    last_month = next(m for m in reversed(months) if days[0] <= days_in_month(end, m, calendar))
    length = days_in_month(end, last_month, calendar)
    last_day = next(day for day in reversed(days) if day <= length)
    return to_days(begin, first_month, days[0]), to_days(end, last_month, last_day)


def _leap_years(pattern: str, calendar: Calendar, *, negative: bool) -> tuple[int, int] | None:
    """Return the first and last leap year, without sign, among those that four digits allow."""
    centuries, years = matching(pattern[:2], 0, 99), matching(pattern[2:], 0, 99)
    found: list[int] = []
    for century, in_order in ((centuries[0], years), (centuries[-1], years[::-1])):
        year = next((year for year in in_order if year and year % 4 == 0), None)
        if year is not None:
            found.append(century * 100 + year)
    if years[0] == 0:
        every = 1 if calendar == Calendar.JULIAN else 4
        for in_order in (centuries, centuries[::-1]):
            turn = next((c for c in in_order if c % every == 0 and not (negative and c == 0)), None)
            if turn is not None:
                found.append(turn * 100)
    return (min(found), max(found)) if found else None


_parse_cached = lru_cache(maxsize=2_048)(_parse)
