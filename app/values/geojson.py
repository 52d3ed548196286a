"""GeoJSON geometries (RFC 7946): validation, boxes, parts.

Coordinates are WGS 84 degrees; distances are kilometres on a sphere of the mean radius.

A line between two positions is straight in longitude and latitude (§3.1.1): geometries that cross the
antimeridian must have been cut there (§3.1.9), and one that seems to lack the cut is a fault (see
`antimeridian`).
"""

import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any, Final, NamedTuple, TypeAlias

from app.values.antimeridian import cut, uncut_at
from app.values.coordinates import BBox, Position

GeometryError: TypeAlias = tuple[tuple[str | int, ...], str, str]
"""What is wrong with a value: the path to it, a code for programs and a message for people."""

Geometry: TypeAlias = Mapping[str, Any]
"""A GeoJSON geometry object in which `check_geometry` finds no fault."""

MAX_POSITIONS: Final = 10_000
"""The most positions in a geometry, over all its parts."""

MAX_NESTING: Final = 3
"""How deep geometry collections may be nested, the outermost counted."""

_MAX_FAULTS: Final = 100
_MAX_CUT_LENGTH: Final = 1000
_COLLECTION: Final = "GeometryCollection"

# By type: how deep positions are nested, and the fewest positions in the innermost array.
_SHAPES: Final = {
    "Point": (0, 1),
    "MultiPoint": (1, 1),
    "LineString": (1, 2),
    "MultiLineString": (2, 2),
    "Polygon": (2, 4),
    "MultiPolygon": (3, 4),
}


def check_geometry(geometry: object, *, most: int | None = MAX_POSITIONS) -> list[GeometryError]:
    """List what is wrong with a GeoJSON geometry (RFC 7946 §3.1); an empty list if nothing, at most 100.

    More positions than `most` are a fault, unless that is None.

    Paths are relative to the geometry. Members other than `type` and `coordinates` or `geometries` are
    faults, empty arrays too. The winding of rings is free, as §3.1.6 asks of readers.
    """
    checker = _Checker(most)
    checker.geometry(geometry, (), 1)
    if checker.is_full():
        checker.faults.append(((), "too-many", f"a geometry has at most {most:,} positions; {_SIMPLIFY}"))
    return checker.faults[:_MAX_FAULTS]


class _Checker:
    def __init__(self, most: int | None) -> None:
        self.faults: list[GeometryError] = []
        self.positions = 0
        self._most = most

    def is_full(self) -> bool:
        return self._most is not None and self.positions > self._most

    def geometry(self, value: object, path: tuple[str | int, ...], depth: int) -> None:
        if not isinstance(value, Mapping):
            self.faults.append((path, "wrong-type", "expected a GeoJSON geometry object"))
            return
        kind = value.get("type")
        if not isinstance(kind, str) or (kind not in _SHAPES and kind != _COLLECTION):
            allowed = ", ".join((*_SHAPES, _COLLECTION))
            self.faults.append(((*path, "type"), "unknown-term", f"expected one of {allowed}"))
            return
        member = "geometries" if kind == _COLLECTION else "coordinates"
        for name in value:
            if name not in {"type", member}:
                self.faults.append(((*path, name), "unknown-field", f"a {kind} has type and {member}"))
        if member not in value:
            self.faults.append(((*path, member), "required", f"a {kind} has {member}"))
        elif kind != _COLLECTION:
            around, fewest = _SHAPES[kind]
            earlier = len(self.faults)
            self.arrays(value[member], (*path, member), around, fewest)
            if self.faults[earlier:] and all(fault[1] == _UNCUT for fault in self.faults[earlier:]):
                self.faults[earlier] = _with_the_cut(self.faults[earlier], value)
        elif depth > MAX_NESTING:
            self.faults.append((path, "too-deep", f"collections stand at most {MAX_NESTING} deep"))
        else:
            self.each(value[member], (*path, member), lambda item, at: self.geometry(item, at, depth + 1))

    def each(
        self, value: object, path: tuple[str | int, ...], check: Callable[[Any, tuple[str | int, ...]], None]
    ) -> None:
        if not isinstance(value, list):
            self.faults.append((path, "wrong-type", "expected an array"))
        elif not value:
            self.faults.append((path, "too-few", "expected at least one item"))
        else:
            for index, item in enumerate(value):
                if self.is_full() or len(self.faults) >= _MAX_FAULTS:
                    break
                check(item, (*path, index))

    def arrays(self, value: object, path: tuple[str | int, ...], around: int, fewest: int) -> None:
        if around == 0:
            self.position(value, path)
        elif around > 1:
            self.each(value, path, lambda item, at: self.arrays(item, at, around - 1, fewest))
        elif isinstance(value, list) and 0 < len(value) < fewest:
            self.faults.append((path, "too-few", f"expected at least {fewest} positions"))
        else:
            earlier = len(self.faults)
            self.each(value, path, self.position)
            if not isinstance(value, list) or not value:
                return
            is_ring = fewest == 4
            if is_ring and value[0] != value[-1]:
                self.faults.append((path, "not-closed", "the last position of a ring is its first"))
            elif fewest > 1 and len(self.faults) == earlier and not self.is_full():
                end = uncut_at(_path(value), is_ring=is_ring)
                if end is not None:
                    self.faults.append((path, _UNCUT, f"its positions {end - 1} and {end} {_TOO_FAR}"))

    def position(self, value: object, path: tuple[str | int, ...]) -> None:
        self.positions += 1
        if not isinstance(value, list) or len(value) not in {2, 3}:
            self.faults.append((path, "wrong-type", "expected longitude, latitude and perhaps altitude"))
            return
        limits = (("longitude", 180.0), ("latitude", 90.0), ("altitude", math.inf))
        for index, (number, (name, limit)) in enumerate(zip(value, limits, strict=False)):
            if isinstance(number, bool) or not isinstance(number, int | float):
                self.faults.append(((*path, index), "wrong-type", f"{name} is a number"))
            elif not abs(number) <= limit or abs(number) == math.inf:
                message = f"{name} is finite" if limit == math.inf else f"{name} is within ±{limit:g} degrees"
                self.faults.append(((*path, index), "out-of-range", message))


_SIMPLIFY: Final = (
    "leave some out, or import it simplified: `simplify=100m` of POST /v1/imports, `annals import --simplify 100m`, "
    "`simplify: 100m` of a mapping"
)

_UNCUT: Final = "crosses-antimeridian"

_TOO_FAR: Final = (
    "(from 0) are more than 180° of longitude apart: what crosses the meridian of 180° is cut there (RFC 7946, 3.1.9), "
    "and what goes the long way round has a position in between"
)


def _with_the_cut(fault: GeometryError, geometry: Geometry) -> GeometryError:
    """Add the cut geometry to the message, where it is short."""
    path, code, message = fault
    found = cut(geometry)
    text = json.dumps(found, separators=(",", ":")) if found is not None else ""
    return path, code, f"{message}; cut, it is {text}" if 0 < len(text) <= _MAX_CUT_LENGTH else message


# A geometry is divided into points, lines and polygons, all as lists of paths: a point is a path of one
# position, a line a path, a polygon its rings.
_Path: TypeAlias = list[Position]


class Part(NamedTuple):
    """A polygon with its rings, filled; or a line or a point."""

    filled: bool
    paths: list[_Path]

    def segments(self) -> Iterator[tuple[Position, Position]]:
        """Yield each segment from a position to the next; a point is a segment without length."""
        for path in self.paths:
            yield from zip(path, path[1:] or path, strict=False)

    def box(self) -> BBox:
        """Return the bounding box."""
        return _box_of([position for path in self.paths for position in path])


def _box_of(positions: Sequence[Position]) -> BBox:
    lons, lats = [p.lon for p in positions], [p.lat for p in positions]
    return BBox(min(lons), min(lats), max(lons), max(lats))


def parts(geometry: Geometry) -> Iterator[Part]:
    """Divide a geometry into polygons, lines and points."""
    if geometry["type"] == _COLLECTION:
        for member in geometry["geometries"]:
            yield from parts(member)
        return
    kind, coordinates = geometry["type"], geometry["coordinates"]
    if kind.endswith("Polygon"):
        for polygon in coordinates if kind == "MultiPolygon" else [coordinates]:
            yield Part(filled=True, paths=[_path(ring) for ring in polygon])
        return
    lines = {"Point": [[coordinates]], "LineString": [coordinates], "MultiLineString": coordinates}.get(kind)
    for line in lines or [[position] for position in coordinates]:
        yield Part(filled=False, paths=[_path(line)])


def _path(positions: Sequence[Sequence[float]]) -> _Path:
    return [Position(position[0], position[1]) for position in positions]


def bounding_boxes(geometry: Geometry) -> list[BBox]:
    """Return one or two boxes that cover a geometry, none of which crosses the antimeridian.

    Two, where the widest empty range of longitudes lies between its parts rather than around the
    antimeridian: the halves of an archipelago that was cut there do not make a box around the world.
    """
    boxes = sorted((part.box() for part in parts(geometry)), key=lambda box: box.west)
    widest, cut, east = boxes[0].west + 360 - max(box.east for box in boxes), 0, boxes[0].east
    for index, box in enumerate(boxes):
        if box.west - east > widest:
            widest, cut = box.west - east, index
        east = max(east, box.east)
    halves = (boxes[:cut], boxes[cut:])
    return [_box_of([corner for box in half for corner in box.corners()]) for half in halves if half]


def positions_of(geometry: Geometry) -> Iterator[Sequence[float]]:
    """Yield the positions of a geometry, in order."""
    if geometry["type"] == _COLLECTION:
        for member in geometry["geometries"]:
            yield from positions_of(member)
        return
    found = iter((geometry["coordinates"],))
    for _ in range(_SHAPES[geometry["type"]][0]):
        found = chain.from_iterable(found)
    yield from found


def altitudes(geometry: Geometry) -> tuple[float, float] | None:
    """Return the lowest and the highest altitude, in metres; None where a position has none (RFC 7946 §3.1.1)."""
    lowest, highest = math.inf, -math.inf
    for position in positions_of(geometry):
        if len(position) < 3:
            return None
        lowest, highest = min(lowest, position[2]), max(highest, position[2])
    return lowest, highest


def representative_point(geometry: Geometry) -> Position:
    """Return one position to stand for a geometry: on it, and well inside where it has an inside.

    That is, of the polygon with the largest box, the middle of the widest span halfway up; without polygons
    the middle position of the largest line, or else the first point.
    """
    part = max(parts(geometry), key=lambda it: (it.filled, len(it.paths[0]) > 1, _extent(it.box())))
    middle = part.paths[0][len(part.paths[0]) // 2]
    if not part.filled:
        return middle
    box = part.box()
    lat = (box.south + box.north) / 2
    crossings = sorted(
        x1 + (lat - y1) / (y2 - y1) * (x2 - x1)
        for (x1, y1), (x2, y2) in part.segments()
        if (y1 > lat) != (y2 > lat)
    )
    stretches = [(east - west, west) for west, east in zip(crossings[::2], crossings[1::2], strict=False)]
    # A polygon without height has no inside.
    width, west = max(stretches, default=(0.0, middle.lon))
    return Position(west + width / 2, lat if stretches else middle.lat)


def _extent(box: BBox) -> tuple[float, float]:
    width, height = box.east - box.west, box.north - box.south
    return width * height, width + height
