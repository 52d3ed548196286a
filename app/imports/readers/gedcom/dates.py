"""Dates of GEDCOM (5.5.1, DATE_VALUE; 7.0, 2.4) as dates of records.

BEF, AFT and BET … AND say that it was one of the days there; FROM and TO are the ends of an interval, ABT, CAL and EST
make it approximate. A dual year, `1724/25`, is Old Style, whose year began on 25 March. A date of the Hebrew or the French
Republican calendar becomes its Gregorian days. What does not follow this grammar is kept as words.
"""

import re
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from app.values.calendar import Calendar, iso_day
from app.values.calendars.rules import NoSuchDate, OtherCalendar, days_of
from app.values.edtf.nodes import EdtfError
from app.values.edtf.value import parse_edtf

_MONTHS: Final = "JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC"
_HEBREW: Final = "TSH CSH KSL TVT SHV ADR ADS NSN IYR SVN TMZ AAV ELL"
_FRENCH: Final = "VEND BRUM FRIM NIVO PLUV VENT GERM FLOR PRAI MESS THER FRUC COMP"


def _numbered(months: str) -> dict[str, int]:
    return {month: number for number, month in enumerate(months.split(), 1)}


_GREGORIAN: Final = "gregorian"
_JULIAN: Final = "julian"

_CALENDARS: Final = MappingProxyType(
    {
        "@#DGREGORIAN@": _GREGORIAN,
        "GREGORIAN": _GREGORIAN,
        "@#DJULIAN@": _JULIAN,
        "JULIAN": _JULIAN,
        "@#DHEBREW@": OtherCalendar.HEBREW.value,
        "HEBREW": OtherCalendar.HEBREW.value,
        "@#DFRENCH R@": OtherCalendar.FRENCH_REPUBLICAN.value,
        "FRENCH_R": OtherCalendar.FRENCH_REPUBLICAN.value,
    }
)

_MONTHS_OF: Final = MappingProxyType(
    {
        _GREGORIAN: _numbered(_MONTHS),
        _JULIAN: _numbered(_MONTHS),
        OtherCalendar.HEBREW.value: _numbered(_HEBREW),
        OtherCalendar.FRENCH_REPUBLICAN.value: _numbered(_FRENCH),
    }
)

_DATE: Final = re.compile(
    rf"(?:(?P<calendar>{'|'.join(map(re.escape, _CALENDARS))}) ?)?"
    r"(?:(?:(?P<day>[0-9]{1,2}) )?(?P<month>[A-Z]{3,4}) )?"
    r"(?P<year>[0-9]{1,4})(?P<dual>/[0-9]{2}|/[0-9]{4})?(?P<bce> ?(?:B\.?C\.?|BCE))?"
)
_FORMS: Final = tuple(
    (name, re.compile(form))
    for name, form in (
        ("between", r"BET\.? (?P<first>.+) AND (?P<last>.+)"),
        ("period", r"FROM (?P<first>.+) TO (?P<last>.+)"),
        ("from", r"FROM (?P<first>.+)"),
        ("to", r"TO (?P<first>.+)"),
        ("before", r"BEF\.? (?P<first>.+)"),
        ("after", r"AFT\.? (?P<first>.+)"),
        ("about", r"(?:ABT|CAL|EST)\.? (?P<first>.+)"),
        ("interpreted", r"INT\.? (?P<first>.+?) ?\(.*\)"),
        ("exactly", r"(?P<first>.+)"),
    )
)
_MAX_LENGTH: Final = 300
_LAST_MONTH_OF_DUAL_YEARS: Final = 3


class GedcomDate(NamedTuple):
    """A date as it was written, and what it means.

    Attributes:
        edtf: None where it does not follow the grammar, or its calendar has no such day.
        calendar: that of the words, where it is not the Gregorian.
        as_written: the words.
    """

    edtf: str | None
    calendar: str | None
    as_written: str

    def to_document(self) -> dict[str, Any] | None:
        """Return it as a record's date."""
        if self.edtf is None:
            return None
        named = {} if self.calendar is None else {"calendar": self.calendar}
        return {"edtf": self.edtf, **named, "as_written": self.as_written}


class _Date(NamedTuple):
    """One date: digits of EDTF where its calendar has them, else the days that it can be."""

    calendar: str
    is_named: bool
    is_dual: bool
    digits: str | None
    first: int
    last: int


class _NotOfTheGrammar(ValueError):
    pass


@lru_cache(maxsize=4096)
def read_date(text: str, phrase: str = "") -> GedcomDate:
    """Read the value of a DATE line; `phrase` are the words that 7.0 puts below it."""
    plain = " ".join(text.split())
    written = f"{plain} ({phrase})" if plain and phrase else plain or phrase
    try:
        calendar, edtf = _read(plain.upper())
        parse_edtf(edtf, Calendar.JULIAN if calendar == _JULIAN else Calendar.GREGORIAN)
    except (_NotOfTheGrammar, NoSuchDate, EdtfError):
        return GedcomDate(None, None, written)
    return GedcomDate(edtf, None if calendar == _GREGORIAN else calendar, written)


def _read(text: str) -> tuple[str, str]:
    """Return the calendar and the EDTF text of a date in capitals."""
    if len(text) > _MAX_LENGTH:
        raise _NotOfTheGrammar
    for name, form in _FORMS:
        match = form.fullmatch(text)
        if match is not None:
            return _as_edtf(name, _agreed([_one_date(part) for part in match.groupdict().values()]))
    raise _NotOfTheGrammar


def _one_date(text: str) -> _Date:
    match = _DATE.fullmatch(text)
    if match is None:
        raise _NotOfTheGrammar
    calendar = _CALENDARS[match["calendar"]] if match["calendar"] else _GREGORIAN
    month = None
    if match["month"]:
        month = _MONTHS_OF[calendar].get(match["month"])
        if month is None:
            raise _NotOfTheGrammar
    day = int(match["day"]) if match["day"] else None
    year = int(match["year"])
    if match["dual"]:
        if calendar not in {_GREGORIAN, _JULIAN} or match["bce"]:
            raise _NotOfTheGrammar
        # The days from 1 January to 24 March were of the year before, where it began on 25 March.
        is_next = (year + 1) % 10 ** (len(match["dual"]) - 1) == int(match["dual"][1:])
        if not is_next or month is None or month > _LAST_MONTH_OF_DUAL_YEARS:
            raise _NotOfTheGrammar
        year, calendar = year + 1, _JULIAN
    if calendar in {_GREGORIAN, _JULIAN}:
        if year == 0:
            raise _NotOfTheGrammar
        year = 1 - year if match["bce"] else year
        written = f"{'-' if year < 0 else ''}{abs(year):04d}" + "".join(
            f"-{n:02d}" for n in (month, day) if n
        )
        kind = Calendar.JULIAN if calendar == _JULIAN else Calendar.GREGORIAN
        bounds = parse_edtf(written, kind).span.bounds
        is_named, is_dual = bool(match["calendar"]), bool(match["dual"])
        return _Date(calendar, is_named, is_dual, written, bounds.s1, bounds.e2)
    if match["bce"]:
        raise _NotOfTheGrammar
    first, last = days_of(OtherCalendar(calendar), year, month, day)
    digits = iso_day(first) if first == last else None
    return _Date(calendar, is_named=True, is_dual=False, digits=digits, first=first, last=last)


def _agreed(dates: list[_Date]) -> list[_Date]:
    """Let a date that names no calendar be of that of a dual year beside it."""
    if not any(one.is_dual for one in dates):
        return dates
    return [
        one if one.is_named or one.is_dual or one.digits is None else one._replace(calendar=_JULIAN)
        for one in dates
    ]


def _as_edtf(form: str, dates: list[_Date]) -> tuple[str, str]:
    """Return the calendar of the date, and its EDTF text."""
    calendars = {one.calendar for one in dates}
    first, last = dates[0], dates[-1]
    has_digits = len(calendars) == 1 and all(one.digits is not None for one in dates)
    calendar = first.calendar if len(calendars) == 1 else _GREGORIAN
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
        case "exactly" | "interpreted":
            return calendar, begin if has_digits else f"[{begin}..{end}]"
    if not has_digits:
        # The end of an interval is one date, of one calendar.
        raise _NotOfTheGrammar
    return calendar, {"period": f"{begin}/{end}", "from": f"{begin}/", "to": f"/{begin}"}[form]
