"""GeoJSON (RFC 7946): a Feature for each record, a FeatureCollection for a list.

* `id` is the reference; `properties` is the document itself, less a place's geometry, so that what is
  written can be imported again. Map programs, which read no objects in it, find the date as `date_edtf`, with the first
  day it can have begun as `date_start` and the last it can have ended as `date_end`, null where that is open or unknown, or
  before year 1 or after 9999: QGIS would read `-0043`, which is 44 BCE, as 43 BCE, and no day of a column that has `+12340`.
* `geometry` is a place's own; that of any other record is its places': one, or a collection of them; null
  where there is none. Of a place with dated geometries it is the one that held then: in a list with `when` at
  that time, for other records at their date. `properties` then have the place's own as `geometry` (null where
  it has none), which an import takes.
* `when` (Linked Places format) has one timespan for each member of the date: `earliest` and `latest` day of
  start and end, open ends left out. An undated record has none, nor has one of a year that is not known
  (`XXXX-01-03`), of which `properties` has no bounds either.
* `bbox` (§5), west greater than east where it crosses the antimeridian (§5.2), with altitudes where every
  position has one. That of a list comes after its features, when it is known.
* `credits` of a list, and of a single record: whom its sources want named.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

import orjson

from app.formats.credits import Credits
from app.formats.format import About, Format, FormatItem
from app.records.base import Record
from app.records.historical_date import with_known_bounds
from app.records.place import Place
from app.values.calendar import iso_day
from app.values.coordinates import BBox
from app.values.geojson import altitudes, bounding_boxes
from app.values.known_bounds import UNKNOWN_YEAR, known_bounds
from app.values.timespan import OPEN_END, OPEN_START, Bounds

FLAT_DATE: Final = ("date_edtf", "date_start", "date_end")
"""The properties that say of a date again what its object says."""

_FIRST_DAY: Final = "0001-01-01"
_PLAIN_LENGTH: Final = len(_FIRST_DAY)
_MAX_RANGES = 256


class Extent:
    """The smallest box around everything added, which may cross the antimeridian."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._ranges: list[tuple[float, float]] = []
        self._south, self._north = 90.0, -90.0
        self._lowest, self._highest, self._flat = math.inf, -math.inf, False

    def add(self, boxes: Sequence[BBox], heights: tuple[float, float] | None = None) -> None:
        """Add boxes, none of which crosses the antimeridian, and the altitudes of all that is in them."""
        if heights is None:
            self._flat = True
        else:
            self._lowest, self._highest = min(self._lowest, heights[0]), max(self._highest, heights[1])
        for box in boxes:
            self._ranges.append((box.west, box.east))
            self._south, self._north = min(self._south, box.south), max(self._north, box.north)
        if len(self._ranges) > _MAX_RANGES:
            self._merge()

    def _merge(self) -> None:
        merged: list[tuple[float, float]] = []
        for west, east in sorted(self._ranges):
            if merged and west <= merged[-1][1]:
                merged[-1] = (merged[-1][0], max(east, merged[-1][1]))
            else:
                merged.append((west, east))
        while len(merged) > _MAX_RANGES // 2:
            # Only the widest gaps are kept: the narrowest will hardly be the widest in the end.
            at = min(range(1, len(merged)), key=lambda i: merged[i][0] - merged[i - 1][1])
            merged[at - 1 : at + 1] = [(merged[at - 1][0], merged[at][1])]
        self._ranges = merged

    def bbox(self) -> list[float] | None:
        """Return west, south, east and north; None where nothing was added.

        Where all altitudes are known, the lowest is third and the highest last (RFC 7946 §5).
        """
        if not self._ranges:
            return None
        self._merge()
        west, east = self._ranges[0][0], self._ranges[-1][1]
        widest = west + 360 - east
        for (_, left), (right, _) in zip(self._ranges, self._ranges[1:], strict=False):
            if right - left > widest:
                widest, west, east = right - left, right, left
        if self._flat:
            return [west, self._south, east, self._north]
        return [west, self._south, self._lowest, east, self._north, self._highest]


def geometry_of(item: FormatItem, days: tuple[int, int] | None = None) -> Mapping[str, Any] | None:
    """Return where a record was: its own geometry, that of the time `days` if given; or its places' at its date."""
    record = item.record
    if isinstance(record, Place):
        return _at(record, days)
    if record.date is not None:
        bounds = record.date.value.span.bounds
        days = bounds.s1, bounds.e2
    places = (item.linked.get(ref) for ref in dict.fromkeys(link.place for link in record.place_links()))
    shapes = (_at(place, days) for place in places if isinstance(place, Place))
    found = [shape for shape in shapes if shape is not None]
    if len(found) > 1:
        # Collections are not nested (§3.1.8).
        return {
            "type": "GeometryCollection",
            "geometries": [one for geometry in found for one in _simple(geometry)],
        }
    return found[0] if found else None


def _at(place: Place, days: tuple[int, int] | None) -> Mapping[str, Any] | None:
    return place.geometry_at(*days) if days is not None and place.geometries else place.geometry


def _simple(geometry: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    if geometry["type"] != "GeometryCollection":
        return [geometry]
    return [one for inner in geometry["geometries"] for one in _simple(inner)]


def when_of(record: Record) -> dict[str, Any] | None:
    """Return the `when` of the Linked Places format; None for an undated record."""
    if record.date is None:
        return None
    value = record.date.value
    bounds = known_bounds(value)
    if bounds is None:
        return None
    spans = value.span.members if value.span.set_kind == "all-of" else (bounds,)
    return {"timespans": [_timespan(bounds) for bounds in spans], "label": value.label}


def _timespan(bounds: Bounds) -> dict[str, dict[str, str]]:
    sides = (("start", bounds.s1, bounds.s2), ("end", bounds.e1, bounds.e2))
    return {name: _range(earliest, latest) for name, earliest, latest in sides}


def _range(earliest: int, latest: int) -> dict[str, str]:
    days = {"earliest": earliest, "latest": latest}
    return {name: iso_day(day) for name, day in days.items() if OPEN_START < day < OPEN_END}


def _flat_date(date: Mapping[str, Any] | None) -> dict[str, str | None]:
    if date is None:
        return {}
    first, last = map(_plain_day, (date["start"]["earliest"], date["end"]["latest"]))
    return dict(zip(FLAT_DATE, (date["edtf"], first, last), strict=True))


def _plain_day(day: str | None) -> str | None:
    """Return a day if it is in one of the years 1 to 9999, which every program reads as the same."""
    return day if day is not None and len(day) == _PLAIN_LENGTH and day >= _FIRST_DAY else None


class GeoJsonWriter:
    """Writes features."""

    held = 0

    def __init__(self, about: About) -> None:
        """Write one Feature or a FeatureCollection."""
        self._one = about.one
        self._days = about.days
        self._extent = Extent()
        self._credits = Credits()
        self._first = True

    def begin(self) -> bytes:
        """Open the collection."""
        return b"" if self._one else b'{"type":"FeatureCollection","features":['

    def chunk(self, items: Sequence[FormatItem]) -> bytes:
        """Return a feature for each item."""
        parts = []
        for item in items:
            feature = self._feature(item)
            if self._one and self._credits:
                feature["credits"] = [credit.members for credit in self._credits]
            parts.append(orjson.dumps(feature))
        comma = b"" if self._first or not parts else b","
        self._first = self._first and not parts
        return comma + b",".join(parts)

    def end(self) -> tuple[bytes, ...]:
        """Close the collection, with its box and credits."""
        if self._one:
            return ()
        bbox = self._extent.bbox()
        box = b"" if bbox is None else b',"bbox":' + orjson.dumps(bbox)
        credit = b',"credits":' + self._credits.json() if self._credits else b""
        return b"]", box, credit, b"}"

    def _feature(self, item: FormatItem) -> dict[str, Any]:
        self._credits.add(item)
        properties = orjson.loads(item.document)
        own_geometry = properties.pop("geometry", None)
        if UNKNOWN_YEAR in item.document:
            properties = with_known_bounds(properties)
        geometry = geometry_of(item, self._days)
        if "geometries" in properties and geometry != own_geometry:
            properties["geometry"] = own_geometry
        properties |= _flat_date(properties.get("date"))
        feature: dict[str, Any] = {"type": "Feature", "id": item.ref}
        if geometry is not None:
            covered = bounding_boxes(geometry), altitudes(geometry)
            own = Extent()
            own.add(*covered)
            self._extent.add(*covered)
            feature["bbox"] = own.bbox()
        feature["geometry"] = geometry
        when = when_of(item.record)
        if when is not None:
            feature["when"] = when
        return feature | {"properties": properties}


GEOJSON = Format(
    name="geojson",
    media_type="application/geo+json",
    suffix=".geojson",
    rule=(
        "A Feature for each record: its document as properties, its own geometry or its places' (null where there "
        "is none), its date as `when` of the Linked Places format, and flat as `date_edtf`, `date_start` and "
        "`date_end` (days of the years 1 to 9999, else null). No limit unless one is given."
    ),
    writer=GeoJsonWriter,
    streams=True,
    beside=("place", "source"),
)
