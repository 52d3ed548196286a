"""Pieces: dates as far as a text says them.

A piece of a range may lack what the other one says, as the first of `12-15 May 1940` does.
"""

from dataclasses import dataclass, field
from typing import Final

from app.values.calendar import Calendar, days_in_month
from app.values.date_text.errors import DateTextError
from app.values.date_text.weekdays import Day
from app.values.edtf.text import MAX_PLAIN_YEAR, year_text

FEWEST_DIGITS_OF_A_YEAR: Final = 3
"""A number of fewer digits is a year only where something else says so, such as an era."""


@dataclass(slots=True)
class Piece:
    """A date, as far as it is said.

    Attributes:
        start: where it begins in the folded text, from 0.
        end: where it ends.
        number: a number of which the other end of the range must tell what it is.
        digits: how many digits `number` has, or the year.
        year: the year as it is counted, before its era; the number of a century; the first year of a decade.
        era: -1, 1, or 0 where none is said.
        unit: `year`, or a unit of years.
        month: 1 to 12, a season or part of a year from 21 on; -1: said to be unknown.
        day: 1 to 31; -1: said to be unknown.
        is_year_unknown: whether the year is said to be unknown.
        part: which of how many parts, from 0; of three: early, mid and late.
        more_parts: how many more of them, as in `early to mid 19th century`.
        is_year_first: whether the day and month stand after the year.
        is_roman: whether it is a number in Roman digits.
        is_early: whether the part was said as early, mid or late.
        bits: qualifiers of the whole date.
        of_components: qualifiers of year, month and day, where they differ.
        calendar: what its style is, where one is said.
        clock: a time of day, as EDTF has it.
        bounds: the years of a set of years.
        days: the first and last day of a set of days.
        weekday: what it is said to be, from 0 for Monday.
    """

    start: int
    end: int = 0
    number: int | None = None
    digits: int = 0
    year: int | None = None
    era: int = 0
    unit: str = "year"
    month: int = 0
    day: int = 0
    is_year_unknown: bool = False
    part: tuple[int, int] | None = None
    more_parts: int = 0
    is_year_first: bool = False
    is_roman: bool = False
    is_early: bool = False
    bits: int = 0
    of_components: tuple[int, int, int] = (0, 0, 0)
    calendar: Calendar | None = None
    clock: str = ""
    bounds: tuple[int, int] | None = None
    days: tuple[Day, Day] | None = None
    weekday: int | None = None


@dataclass(slots=True)
class Dated:
    """A whole date.

    Attributes:
        first: its EDTF, or that of the first date of a set.
        last: that of the last date of the set; None: it is one date.
        earliest: its first day.
        latest: its last day.
        notes: what was taken for what.
    """

    first: str
    last: str | None
    earliest: Day
    latest: Day
    notes: list[str] = field(default_factory=list)

    @property
    def member(self) -> str:
        """It as a member of a set."""
        return self.first if self.last is None else f"{self.first}..{self.last}"

    @property
    def mark(self) -> str:
        """Its qualifier, if one stands at its end."""
        return self.first[-1] if self.first[-1] in "?~%" else ""


def day_text(day: Day) -> str:
    """Write a day in EDTF; of a year that has more than four digits, the year."""
    year, month, number = day
    return year_text(year) if abs(year) > MAX_PLAIN_YEAR else f"{year_text(year)}-{month:02}-{number:02}"


def day_before(day: Day, calendar: Calendar) -> Day:
    """Return the day before one."""
    year, month, number = day
    if abs(year) > MAX_PLAIN_YEAR:
        return year - 1, 12, 31
    if number > 1:
        return year, month, number - 1
    year, month = (year, month - 1) if month > 1 else (year - 1, 12)
    return year, month, days_in_month(year, month, calendar)


def day_after(day: Day, calendar: Calendar) -> Day:
    """Return the day after one."""
    year, month, number = day
    if abs(year) > MAX_PLAIN_YEAR:
        return year + 1, 1, 1
    if number < days_in_month(year, month, calendar):
        return year, month, number + 1
    return (year, month + 1, 1) if month < 12 else (year + 1, 1, 1)


def astronomical(piece: Piece) -> int:
    """Return the astronomical year: 44 BC is -43."""
    year = piece.year
    if year is None:
        raise DateTextError("the year is missing", piece.end)
    if piece.era < 0:
        if year == 0:
            raise DateTextError("there is no year 0 before Christ", piece.start, piece.end)
        return 1 - year
    return year
