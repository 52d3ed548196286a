"""Well-known text (OGC 06-103r4, Simple Features 1.2.1, 7) as GeoJSON geometries.

Positions have longitude first, as GIS software writes them for WGS 84. Also taken are what PostGIS (EWKT,
`SRID=4326;POINT(1 2)`) and GeoSPARQL (`<http://www.opengis.net/def/crs/OGC/1.3/CRS84> POINT(1 2)`) put in
front. Other reference systems are refused, and so are measures (M), which GeoJSON has no place for.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from app.values.geojson import MAX_NESTING

MAX_PARSED: Final = 100_000
"""Positions that a geometry may have to be read at all: about as many as one document of JSON has room for."""

_TOKEN: Final = re.compile(
    r"\s*(?:(?P<word>[A-Za-z]+)|(?P<number>[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?)(?![\w.])|(?P<sign>[(),]))",
    re.ASCII,
)

_SYSTEM: Final = re.compile(
    r"\s*(?:SRID\s*=\s*(?P<srid>\d+)\s*;|<(?P<uri>[^<>\s]*)>)", re.ASCII | re.IGNORECASE
)
_SRID: Final = "4326"
_CRS84: Final = re.compile(r"https?://www\.opengis\.net/def/crs/OGC/(?:1\.3|0)/CRS84")

# By type: its GeoJSON name, and how deep positions are nested.
_TYPES: Final = {
    "POINT": ("Point", 0),
    "LINESTRING": ("LineString", 1),
    "POLYGON": ("Polygon", 2),
    "MULTIPOINT": ("MultiPoint", 1),
    "MULTILINESTRING": ("MultiLineString", 2),
    "MULTIPOLYGON": ("MultiPolygon", 3),
}

_COLLECTION: Final = "GEOMETRYCOLLECTION"
_DIMENSIONS: Final = {"Z": 3, "M": 0, "ZM": 0}


class WktError(ValueError):
    """The text is no well-known text, or says what GeoJSON cannot; the message is a sentence without positions."""


def parse_wkt(text: str) -> dict[str, Any] | None:
    """Parse one geometry; None where it is EMPTY, and empty parts are left out. Coordinates are not checked.

    Raises:
        WktError: it is no WKT, in another reference system, with measures, of another type than the seven of
            GeoJSON, or beyond the limits on positions and nesting.
    """
    system = _SYSTEM.match(text)
    if system is not None:
        is_known = system["srid"] == _SRID if system["srid"] else _CRS84.fullmatch(system["uri"])
        if not is_known:
            raise WktError(
                "The coordinates are in another reference system than WGS 84 (SRID=4326, or CRS84): convert them first."
            )
    reader = _Reader(text, system.end() if system is not None else 0)
    found = reader.geometry(1)
    if reader.kind:
        raise WktError("There is more in the text than one geometry.")
    return found


def to_wkt(geometry: Mapping[str, Any]) -> str:
    """Return a GeoJSON geometry as well-known text, with Z where its positions have three numbers."""
    if geometry["type"] == "GeometryCollection":
        return f"{_COLLECTION} ({', '.join(map(to_wkt, geometry['geometries']))})"
    name = geometry["type"].upper()
    _, depth = _TYPES[name]
    position = geometry["coordinates"]
    for _ in range(depth):
        position = position[0]
    has_height = len(position) > 2
    text = _nested_text(geometry["coordinates"], depth)
    return f"{name}{' Z' if has_height else ''} {text if depth else f'({text})'}"


def _number(text: str) -> int | float:
    """Return a number as it is written: whole ones stay whole, as GeoJSON keeps them."""
    return int(text) if text.lstrip("+-").isdecimal() else float(text)


def _nested_text(coordinates: Sequence[Any], depth: int) -> str:
    if depth == 0:
        return " ".join(map(repr, coordinates))
    return f"({', '.join(_nested_text(one, depth - 1) for one in coordinates)})"


class _Reader:
    """One token after the other; `kind` is `word`, `number`, `sign`, or '' at the end."""

    def __init__(self, text: str, at: int) -> None:
        self._source = text
        self._at = at
        self._positions = 0
        self._size: int | None = None
        self._advance()

    def _advance(self) -> None:
        match = _TOKEN.match(self._source, self._at)
        if match is None:
            if self._source[self._at :].strip():
                raise WktError("This is no well-known text.")
            self.kind, self.text = "", ""
            return
        self.kind = match.lastgroup or ""
        self.text = match[self.kind].upper()
        self._at = match.end()

    def _take(self, sign: str) -> bool:
        if self.kind != "sign" or self.text != sign:
            return False
        self._advance()
        return True

    def geometry(self, depth: int) -> dict[str, Any] | None:
        name, dimension = self._name()
        if name != _COLLECTION and name not in _TYPES:
            raise WktError(f"The type is none of {', '.join((*_TYPES, _COLLECTION))}.")
        if dimension in _DIMENSIONS:
            self._size = _DIMENSIONS[dimension]
            if not self._size:
                raise WktError("GeoJSON has no place for measures (M): write the geometry without them.")
        else:
            self._size = None
        if self._is_empty():
            return None
        if name == _COLLECTION:
            if depth > MAX_NESTING:
                raise WktError(f"Collections stand at most {MAX_NESTING} deep.")
            parts = [part for part in self._list(lambda: self.geometry(depth + 1)) if part is not None]
            return {"type": "GeometryCollection", "geometries": parts} if parts else None
        kind, around = _TYPES[name]
        found = self._multipoint() if kind == "MultiPoint" else self._nested(around)
        return None if found in (None, []) else {"type": kind, "coordinates": found}

    def _name(self) -> tuple[str, str]:
        """Take the type, and the dimension that may follow it, with a blank or without."""
        word = self.text if self.kind == "word" else ""
        if not word:
            raise WktError("This is no well-known text.")
        self._advance()
        for dimension in ("ZM", "Z", "M"):
            if word.endswith(dimension) and word.removesuffix(dimension) in (*_TYPES, _COLLECTION):
                return word.removesuffix(dimension), dimension
        if self.kind == "word" and self.text in _DIMENSIONS:
            dimension = self.text
            self._advance()
            return word, dimension
        return word, ""

    def _is_empty(self) -> bool:
        if self.kind != "word" or self.text != "EMPTY":
            return False
        self._advance()
        return True

    def _list(self, item: Any) -> list[Any]:
        if not self._take("("):
            raise WktError("The brackets do not match.")
        found = [item()]
        while self._take(","):
            found.append(item())
        if not self._take(")"):
            raise WktError("The brackets do not match.")
        return found

    def _nested(self, around: int) -> Any:
        """Take positions in so many lists; the one of a point is in brackets too."""
        if self._is_empty():
            return None
        if around == 0:
            return self._list_of_one()
        if around == 1:
            return self._list(self._position)
        return [part for part in self._list(lambda: self._nested(around - 1)) if part is not None]

    def _multipoint(self) -> list[Any]:
        """Take points each in brackets, as the standard has them, or without, as much software writes them."""

        def point() -> Any:
            if self._is_empty():
                return None
            return self._list_of_one() if self.kind == "sign" and self.text == "(" else self._position()

        return [one for one in self._list(point) if one is not None]

    def _list_of_one(self) -> list[float]:
        found = self._list(self._position)
        if len(found) > 1:
            raise WktError("A point has one position.")
        position: list[float] = found[0]
        return position

    def _position(self) -> list[float]:
        self._positions += 1
        if self._positions > MAX_PARSED:
            raise WktError(f"A geometry of more than {MAX_PARSED:,} positions is not read.")
        found = []
        while self.kind == "number":
            found.append(_number(self.text))
            self._advance()
        if len(found) not in (2, 3) or (self._size is not None and len(found) != self._size):
            raise WktError("A position is longitude, latitude, and with Z an altitude.")
        return found
