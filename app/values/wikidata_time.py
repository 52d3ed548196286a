"""Times as Wikidata writes them, as EDTF.

Wikibase's data model (Wikibase/DataModel/JSON, "time") has the text, a precision from 0 (a thousand million
years) to 11 (a day), and the calendar that is preferred. Its JSON and its RDF count years differently:

* In JSON, and in what is copied from its pages, `-0044` is 44 BCE, what is less precise than a day has
  `00` for its month or day, and the digits are of the calendar that is named.
* In RDF, and so in the answers of its query service, years are those of XML Schema 1.1: `-0043` is 44
  BCE. Days are Gregorian there, whatever calendar is named; what is less precise is left as it was.
"""

import re
from collections.abc import Callable, Mapping
from typing import Final, Literal, NamedTuple

from app.values.calendar import Calendar
from app.values.edtf.text import year_text

Years = Literal["json", "rdf"]
"""How years before 1 CE are counted, and which calendar the digits of a day are of."""

DAY: Final = 11
MONTH: Final = 10
YEAR: Final = 9
DECADE: Final = 8
CENTURY: Final = 7
MILLENNIUM: Final = 6

GREGORIAN_MODEL: Final = "Q1985727"
JULIAN_MODEL: Final = "Q1985786"

WIKIDATA_TIME: Final = re.compile(
    r"([+-]?)([0-9]{1,16})-([0-9]{2})-([0-9]{2})(?:T00:00:00(?:\.0+)?(?:Z|\+00:00)?)?", re.ASCII
)
"""A time: its sign, year, month and day, of which the last two may be 00, and midnight or nothing."""

_FOUR_DIGITS: Final = 9999


class WikidataTimeError(ValueError):
    """The text is no time of Wikidata, or its precision or calendar is unknown; says what to give instead."""


class WikidataTime(NamedTuple):
    """A time in EDTF, and the calendar of its digits."""

    edtf: str
    calendar: Calendar


def years_of(time: str) -> Years | None:
    """Return the convention that a time can only be of, by its sign or a month or day of zero; None where both are possible."""
    return "json" if time.startswith("+") or "-00" in time.partition("T")[0][1:] else None


def read_wikidata_time(time: str, precision: int, model: str, years: Years) -> WikidataTime:
    """Return a time of Wikidata in EDTF.

    Before our era EDTF's digits say what a century is by the usual reckoning (`-03XX` is 400 to 301
    BCE); of our era they do but for a year, as for the text "20th century" (`19XX`).

    Args:
        time: such as `+1950-00-00T00:00:00Z`.
        precision: 0 to 11.
        model: the calendar: the number of its item, or its address.
        years: how years are counted.

    Raises:
        WikidataTimeError: it is no such time.
    """
    found = WIKIDATA_TIME.fullmatch(time)
    if found is None:
        raise WikidataTimeError("Give a time as Wikidata writes it, such as +1950-00-00T00:00:00Z.")
    item = model.rpartition("/")[2]
    if item not in (GREGORIAN_MODEL, JULIAN_MODEL):
        raise WikidataTimeError(
            f"Give the calendar, {GREGORIAN_MODEL} (Gregorian) or {JULIAN_MODEL} (Julian)."
        )
    sign, digits, month, day = found.groups()
    year = -int(digits) if sign == "-" else int(digits)
    if years == "json":
        if year == 0:
            raise WikidataTimeError("There is no year 0 in Wikidata's JSON.")
        if year < 0:
            year += 1
    is_julian = item == JULIAN_MODEL and not (years == "rdf" and precision == DAY)
    return WikidataTime(
        _edtf(year, month, day, precision), Calendar.JULIAN if is_julian else Calendar.GREGORIAN
    )


def _edtf(year: int, month: str, day: str, precision: int) -> str:
    if precision in (MONTH, DAY) and abs(year) > _FOUR_DIGITS:
        raise WikidataTimeError(
            "EDTF has no months and days for years of more than four digits: give the year."
        )
    if precision in (MONTH, DAY) and (month == "00" or (precision == DAY and day == "00")):
        raise WikidataTimeError("A time as precise as a month or day needs its month, and its day.")
    if precision == DAY:
        return f"{year_text(year)}-{month}-{day}"
    if precision == MONTH:
        return f"{year_text(year)}-{month}"
    if precision in _COARSE:
        return _COARSE[precision](year)
    if not 0 <= precision < MILLENNIUM:
        raise WikidataTimeError("Give the precision: 11 (a day), 10 (a month), 9 (a year), down to 0.")
    significant = len(str(abs(year))) - (YEAR - precision)
    if significant < 1:
        raise WikidataTimeError("This time is smaller than its precision.")
    return f"Y{year}S{significant}" if abs(year) > _FOUR_DIGITS else f"{year_text(year)}S{significant}"


def _decade(year: int) -> str:
    """Return a decade: of our era by its digits, before it by those of the years BCE."""
    if year > 0:
        return f"{_within_four_digits(year)[:3]}X"
    last = max((1 - year) // 10 * 10, 1)
    first = last // 10 * 10 + 9
    return f"[{_within_four_digits(1 - first)}..{year_text(1 - last)}]"


def _counted_from_one(year: int, mask: str) -> str:
    """Return a century or millennium, which is counted from 1 in both directions: 1901 and 2000 are of the twentieth."""
    size = 10 ** len(mask)
    if -size < year <= 0:
        # EDTF has no digits for it: the year 0 is its last.
        return f"[{year_text(1 - size)}..0000]"
    return _within_four_digits(year - 1 if year > 0 else year)[: -len(mask)] + mask


def _within_four_digits(year: int) -> str:
    if abs(year) > _FOUR_DIGITS:
        raise WikidataTimeError("A decade, century or millennium lies within 10,000 years of our era.")
    return year_text(year)


_COARSE: Final[Mapping[int, Callable[[int], str]]] = {
    YEAR: year_text,
    DECADE: _decade,
    CENTURY: lambda year: _counted_from_one(year, "XX"),
    MILLENNIUM: lambda year: _counted_from_one(year, "XXX"),
}
