"""Dates of Gramps (dateval, daterange, datespan, datestr) as dates of records.

A range says that it was one of the days there, a span has a beginning and an end; estimated and calculated dates are
approximate. What is not understood is kept as words: a year that began on another day than 1 January among it, since
the file does not say which of the two ways to count such years is meant.
"""

import re
from typing import Final

from app.imports.readers.genealogical_dates import (
    NotOfTheGrammar,
    OneDate,
    WrittenDate,
    as_edtf,
    checked,
    one_date,
    one_of_days,
)
from app.imports.readers.gramps.xml import Element
from app.values.calendar import days_from_julian
from app.values.calendars.rules import NoSuchDate, OtherCalendar
from app.values.date_text.reading import DateTextError, read_date_text
from app.values.edtf.nodes import EdtfError

DATES: Final = ("dateval", "daterange", "datespan", "datestr")
"""The names of the elements."""

_GREGORIAN: Final = "gregorian"
_JULIAN: Final = "julian"
_CALENDARS: Final = {
    "": _GREGORIAN,
    "Gregorian": _GREGORIAN,
    "Julian": _JULIAN,
    "Hebrew": OtherCalendar.HEBREW.value,
    "French Republican": OtherCalendar.FRENCH_REPUBLICAN.value,
    "Persian": OtherCalendar.PERSIAN.value,
    "Islamic": OtherCalendar.ISLAMIC.value,
}
_SWEDISH: Final = "Swedish"
# From 1 March 1700 to 30 February 1712 Sweden was a day ahead of the Julian calendar.
_FIRST_SWEDISH: Final = (1700, 3, 1)
_LAST_SWEDISH: Final = (1712, 2, 30)
_MONTHS_OF_30: Final = (4, 6, 9, 11)

_VALUE: Final = re.compile(r"(-?[0-9]{1,4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?")
_FORMS: Final = {
    "": "exactly",
    "before": "before",
    "after": "after",
    "about": "about",
    "from": "from",
    "to": "to",
}
_FORMS_OF_DURATIONS: Final = {"before": "to", "after": "from"}
_JANUARY: Final = frozenset({"", "Jan1", "1-1", "01-01"})


def read_date(element: Element, *, is_duration: bool = False) -> WrittenDate:
    """Read one of the elements `DATES`; of what holds for some time, such as a name, `before 1800` is its end."""
    written = _as_written(element)
    if element.tag == "datestr":
        return _of_words(written)
    try:
        calendar, edtf = _read(element, is_duration=is_duration)
        return checked(calendar, edtf, written)
    except (NotOfTheGrammar, NoSuchDate, EdtfError):
        return WrittenDate(None, None, written)


def _of_words(written: str) -> WrittenDate:
    try:
        decided = read_date_text(written).decided
    except DateTextError:
        decided = None
    if decided is None or decided.edtf is None:
        return WrittenDate(None, None, written)
    return WrittenDate(
        decided.edtf, None if decided.calendar == _GREGORIAN else decided.calendar.value, written
    )


def _as_written(element: Element) -> str:
    match element.tag:
        case "dateval":
            written = " ".join(filter(None, (element.get("type"), element.get("val"))))
        case "daterange":
            written = f"between {element.get('start')} and {element.get('stop')}"
        case "datespan":
            written = f"from {element.get('start')} to {element.get('stop')}"
        case _:
            return element.get("val")
    new_year = element.get("newyear")
    besides = (
        element.get("quality"),
        element.get("cformat"),
        "dual dated" if element.get("dualdated") == "1" else "",
        f"new year {new_year}" if new_year else "",
    )
    said = ", ".join(filter(None, besides))
    return f"{written} ({said})" if said else written


def _read(element: Element, *, is_duration: bool) -> tuple[str, str]:
    # A dual date has the later of its two years, that which began on 1 January.
    if element.get("newyear") not in _JANUARY and element.get("dualdated") != "1":
        raise NotOfTheGrammar
    calendar = element.get("cformat")
    is_approximate = bool(element.get("quality"))
    if element.tag == "dateval":
        form = (_FORMS | _FORMS_OF_DURATIONS if is_duration else _FORMS).get(element.get("type"))
        if form is None:
            raise NotOfTheGrammar
        dates = [_one_date(element.get("val"), calendar)]
        if form == "exactly" and is_approximate:
            form, is_approximate = "about", False
    else:
        form = "between" if element.tag == "daterange" else "period"
        dates = [_one_date(element.get(name), calendar) for name in ("start", "stop")]
    named, edtf = as_edtf(form, dates)
    if is_approximate and form != "about":
        edtf = re.sub(r"\d(?=\.\.|\]|/|$)", r"\g<0>~", edtf)
    return named, edtf


def _one_date(value: str, calendar: str) -> OneDate:
    match = _VALUE.fullmatch(value)
    if match is None:
        raise NotOfTheGrammar
    year, month, day = (int(part) if part else 0 for part in match.groups())
    if year == 0 or (day and not month):
        raise NotOfTheGrammar
    if calendar == _SWEDISH:
        return _swedish(year, month, day)
    if calendar not in _CALENDARS:
        raise NotOfTheGrammar
    name = _CALENDARS[calendar]
    if name in (_GREGORIAN, _JULIAN):
        # -44 is 44 BCE.
        year = year + 1 if year < 0 else year
    return one_date(name, year, month or None, day or None)


def _swedish(year: int, month: int, day: int) -> OneDate:
    first = (year, month or 1, day or 1)
    last = (year, month or 12, day or _days_in_month(year, month or 12))
    if not _FIRST_SWEDISH <= first <= last <= _LAST_SWEDISH or last[2] > _days_in_month(*last[:2]):
        raise NotOfTheGrammar
    return one_of_days(_GREGORIAN, _swedish_day(*first), _swedish_day(*last))


def _days_in_month(year: int, month: int) -> int:
    if month == 2:
        return 30 if year == 1712 else 29 if year % 4 == 0 else 28
    return 30 if month in _MONTHS_OF_30 else 31


def _swedish_day(year: int, month: int, day: int) -> int:
    # Counted on from the first of the month, as the Julian calendar has no 30 February.
    return days_from_julian(year, month, 1) + day - 2
