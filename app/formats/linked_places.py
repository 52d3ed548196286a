"""Linked Places Format 1.3 (`application/vnd.lpf+json`): a FeatureCollection, of one record as of many.

* Each record is a Feature with absolute `@id`, `title`, names, type, links and summary. A place has its own geometry, any
  other record its places', as in GeoJSON.
* `fclasses` (GeoNames' feature classes) and types of the Art & Architecture Thesaurus follow from the type of place, where
  it is one that is known here. `ccodes` are not known.
* `when`: `in` is a year, a month or a day that is known as such, else there are `earliest` and `latest`, as far as they are
  known. A timespan needs a start, and one without an end would be read as its start alone; so of an open start it is said
  that it is not later than the end, and of an open end that it is not earlier than the start. What is uncertain or
  approximate is `less-certain`. An undated record has none, nor has one of an unknown year (`XXXX-01-03`). The
  property `date_edtf` has the date as it is, `date_calendar` the calendar of its digits.
* Names with a time have their own `when`, and so have dated geometries, in a collection with the one of no time.
* Notes, precisions and words of dates within `names`, `relations` and `geometries`, which have no place in this format, are in
  properties of these names, so that what is read again is what was written.
* Sources are cited by the name, the geometry and the relations that their evidence supports.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import orjson

from app.formats.date_parts import is_interval, precise
from app.formats.format import ALL_KINDS, About, Format, FormatItem
from app.formats.geojson import geometry_of
from app.records.base import Record
from app.records.evidence import Evidence
from app.records.evidence_support import supports
from app.records.historical_date import HistoricalDate, with_known_bounds
from app.records.parts import DatedName, Relation
from app.records.place import DatedGeometry, Place
from app.records.property_paths import PropertyPath, parse_property
from app.records.source import Source
from app.values.calendar import iso_day
from app.values.known_bounds import known_bounds
from app.values.timespan import OPEN_END, OPEN_START, Bounds

CONTEXT: Final = (
    "https://raw.githubusercontent.com/LinkedPasts/linked-places-format/main/linkedplaces-context-v1.1.jsonld"
)
"""Where the terms are defined."""

PART_OF: Final = "gvp:broaderPartitive"
"""The relation to a place that this one is a part of."""

_AAT: Final = "aat:"

FEATURE_TYPES: Final[Mapping[str, tuple[str, str | None]]] = {
    "administrative-region": ("A", "300000774"),
    "airport": ("S", "300000681"),
    "archaeological-site": ("S", "300000810"),
    "battlefield": ("S", "300000835"),
    "building": ("S", None),
    "capital": ("P", "300008389"),
    "city": ("P", "300008389"),
    "coast": ("L", None),
    "continent": ("L", "300128176"),
    "country": ("A", "300387506"),
    "cultural-region": ("L", "300182722"),
    "district": ("A", "300000705"),
    "fort": ("S", "300006888"),
    "historical-territory": ("A", "300135982"),
    "island": ("T", "300008791"),
    "lake": ("H", "300008680"),
    "military-base": ("S", "300000455"),
    "mountain": ("T", "300008795"),
    "mountain-range": ("T", "300386831"),
    "neighbourhood": ("P", None),
    "park": ("L", None),
    "port": ("P", "300120599"),
    "prison": ("S", None),
    "river": ("H", "300008707"),
    "road": ("R", "300008217"),
    "sea": ("H", "300008694"),
    "settlement": ("P", "300008347"),
    "site": ("S", None),
    "strait": ("H", None),
    "town": ("P", "300008375"),
    "valley": ("T", "300008761"),
}
"""The feature class of GeoNames for a type of place, and the number of its concept in the Art & Architecture Thesaurus."""


PREFIXES: Final[Mapping[str, str]] = {
    "bnf": "https://data.bnf.fr/",
    "cerl": "https://data.cerl.org/thesaurus/",
    "dbp": "http://dbpedia.org/resource/",
    "gn": "http://www.geonames.org/",
    "gnd": "http://d-nb.info/gnd/",
    "gov": "http://gov.genealogy.net/",
    "loc": "http://id.loc.gov/authorities/subjects/",
    "pl": "https://pleiades.stoa.org/places/",
    "tgn": "http://vocab.getty.edu/page/tgn/",
    "viaf": "http://viaf.org/viaf/",
    "wd": "http://www.wikidata.org/entity/",
    "wp": "https://wikipedia.org/wiki/",
}
"""What the prefixes of gazetteers stand for."""


class LinkedPlacesWriter:
    """Writes features."""

    held = 0

    def __init__(self, about: About) -> None:
        """Make addresses below that of the service."""
        self._base = about.base
        self._comma = b""

    def begin(self) -> bytes:
        """Open the collection."""
        return b'{"type":"FeatureCollection","@context":%b,"features":[' % orjson.dumps(CONTEXT)

    def chunk(self, items: Sequence[FormatItem]) -> bytes:
        """Return a feature for each item."""
        features = b",".join(orjson.dumps(_feature(item, self._base)) for item in items)
        comma, self._comma = self._comma, b"," if items else self._comma
        return comma + features if items else b""

    def end(self) -> tuple[bytes, ...]:
        """Close the collection."""
        return (b"]}",)


def _feature(item: FormatItem, base: str) -> dict[str, Any]:
    record = item.record
    citing = Citations(item, base)
    fclass, _ = FEATURE_TYPES.get(record.type or "", (None, None)) if record.kind == "place" else (None, None)
    properties: dict[str, Any] = {"title": record.title}
    if fclass is not None:
        properties["fclasses"] = [fclass]
    if record.date is not None:
        properties["date_edtf"] = record.date.edtf
        if record.date.calendar is not None:
            properties["date_calendar"] = record.date.calendar
    properties |= _details(item)
    members: dict[str, Any] = {
        "@id": f"{base}/v1/{item.ref}",
        "type": "Feature",
        "properties": properties,
        "when": _when(record.date),
        "names": _names(record, citing),
        "types": _types(record, base),
        "links": [{"type": "exactMatch", "identifier": address} for address in record.same_as],
        "relations": [_relation(one, item, citing) for one in record.relations],
        "descriptions": [{"@id": f"{base}/v1/{item.ref}", "value": record.summary}] if record.summary else [],
    }
    geometry = _shapes(record) if isinstance(record, Place) and record.geometries else geometry_of(item)
    if geometry is not None:
        cited = citing.of("geometry") if record.kind == "place" else []
        geometry = {**geometry, "citations": cited} if cited else geometry
    return {name: value for name, value in members.items() if value} | {"geometry": geometry}


def _details(item: FormatItem) -> dict[str, list[Any]]:
    """Return the lists of a record of which an item says more than a feature can, as the document has them.

    Those of geometries are without the shapes, which the feature has in the same order.
    """
    record = item.record
    lists: dict[str, Sequence[DatedName | DatedGeometry | Relation]] = {
        "names": record.names,
        "relations": record.relations,
        "geometries": record.geometries if isinstance(record, Place) else (),
    }
    more = [name for name, items in lists.items() if any(map(_says_more, items))]
    if not more:
        return {}
    document = with_known_bounds(orjson.loads(item.document))
    return {
        name: [{member: one[member] for member in one if member != "geometry"} for one in document[name]]
        for name in more
    }


def _says_more(one: DatedName | DatedGeometry | Relation) -> bool:
    if one.note is not None or getattr(one, "precision_m", None) is not None:
        return True
    date = one.date
    return date is not None and not (date.note is None and date.as_written is None and when_of(date))


def when_of(date: HistoricalDate) -> dict[str, Any] | None:
    """Return a date as `when`; None where nothing is known of it but a day of an unknown year."""
    value = date.value
    bounds = known_bounds(value)
    if bounds is None:
        return None
    spans = value.span.members if value.span.set_kind == "all-of" else (bounds,)
    timespans = [span for span in map(_timespan, spans) if span["start"]]
    if not timespans:
        return None
    certainty = {"certainty": "less-certain"} if value.qualified else {}
    return {"timespans": timespans, "label": value.label, **certainty}


def _timespan(bounds: Bounds) -> dict[str, dict[str, str]]:
    if not is_interval(bounds):
        start = _side(bounds.s1, bounds.e2)
        return {"start": start} if "in" in start else {"start": start, "end": start}
    start = _side(bounds.s1, bounds.s2) or _days(latest=bounds.e2)
    end = _side(bounds.e1, bounds.e2) or _days(earliest=bounds.s1)
    return {"start": start, "end": end} if end else {"start": start}


def _side(first: int, last: int) -> dict[str, str]:
    parts = precise(first, last)
    if parts is None:
        return _days(earliest=first, latest=last)
    day = iso_day(first)
    return {"in": day[: len(day) - 3 * (3 - len(parts))]}


def _days(**days: int) -> dict[str, str]:
    return {name: iso_day(day) for name, day in days.items() if OPEN_START < day < OPEN_END}


def _names(record: Record, citing: "Citations") -> list[dict[str, Any]]:
    cited = citing.of(None, "title")
    names: list[dict[str, Any]] = [
        {"toponym": record.title, **({"citations": cited} if cited else {})},
        *({"toponym": label, "lang": tag} for tag, label in record.labels.items()),
        *({"toponym": alias} for alias in record.aliases),
    ]
    for one in record.names:
        members = {"toponym": one.name, "lang": one.language, "when": _when(one.date)}
        names.append({name: value for name, value in members.items() if value})
    return names


def _shapes(place: Place) -> dict[str, Any]:
    """Return the geometry of no time and the dated ones, each with its `when`."""
    shapes: list[dict[str, Any]] = [] if place.geometry is None else [dict(place.geometry)]
    for one in place.geometries:
        when = _when(one.date)
        shapes.append({**one.geometry, **({"when": when} if when else {})})
    return shapes[0] if len(shapes) == 1 else {"type": "GeometryCollection", "geometries": shapes}


def _when(date: HistoricalDate | None) -> dict[str, Any] | None:
    return None if date is None else when_of(date)


def _types(record: Record, base: str) -> list[dict[str, str]]:
    if record.type is None:
        return []
    label = record.type.replace("-", " ")
    types = [{"identifier": f"{base}/v1/vocabularies/{record.kind}-type#{record.type}", "label": label}]
    _, concept = FEATURE_TYPES.get(record.type, (None, None)) if record.kind == "place" else (None, None)
    return ([{"identifier": f"{_AAT}{concept}", "label": label}] if concept is not None else []) + types


def _relation(relation: Relation, item: FormatItem, citing: "Citations") -> dict[str, Any]:
    target = item.linked.get(relation.target)
    kind = PART_OF if relation.type == "part-of" else citing.term("relation-type", relation.type)
    members = {
        "relationType": kind,
        "relationTo": citing.address(relation.target),
        "label": None if target is None else target.title,
        "when": _when(relation.date),
        "citations": citing.of(f"relations/{relation.type}/{relation.target}"),
    }
    return {name: value for name, value in members.items() if value}


class Citations:
    """The sources that support the properties of a record, as citations."""

    def __init__(self, item: FormatItem, base: str) -> None:
        self._linked = item.linked
        self._base = base
        self._supporting: dict[PropertyPath | None, list[Evidence]] = {}
        for one in item.record.evidence_items():
            if one.source is not None and supports(one):
                path = None if one.property is None else parse_property(one.property)
                self._supporting.setdefault(path, []).append(one)

    def address(self, ref: str) -> str:
        """Return the address of a record."""
        return f"{self._base}/v1/{ref}"

    def term(self, scheme: str, term: str) -> str:
        """Return the address of a term."""
        return f"{self._base}/v1/vocabularies/{scheme}#{term}"

    def of(self, *properties: str | None) -> list[dict[str, Any]]:
        """Cite what supports any of these properties; None is the record as a whole."""
        paths = [None if one is None else parse_property(one) for one in properties]
        return list(self._cited(one for path in paths for one in self._supporting.get(path, ())))

    def _cited(self, items: Iterable[Evidence]) -> Iterator[dict[str, Any]]:
        for ref in dict.fromkeys(one.source for one in items if one.source is not None):
            source = self._linked.get(ref)
            cited = {"label": ref if source is None else source.title, "@id": self.address(ref)}
            if isinstance(source, Source) and source.url is not None:
                cited["@id"] = source.url
            yield cited | _year(source)


def _year(source: Record | None) -> dict[str, int]:
    if source is None or source.date is None or source.date.value.qualified:
        return {}
    bounds = known_bounds(source.date.value)
    if bounds is None or not OPEN_START < bounds.s1 <= bounds.e2 < OPEN_END:
        return {}
    first, last = (iso_day(day)[:-6] for day in (bounds.s1, bounds.e2))
    return {"year": int(first)} if first == last else {}


LPF = Format(
    name="lpf",
    media_type="application/vnd.lpf+json",
    suffix=".lpf.json",
    rule=(
        "Linked Places Format 1.3: a FeatureCollection with names, types, `when`, links, relations and citations; a place "
        "with its own geometry, any other record with its places'. No limit unless one is given."
    ),
    writer=LinkedPlacesWriter,
    streams=True,
    beside=ALL_KINDS,
    as_written=True,
    has_addresses=True,
)
