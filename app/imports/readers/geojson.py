"""Reading GeoJSON (RFC 7946): the features of a collection, each a document.

`properties` is the document; a place's geometry is put back into it, and `id`, where it is a reference,
gives the kind and id that the properties omit. For tables of others in GeoJSON, `read_features` returns the
properties as cells, with the geometry among them, and a mapping says what they mean.

Foreign members of features and of their geometries (§6.1) are removed, which is noted.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from app.formats.geojson import FLAT_DATE
from app.imports.documents import FOREIGN, ImportedDocument, unreadable_line
from app.imports.readers.file_format import FileFormat, Head
from app.imports.readers.json import pieces
from app.records.kinds import kind_by_collection

_FEATURES: Final = ("features",)
_MEMBERS: Final = frozenset({"type", "id", "bbox", "geometry", "properties"})

# A geometry must have none of these members of other objects (RFC 7946 §7.1), so they are no foreign
# members.
_GEOMETRY_MEMBERS: Final = frozenset(
    {"type", "coordinates", "geometries", "geometry", "properties", "features"}
)

WRITTEN: Final = frozenset({"when", "credits"})
"""Members of features in exports besides those of GeoJSON: they follow from the document."""


def read_features(
    chunks: Iterable[bytes], derived: frozenset[str] = frozenset(), used: frozenset[str] = frozenset()
) -> Iterator[ImportedDocument]:
    """Yield each feature, with `geometry` and `properties` alone: both are there, the latter never null.

    `derived` are members whose removal need not be noted; foreign members that are `used` are kept.

    Raises:
        WrongEncoding: the text is in UTF-16 or UTF-32.
    """
    for number, piece in enumerate(pieces(chunks, _FEATURES), 1):
        read = replace(piece.read(), number=number)
        if read.faults:
            # They belong to the feature, not to the document that is made of it.
            yield replace(read, raw=None)
        elif read.raw is not None and not _is_feature(read.raw):
            detail = "Give a Feature with properties (RFC 7946, 3.2)."
            yield replace(unreadable_line(piece.line, "not_a_feature", detail), number=number)
        elif read.raw is None:
            yield read
        else:
            yield _without_foreign_members(read, read.raw, derived, used)


def _is_feature(raw: Mapping[str, Any]) -> bool:
    if raw.get("type") != "Feature" or "properties" not in raw:
        return False
    return raw["properties"] is None or isinstance(raw["properties"], Mapping)


def _without_foreign_members(
    read: ImportedDocument, raw: Mapping[str, Any], derived: frozenset[str], used: frozenset[str]
) -> ImportedDocument:
    geometry, has_foreign = _plain_geometry(raw.get("geometry"))
    feature = {name: raw[name] for name in raw if name in ("type", "id") or name in used}
    feature |= {"geometry": geometry, "properties": raw["properties"] or {}}
    has_foreign = has_foreign or not raw.keys() <= _MEMBERS | derived | used
    return replace(read, raw=feature, notes=(FOREIGN,) if has_foreign else ())


def _plain_geometry(geometry: Any) -> tuple[Any, bool]:
    """Remove foreign members and bounding boxes from a geometry; returns whether there were foreign ones."""
    if not isinstance(geometry, Mapping):
        return geometry, False
    plain = {name: member for name, member in geometry.items() if name in _GEOMETRY_MEMBERS}
    has_foreign = not geometry.keys() <= _GEOMETRY_MEMBERS | {"bbox"}
    parts = plain.get("geometries")
    if isinstance(parts, list):
        found = [_plain_geometry(part) for part in parts]
        plain["geometries"] = [part for part, _ in found]
        has_foreign = has_foreign or any(foreign for _, foreign in found)
    return plain, has_foreign


def read_geojson(chunks: Iterable[bytes]) -> Iterator[ImportedDocument]:
    """Read features whose properties are documents, as exports have them. Raises as `read_features`.

    A feature sets the members that it has. A null geometry sets nothing, as no feature may omit it.
    """
    for read in read_features(chunks, WRITTEN):
        if read.raw is None:
            yield read
        else:
            document = _document(read.raw)
            yield replace(read, raw=document, members=frozenset(document))


def _document(feature: Mapping[str, Any]) -> dict[str, Any]:
    document = dict(feature["properties"])
    date = document.get("date")
    # Where they say something else, they are left, to be refused: one of the two was changed.
    if isinstance(date, Mapping) and document.get(FLAT_DATE[0], date.get("edtf")) == date.get("edtf"):
        for name in FLAT_DATE:
            document.pop(name, None)
    identity = feature.get("id")
    if isinstance(identity, str):
        collection, slash, record_id = identity.partition("/")
        kind = kind_by_collection(collection)
        if slash and kind is not None:
            document.setdefault("kind", kind.kind)
            document.setdefault("id", record_id)
    # The geometry of other kinds is that of their places, exported for maps; that of a place with dated ones may
    # be the one of the time that was asked, and its own is among the properties then.
    is_place = document.get("kind", "place") == "place"
    at_a_time = "geometries" in document and "geometry" in document
    if is_place and not at_a_time and feature["geometry"] is not None:
        document["geometry"] = feature["geometry"]
    return document


# The members that stand before `features` have plain values, or are the older `crs` and a bounding box.
_COLLECTION: Final = re.compile(
    r'\{\s*(?:"(?!type")[^"]*"\s*:\s*(?:"[^"]*"|[-\w.]+|\[[^\[\]]*\]|\{(?:[^{}]|\{[^{}]*\})*\})\s*,\s*){0,20}'
    r'"type"\s*:\s*"FeatureCollection"'
)


def _recognises(head: Head) -> bool:
    """Return whether it begins as a FeatureCollection does."""
    return _COLLECTION.match(head.text) is not None


FORMAT: Final = FileFormat(
    "geojson",
    "GeoJSON",
    (".geojson",),
    ("application/geo+json",),
    lambda chunks, _: read_geojson(chunks),
    _recognises,
)
