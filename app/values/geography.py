"""Places on earth: GeoJSON geometries (RFC 7946), boxes and circles.

Coordinates are WGS 84 degrees; distances are kilometres on a sphere of the mean radius. Positions have
longitude first as in GeoJSON, functions of plain numbers latitude first as people say it.

A line between two positions is straight in longitude and latitude (§3.1.1), however long: geometries that
cross the antimeridian are cut there by whoever makes them (§3.1.9), and what is not cut is taken literally.
"""

import itertools
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, TypeAlias

Fault: TypeAlias = tuple[tuple[str | int, ...], str, str]
"""What is wrong with a value: the path to it, a code for programs and a message for people."""

Geometry: TypeAlias = Mapping[str, Any]
"""A GeoJSON geometry object in which `check_geometry` finds no fault."""

EARTH_RADIUS_KM: Final = 6371.0088
"""The mean radius of the earth (IUGG), in kilometres."""

MAX_POSITIONS: Final = 10_000
"""The most positions in a geometry, over all its parts."""

MAX_NESTING: Final = 3
"""How deep geometry collections may stand in one another, the outermost counted."""

_MOST_FAULTS: Final = 100
_COLLECTION: Final = "GeometryCollection"
# By type: how many arrays stand around a position, and the fewest positions in the innermost.
_SHAPES: Final = {
    "Point": (0, 1),
    "MultiPoint": (1, 1),
    "LineString": (1, 2),
    "MultiLineString": (2, 2),
    "Polygon": (2, 4),
    "MultiPolygon": (3, 4),
}
_NUMBER: Final = re.compile(r"\s*[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?\s*", re.ASCII)


class Position(NamedTuple):
    """A place on earth, in degrees."""

    lon: float
    lat: float


@dataclass(frozen=True, slots=True)
class BBox:
    """A box of RFC 7946 §5, in degrees. It crosses the antimeridian where west is greater than east."""

    west: float
    south: float
    east: float
    north: float

    @classmethod
    def parse(cls, text: str) -> "BBox":
        """Read `west,south,east,north`; raises ValueError saying what is wrong with it."""
        west, south, east, north = _numbers(text, ("west", "south", "east", "north"))
        _check_range(("west", west, 180), ("south", south, 90), ("east", east, 180), ("north", north, 90))
        if south > north:
            raise ValueError("south is greater than north")
        return cls(west, south, east, north)

    def boxes(self) -> "tuple[BBox, ...]":
        """Give the box as one box that does not cross the antimeridian, or two that meet there."""
        if self.west <= self.east:
            return (self,)
        eastern = BBox(self.west, self.south, 180.0, self.north)
        return (eastern, BBox(-180.0, self.south, self.east, self.north))

    def corners(self) -> tuple[Position, Position]:
        """Give the south-western and the north-eastern corner."""
        return Position(self.west, self.south), Position(self.east, self.north)

    def contains_point(self, lat: float, lon: float) -> bool:
        """Say whether a point lies in the box or on its edge; 180° east and west are one meridian."""
        if not self.south <= lat <= self.north:
            return False
        same = (lon, -lon) if abs(lon) == 180 else (lon,)
        return any(box.west <= each <= box.east for box in self.boxes() for each in same)


@dataclass(frozen=True, slots=True)
class Near:
    """A point to be near to, in degrees."""

    lat: float
    lon: float

    @classmethod
    def parse(cls, text: str) -> "Near":
        """Read `lat,lon`; raises ValueError saying what is wrong with it."""
        lat, lon = _numbers(text, ("lat", "lon"))
        _check_range(("lat", lat, 90), ("lon", lon, 180))
        return cls(lat, lon)


def _numbers(text: str, names: Sequence[str]) -> list[float]:
    parts = text.split(",")
    if len(parts) != len(names):
        raise ValueError(f"expected {len(names)} numbers: {','.join(names)}")
    for name, part in zip(names, parts, strict=True):
        if _NUMBER.fullmatch(part) is None:
            raise ValueError(f"{name} is not a number")
    return [float(part) for part in parts]


def _check_range(*values: tuple[str, float, int]) -> None:
    for name, value, limit in values:
        if not -limit <= value <= limit:
            raise ValueError(f"{name} is not between -{limit} and {limit}")


def check_geometry(geometry: object) -> list[Fault]:
    """List what is wrong with a GeoJSON geometry (RFC 7946 §3.1); an empty list if nothing, at most 100.

    Paths are relative to the geometry. Members other than `type` and `coordinates` or `geometries` are
    faults, empty arrays too. The winding of rings is free, as §3.1.6 asks of readers.
    """
    checker = _Checker()
    checker.geometry(geometry, (), 1)
    if checker.positions > MAX_POSITIONS:
        checker.faults.append(((), "too-many", f"a geometry has at most {MAX_POSITIONS} positions"))
    return checker.faults[:_MOST_FAULTS]


class _Checker:
    def __init__(self) -> None:
        self.faults: list[Fault] = []
        self.positions = 0

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
            self.arrays(value[member], (*path, member), around, fewest)
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
                if self.positions > MAX_POSITIONS or len(self.faults) >= _MOST_FAULTS:
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
            self.each(value, path, self.position)
            if fewest == 4 and isinstance(value, list) and value and value[0] != value[-1]:
                self.faults.append((path, "not-closed", "the last position of a ring is its first"))

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


# A geometry comes apart into points, lines and polygons, all as lists of paths: a point is a path of one
# position, a line a path, a polygon its rings.
_Path: TypeAlias = list[Position]


class _Part(NamedTuple):
    filled: bool
    paths: list[_Path]

    def segments(self) -> Iterator[tuple[Position, Position]]:
        for path in self.paths:
            yield from zip(path, path[1:] or path, strict=False)

    def covers(self, position: Position) -> bool:
        """Say whether a point lies within the rings, by the parity of the edges east of it."""
        crossings = 0
        for (x1, y1), (x2, y2) in self.segments() if self.filled else ():
            if (y1 > position.lat) != (y2 > position.lat):
                crossings += x1 + (position.lat - y1) / (y2 - y1) * (x2 - x1) > position.lon
        return crossings % 2 == 1

    def box(self) -> BBox:
        return _box_of([position for path in self.paths for position in path])


def _box_of(positions: Sequence[Position]) -> BBox:
    lons, lats = [p.lon for p in positions], [p.lat for p in positions]
    return BBox(min(lons), min(lats), max(lons), max(lats))


def _parts(geometry: Geometry) -> Iterator[_Part]:
    if geometry["type"] == _COLLECTION:
        for member in geometry["geometries"]:
            yield from _parts(member)
        return
    kind, coordinates = geometry["type"], geometry["coordinates"]
    if kind.endswith("Polygon"):
        for polygon in coordinates if kind == "MultiPolygon" else [coordinates]:
            yield _Part(filled=True, paths=[_path(ring) for ring in polygon])
        return
    lines = {"Point": [[coordinates]], "LineString": [coordinates], "MultiLineString": coordinates}.get(kind)
    for line in lines or [[position] for position in coordinates]:
        yield _Part(filled=False, paths=[_path(line)])


def _path(positions: Sequence[Sequence[float]]) -> _Path:
    return [Position(position[0], position[1]) for position in positions]


def bounding_boxes(geometry: Geometry) -> list[BBox]:
    """Cover a geometry with one box or two, none of which crosses the antimeridian.

    Two, where the widest empty range of longitudes lies between its parts rather than around the
    antimeridian: the halves of an archipelago that was cut there do not make a box around the world.
    """
    boxes = sorted((part.box() for part in _parts(geometry)), key=lambda box: box.west)
    widest, cut, east = boxes[0].west + 360 - max(box.east for box in boxes), 0, boxes[0].east
    for index, box in enumerate(boxes):
        if box.west - east > widest:
            widest, cut = box.west - east, index
        east = max(east, box.east)
    halves = (boxes[:cut], boxes[cut:])
    return [_box_of([corner for box in half for corner in box.corners()]) for half in halves if half]


def intersects_bbox(geometry: Geometry, bbox: BBox) -> bool:
    """Say whether a geometry and a box have a point in common, edges included."""
    for part in _parts(geometry):
        for start, end in part.segments():
            if start == end and bbox.contains_point(start.lat, start.lon):
                return True
            if any(_segment_meets(start, end, box) for box in bbox.boxes()):
                return True
        # No edge meets the box: it lies in the polygon whole, or not at all.
        if any(part.covers(Position(box.west, box.south)) for box in bbox.boxes()):
            return True
    return False


def _segment_meets(start: Position, end: Position, box: BBox) -> bool:
    """Clip a segment by the four sides of a box (Liang and Barsky) and see if anything is left."""
    # Exact where the clipping rounds: a segment that ends short of the box does not meet it.
    if max(start.lon, end.lon) < box.west or min(start.lon, end.lon) > box.east:
        return False
    if max(start.lat, end.lat) < box.south or min(start.lat, end.lat) > box.north:
        return False
    dx, dy = end.lon - start.lon, end.lat - start.lat
    first, last = 0.0, 1.0
    for toward, room in (
        (-dx, start.lon - box.west),
        (dx, box.east - start.lon),
        (-dy, start.lat - box.south),
        (dy, box.north - start.lat),
    ):
        if toward < 0:
            first = max(first, room / toward)
        elif toward > 0:
            last = min(last, room / toward)
    return first <= last


def representative_point(geometry: Geometry) -> Position:
    """Give one position to stand for a geometry: on it, and well inside where it has an inside.

    That is the middle of the widest stretch, halfway up, of the polygon with the largest box; where there is
    no polygon the middle position of the largest line, and at last the first point.
    """
    part = max(_parts(geometry), key=lambda it: (it.filled, len(it.paths[0]) > 1, _extent(it.box())))
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


def distance_km(lat1: float, lon1: float, lat2: float, lon2: float) -> float:
    """Give the great-circle distance of two points (haversine), in kilometres."""
    north, east = math.radians(lat2 - lat1) / 2, math.radians(lon2 - lon1) / 2
    parallels = math.cos(math.radians(lat1)) * math.cos(math.radians(lat2))
    haversine = math.sin(north) ** 2 + parallels * math.sin(east) ** 2
    return 2 * EARTH_RADIUS_KM * math.asin(math.sqrt(min(1.0, haversine)))


def distance_to_geometry_km(lat: float, lon: float, geometry: Geometry) -> float:
    """Give the distance of a point to a geometry in kilometres: 0 within a polygon.

    An approximation: edges are followed along great circles, in steps of at most a degree and at most 16 to
    an edge, which is within 0.2 km of the straight line in degrees for edges up to 16° long.
    """
    nearest = math.inf
    for part in _parts(geometry):
        if part.covers(Position(lon, lat)):
            return 0.0
        nearest = min(nearest, *(_distance_to_segment(lat, lon, *segment) for segment in part.segments()))
    return nearest


def _distance_to_segment(lat: float, lon: float, start: Position, end: Position) -> float:
    steps = max(1, min(16, math.ceil(max(abs(end.lon - start.lon), abs(end.lat - start.lat)))))
    stops = [
        (start.lat + (end.lat - start.lat) * step / steps, start.lon + (end.lon - start.lon) * step / steps)
        for step in range(steps + 1)
    ]
    nearest = min(distance_km(lat, lon, *stop) for stop in stops)
    point = _unit_vector(lat, lon)
    vectors = [_unit_vector(*stop) for stop in stops]
    for first, last in itertools.pairwise(vectors):
        normal = _cross(first, last)
        length = math.hypot(*normal)
        # The point is abeam where it lies between the planes through either end, across the arc.
        if length and _dot(_cross(normal, first), point) >= 0 >= _dot(_cross(normal, last), point):
            nearest = min(nearest, EARTH_RADIUS_KM * math.asin(min(1.0, abs(_dot(normal, point)) / length)))
    return nearest


_Vector: TypeAlias = tuple[float, float, float]


def _unit_vector(lat: float, lon: float) -> _Vector:
    phi, theta = math.radians(lat), math.radians(lon)
    return (math.cos(phi) * math.cos(theta), math.cos(phi) * math.sin(theta), math.sin(phi))


def _dot(a: _Vector, b: _Vector) -> float:
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


def _cross(a: _Vector, b: _Vector) -> _Vector:
    return (a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0])


def boxes_within(lat: float, lon: float, km: float) -> list[BBox]:
    """Give boxes, none of which crosses the antimeridian, that surely cover a circle on the sphere.

    They touch the pole and go all around where the circle reaches it. They are no tighter than a millionth of
    a degree, so that no rounding loses a point on the rim.
    """
    margin = 1e-6
    radius = km / EARTH_RADIUS_KM
    reach = math.degrees(radius) + margin
    south, north = lat - reach, lat + reach
    if south <= -90 or north >= 90:
        return [BBox(-180.0, max(south, -90.0), 180.0, min(north, 90.0))]
    width = math.degrees(math.asin(min(1.0, math.sin(radius) / math.cos(math.radians(lat))))) + margin
    west, east = lon - width, lon + width
    # Reaching 180° is reaching -180° too.
    if west <= -180:
        return list(BBox(west + 360, south, east, north).boxes())
    if east >= 180:
        return list(BBox(west, south, east - 360, north).boxes())
    return [BBox(west, south, east, north)]
