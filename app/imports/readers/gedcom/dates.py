"""Dates of GEDCOM (5.5.1, DATE_VALUE; 7.0, 2.4) as dates of records.

BEF, AFT and BET … AND say that it was one of the days there; FROM and TO are the ends of an interval, ABT, CAL and EST
make it approximate. A dual year, `1724/25`, is Old Style, whose year began on 25 March. A date of the Hebrew or the French
Republican calendar becomes its Gregorian days. What does not follow this grammar is kept as words.
"""

import re
from functools import lru_cache
from types import MappingProxyType
from typing import Final, NamedTuple

from app.imports.readers.genealogical_dates import (
    NotOfTheGrammar,
    OneDate,
    WrittenDate,
    as_edtf,
    checked,
    one_date,
)
from app.values.calendars.rules import NoSuchDate, OtherCalendar
from app.values.edtf.nodes import EdtfError

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
        ("exactly", r"INT\.? (?P<first>.+?) ?\(.*\)"),
        ("exactly", r"(?P<first>.+)"),
    )
)
_MAX_LENGTH: Final = 300
_LAST_MONTH_OF_DUAL_YEARS: Final = 3


class _Date(NamedTuple):
    """One date, and what was written of its calendar."""

    date: OneDate
    is_named: bool
    is_dual: bool


@lru_cache(maxsize=4096)
def read_date(text: str, phrase: str = "") -> WrittenDate:
    """Read the value of a DATE line; `phrase` are the words that 7.0 puts below it."""
    plain = " ".join(text.split())
    written = f"{plain} ({phrase})" if plain and phrase else plain or phrase
    try:
        return checked(*_read(plain.upper()), written)
    except (NotOfTheGrammar, NoSuchDate, EdtfError):
        return WrittenDate(None, None, written)


def _read(text: str) -> tuple[str, str]:
    """Return the calendar and the EDTF text of a date in capitals."""
    if len(text) > _MAX_LENGTH:
        raise NotOfTheGrammar
    for name, form in _FORMS:
        match = form.fullmatch(text)
        if match is not None:
            return as_edtf(name, _agreed([_one_date(part) for part in match.groupdict().values()]))
    raise NotOfTheGrammar


def _one_date(text: str) -> _Date:
    match = _DATE.fullmatch(text)
    if match is None:
        raise NotOfTheGrammar
    calendar = _CALENDARS[match["calendar"]] if match["calendar"] else _GREGORIAN
    month = None
    if match["month"]:
        month = _MONTHS_OF[calendar].get(match["month"])
        if month is None:
            raise NotOfTheGrammar
    day = int(match["day"]) if match["day"] else None
    year = int(match["year"])
    if match["dual"]:
        if calendar not in {_GREGORIAN, _JULIAN} or match["bce"]:
            raise NotOfTheGrammar
        # The days from 1 January to 24 March were of the year before, where it began on 25 March.
        is_next = (year + 1) % 10 ** (len(match["dual"]) - 1) == int(match["dual"][1:])
        if not is_next or month is None or month > _LAST_MONTH_OF_DUAL_YEARS:
            raise NotOfTheGrammar
        year, calendar = year + 1, _JULIAN
    if calendar in {_GREGORIAN, _JULIAN}:
        if year == 0:
            raise NotOfTheGrammar
        year = 1 - year if match["bce"] else year
    elif match["bce"]:
        raise NotOfTheGrammar
    return _Date(one_date(calendar, year, month, day), bool(match["calendar"]), bool(match["dual"]))


def _agreed(dates: list[_Date]) -> list[OneDate]:
    """Let a date that names no calendar be of that of a dual year beside it."""
    is_dual = any(one.is_dual for one in dates)
    return [
        one.date._replace(calendar=_JULIAN)
        if is_dual and not (one.is_named or one.is_dual or one.date.digits is None)
        else one.date
        for one in dates
    ]
