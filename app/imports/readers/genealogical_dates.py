"""Dates of genealogical programs as dates of records: what GEDCOM and Gramps have in common.

Before, after and between say that it was one of the days there; from and to are the ends of an interval. A date of a
calendar other than the Gregorian and the Julian becomes its Gregorian days.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from app.values.calendar import Calendar, iso_day
from app.values.calendars.rules import OtherCalendar, days_of
from app.values.edtf.nodes import EdtfError
from app.values.edtf.text import year_text
from app.values.edtf.value import parse_edtf


class NotOfTheGrammar(ValueError):
    """A date that is none by the rules of its format."""


class WrittenDate(NamedTuple):
    """A date as it was written, and what it means.

    Attributes:
        edtf: None where it is not understood, or its calendar has no such day.
        calendar: that of the words, where it is not the Gregorian.
        as_written: the words.
    """

    edtf: str | None
    calendar: str | None
    as_written: str

    @property
    def is_one_date(self) -> bool:
        """Whether it can be the end of an interval."""
        return self.edtf is not None and self.edtf[0] not in "[{" and "/" not in self.edtf

    def to_document(self) -> dict[str, Any] | None:
        """Return it as a record's date."""
        if self.edtf is None:
            return None
        named = {} if self.calendar is None else {"calendar": self.calendar}
        return {"edtf": self.edtf, **named, "as_written": self.as_written}


class OneDate(NamedTuple):
    """One day, month or year: digits of EDTF where its calendar has them, else the days that it can be."""

    calendar: str
    digits: str | None
    first: int
    last: int


def one_date(calendar: str, year: int, month: int | None = None, day: int | None = None) -> OneDate:
    """Return a date of a calendar; `year` is astronomical in the Gregorian and the Julian.

    Raises:
        EdtfError: the Gregorian or Julian calendar has no such day.
        NoSuchDate: another calendar has none.
    """
    if calendar in set(Calendar):
        written = "-".join((year_text(year), *(f"{number:02d}" for number in (month, day) if number)))
        bounds = parse_edtf(written, Calendar(calendar)).span.bounds
        return OneDate(calendar, written, bounds.s1, bounds.e2)
    return one_of_days(calendar, *days_of(OtherCalendar(calendar), year, month, day))


def one_of_days(calendar: str, first: int, last: int) -> OneDate:
    """Return a date that is one of some days, by their numbers (`app.values.calendar`)."""
    return OneDate(calendar, iso_day(first) if first == last else None, first, last)


def as_edtf(form: str, dates: Sequence[OneDate]) -> tuple[str, str]:
    """Return the calendar of a date, and its EDTF text.

    `form` is `between`, `period`, `from`, `to`, `before`, `after`, `about` or `exactly`; the first two have two dates.

    Raises:
        NotOfTheGrammar: the ends of an interval are of several calendars, or one is no date of its own.
    """
    calendars = {one.calendar for one in dates}
    first, last = dates[0], dates[-1]
    has_digits = len(calendars) == 1 and all(one.digits is not None for one in dates)
    calendar = first.calendar if len(calendars) == 1 else Calendar.GREGORIAN.value
    begin, end = (
        (first.digits or "", last.digits or "") if has_digits else (iso_day(first.first), iso_day(last.last))
    )
    match form:
        case "between":
            return calendar, f"[{begin}..{end}]"
        case "before":
            return calendar, f"[..{first.digits or iso_day(first.last)}]"
        case "after":
            return calendar, f"[{begin}..]"
        case "about" if not has_digits:
            return calendar, f"[{begin}~..{end}~]"
        case "about":
            return calendar, f"{begin}~"
        case "exactly":
            return calendar, begin if has_digits else f"[{begin}..{end}]"
    if not has_digits:
        # The end of an interval is one date, of one calendar.
        raise NotOfTheGrammar
    return calendar, {"period": f"{begin}/{end}", "from": f"{begin}/", "to": f"/{begin}"}[form]


def checked(calendar: str, edtf: str, as_written: str) -> WrittenDate:
    """Return a date whose EDTF is valid.

    Raises:
        EdtfError: it is not.
    """
    is_julian = calendar == Calendar.JULIAN
    parse_edtf(edtf, Calendar.JULIAN if is_julian else Calendar.GREGORIAN)
    return WrittenDate(edtf, None if calendar == Calendar.GREGORIAN else calendar, as_written)


def life_between(birth: WrittenDate | None, death: WrittenDate | None) -> dict[str, Any] | None:
    """Return the date of a life that has ended, from birth to death; an end that is no plain date is not known.

    None where neither is a plain date, they are of two calendars, or death comes before birth.
    """
    ends = [one if one is not None and one.is_one_date else None for one in (birth, death)]
    known = [one for one in ends if one is not None]
    calendars = {one.calendar for one in known}
    if len(calendars) != 1:
        return None
    words = zip(("born", "died"), ends, strict=True)
    written = ", ".join(f"{word} {one.as_written}" for word, one in words if one is not None)
    edtf = "/".join("" if one is None else one.edtf or "" for one in ends)
    try:
        return checked(calendars.pop() or Calendar.GREGORIAN.value, edtf, written).to_document()
    except EdtfError:
        return None
