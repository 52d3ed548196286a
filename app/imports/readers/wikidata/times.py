"""The date of an item, of its statements of time: the best ones are the record's, others compete with it."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from app.imports.readers.wikidata import properties as of
from app.imports.readers.wikidata.statements import Statement, item_number, statements
from app.values.calendar import Calendar, iso_day
from app.values.edtf.nodes import EdtfError
from app.values.edtf.value import parse_edtf
from app.values.wikidata_time import WikidataTime, WikidataTimeError, read_wikidata_time
from app.values.year_masks import least_mask

_YEARS: Final = re.compile(r"(?<![0-9-])-?[0-9]{4}")
Claims = Mapping[str, Any]


class BadTime(ValueError):
    """A statement of time that cannot be read; says which and why."""


def date_of(claims: Claims) -> dict[str, Any] | None:
    """Return the date of a record: of one time, or from a start to an end, of which one may be unknown.

    Raises:
        BadTime: a time is none of Wikidata's.
    """
    point = _best(claims, of.POINTS)
    if point is not None:
        return _date(point, None, is_interval=False)
    start, end = _best(claims, of.STARTS), _best(claims, of.ENDS)
    if start is None and end is None:
        return None
    return _date(start, end, is_interval=True)


def competing_dates(claims: Claims) -> Iterator[tuple[dict[str, Any], str]]:
    """Yield the dates that other statements of one time say, with the rank of each.

    Raises:
        BadTime: a time is none of Wikidata's.
    """
    for name in of.POINTS:
        found = statements(claims, name)
        for one in found[1:] if found else ():
            said = _date(_time(name, one), None, is_interval=False)
            yield said, one.rank
        if found:
            return


def _best(claims: Claims, names: tuple[str, ...]) -> WikidataTime | None:
    for name in names:
        found = [one for one in statements(claims, name) if one.rank != "deprecated"]
        if found:
            return _time(name, found[0])
    return None


def _time(name: str, statement: Statement) -> WikidataTime:
    time = _read(name, statement.value)
    earliest, latest = (
        _read(name, statement.qualifiers[bound][0]) if statement.qualifiers.get(bound) else None
        for bound in (of.EARLIEST, of.LATEST)
    )
    if (earliest or latest) and all(
        one is None or ("[" not in one.edtf and one.calendar == time.calendar) for one in (earliest, latest)
    ):
        text = f"[{earliest.edtf if earliest else ''}..{latest.edtf if latest else ''}]"
        return WikidataTime(text, time.calendar)
    circumstances = statement.qualifiers.get(of.CIRCUMSTANCES, ())
    if any(item_number(one) == int(of.CIRCA[1:]) for one in circumstances) and "[" not in time.edtf:
        return WikidataTime(f"{time.edtf}~", time.calendar)
    return time


def _read(name: str, value: Any) -> WikidataTime:
    if not isinstance(value, Mapping) or not isinstance(value.get("time"), str):
        raise BadTime(f"A statement of {name} has no time.")
    precision = value.get("precision")
    try:
        return read_wikidata_time(
            value["time"],
            precision if isinstance(precision, int) else -1,
            str(value.get("calendarmodel", "")),
            "json",
        )
    except WikidataTimeError as error:
        raise BadTime(f"{name}: {error}") from None


def _date(start: WikidataTime | None, end: WikidataTime | None, *, is_interval: bool) -> dict[str, Any]:
    if not is_interval and start is not None:
        return _checked(start.edtf, start.calendar)
    calendars = {one.calendar for one in (start, end) if one is not None}
    calendar = calendars.pop() if len(calendars) == 1 else Calendar.GREGORIAN
    notes: list[str] = []
    texts = [
        _side(side, one, calendar, notes) if one is not None else ""
        for side, one in (("start", start), ("end", end))
    ]
    said = _checked("/".join(texts), calendar)
    return said | ({"note": " ".join(notes)} if notes else {})


def _side(side: str, time: WikidataTime, calendar: Calendar, notes: list[str]) -> str:
    """Return a time as one side of an interval; what EDTF cannot say there is noted."""
    if "[" in time.edtf:
        notes.append(f"The {side} is one of {time.edtf}.")
        years = [int(one) for one in _YEARS.findall(time.edtf)]
        return least_mask(min(years), max(years)) or "" if len(years) > 1 else ""
    if time.calendar == calendar:
        return time.edtf
    bounds = parse_edtf(time.edtf, time.calendar).span.bounds
    notes.append(f"The {side} is {time.edtf} in the Julian calendar.")
    # A year or month has the same digits in both, but for its first or last days.
    return iso_day(bounds.s1) if bounds.s1 == bounds.s2 else time.edtf


def _checked(edtf: str, calendar: Calendar) -> dict[str, Any]:
    try:
        parse_edtf(edtf, calendar)
    except EdtfError as error:
        raise BadTime(f"The times of this item make no date, {edtf}: {error.reason}.") from None
    return {"edtf": edtf} | ({"calendar": "julian"} if calendar == Calendar.JULIAN else {})
