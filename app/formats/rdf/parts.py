"""The parts of records that refer to no other record, as resources: dates, geometries, numbers, selectors."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import orjson

from app.formats.rdf.resource import Resource, Typed, Value
from app.records.evidence import Selector
from app.records.historical_date import HistoricalDate
from app.records.source import Source
from app.values.calendar import iso_day
from app.values.known_bounds import known_bounds
from app.values.timespan import OPEN_END, OPEN_START

_BOUNDS: Final = ("beginOfTheBegin", "endOfTheBegin", "beginOfTheEnd", "endOfTheEnd")


def selectors(selector: Selector | None) -> Iterator[Resource]:
    """Describe where a passage is, by each way that is known of."""
    if selector is None:
        return
    if selector.start is not None and selector.end is not None:
        yield Resource(None, ("oa:TextPositionSelector",), {"start": [selector.start], "end": [selector.end]})
    if selector.exact is not None:
        quote = Resource(None, ("oa:TextQuoteSelector",))
        quote.add("exact", selector.exact)
        quote.add("prefix", selector.prefix)
        quote.add("suffix", selector.suffix)
        yield quote
    if selector.page is not None or selector.paragraph is not None:
        place = Resource(None, ("oa:Selector",))
        place.add("page", None if selector.page is None else str(selector.page))
        place.add("paragraph", None if selector.paragraph is None else str(selector.paragraph))
        yield place


def add_date(found: Resource, date: HistoricalDate) -> None:
    """Add the date of a record, and its days where they are certain."""
    bounds = known_bounds(date.value)
    found.add("temporalCoverage", date.edtf)
    if bounds is not None and bounds.s1 == bounds.s2 and bounds.s1 > OPEN_START:
        found.add("startDate", _day(bounds.s1))
    if bounds is not None and bounds.e1 == bounds.e2 and bounds.e2 < OPEN_END:
        found.add("endDate", _day(bounds.e2))
    found.add("timeSpan", time_span(date))


def time_span(date: HistoricalDate) -> Resource:
    """Describe a date; open ends, and those in a year that is not known, have no bound."""
    bounds = known_bounds(date.value)
    found = Resource(None, ("crm:E52_Time-Span",))
    found.add("date", date.edtf)
    found.add("label", date.value.label)
    if bounds is not None:
        for term, day in zip(_BOUNDS, (bounds.s1, bounds.s2, bounds.e1, bounds.e2), strict=True):
            found.add(term, _day(day) if OPEN_START < day < OPEN_END else None)
    found.add("calendar", date.calendar)
    found.add("asWritten", date.as_written)
    found.add("note", date.note)
    return found


def _day(days: int) -> str:
    # XML Schema writes years past 9999 without a plus sign (1.1, §3.3.9).
    return iso_day(days).removeprefix("+")


def to_number(number: float | None) -> Value | None:
    """Give a number as a value; one that is no integer is a double of XML Schema."""
    return number if number is None or isinstance(number, int) else Typed(repr(number), "xsd:double")


def add_geometry(found: Resource, geometry: Mapping[str, Any]) -> None:
    """Add the geometry of a place; that of a point in coordinates too."""
    if geometry["type"] == "Point":
        longitude, latitude = geometry["coordinates"][:2]
        point = Resource(None, ("schema:GeoCoordinates",))
        point.add("latitude", repr(float(latitude)))
        point.add("longitude", repr(float(longitude)))
        found.add("geo", point)
    found.add("hasGeometry", geometry_resource(geometry))


def geometry_resource(geometry: Mapping[str, Any]) -> Resource:
    """Describe a geometry."""
    shape = Resource(None, ("geosparql:Geometry",))
    shape.add("asGeoJSON", orjson.dumps(geometry).decode())
    return shape


def add_source(found: Resource, record: Source) -> None:
    """Add what a source alone has."""
    found.add("author", *record.authors)
    found.add("editor", *record.editors)
    found.add("container", record.container)
    found.add("volumeNumber", record.volume)
    found.add("issueNumber", record.issue)
    found.add("page", record.pages)
    found.add("isbn", record.isbn)
    found.add("doi", record.doi)
    found.add("archive", record.archive)
    found.add("shelfmark", record.shelfmark)
    found.add("publisher", record.publisher)
    found.add("inLanguage", record.language)
    found.add("url", record.url)
    found.add("accessed", record.accessed)
    found.add("license", record.licence)
    found.add("creditText", record.attribution)
    if record.text is not None:
        found.add("sha256", record.text.sha256)
        found.add("characters", record.text.characters)
