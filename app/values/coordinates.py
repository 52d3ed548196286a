"""Positions and boxes on earth, in WGS 84 degrees, and how they are parsed.

Positions have longitude first as in GeoJSON (RFC 7946 §3.1.1); functions of plain numbers have latitude
first.
"""

import itertools
import math
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, TypeAlias

_DEGREES: Final = r"[ \t\n\r\f\v]*[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?[ \t\n\r\f\v]*"
_NUMBER: Final = re.compile(_DEGREES)

BOX_PATTERN: Final = f"^{','.join([_DEGREES] * 4)}$"
"""What `west,south,east,north` looks like."""

POINT_PATTERN: Final = f"^{','.join([_DEGREES] * 2)}$"
"""What `lat,lon` looks like."""

EARTH_RADIUS_KM: Final = 6371.0088
"""The mean radius of the earth (IUGG), in kilometres."""

_Vector: TypeAlias = tuple[float, float, float]


class OutOfRangeError(ValueError):
    """A number is no longitude, or no latitude."""


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
        """Parse `west,south,east,north`; raises ValueError saying what is wrong with it."""
        west, south, east, north = _numbers(text, ("west", "south", "east", "north"))
        _check_range(("west", west, 180), ("south", south, 90), ("east", east, 180), ("north", north, 90))
        if south > north:
            raise ValueError("south is greater than north")
        return cls(west, south, east, north)

    def swapped(self) -> "BBox | None":
        """Return the box with longitudes and latitudes exchanged; None where there is none, or it is the same."""
        box = BBox(self.south, self.west, self.north, self.east)
        is_box = -90 <= box.south <= box.north <= 90 and box != self
        return box if is_box else None

    def __str__(self) -> str:
        return ",".join(map(_plain, (self.west, self.south, self.east, self.north)))

    def boxes(self) -> "tuple[BBox, ...]":
        """Return the box as one box that does not cross the antimeridian, or two that meet there."""
        if self.west <= self.east:
            return (self,)
        eastern = BBox(self.west, self.south, 180.0, self.north)
        return (eastern, BBox(-180.0, self.south, self.east, self.north))

    def corners(self) -> tuple[Position, Position]:
        """Return the south-western and the north-eastern corner."""
        return Position(self.west, self.south), Position(self.east, self.north)


def with_antimeridian_copy(boxes: Sequence[BBox]) -> tuple[BBox, ...]:
    """Add a copy of each box that touches the antimeridian on its other side: 180° east and west are the same."""

    def each() -> Iterator[BBox]:
        for one in boxes:
            yield one
            if one.west == -180 and one.east < 180:
                yield BBox(180.0, one.south, 180.0, one.north)
            if one.east == 180 and one.west > -180:
                yield BBox(-180.0, one.south, -180.0, one.north)

    return tuple(dict.fromkeys(each()))


@dataclass(frozen=True, slots=True)
class Circle:
    """A point and a distance from it, in degrees and kilometres."""

    lat: float
    lon: float

    @classmethod
    def parse(cls, text: str) -> "Circle":
        """Parse `lat,lon`; raises ValueError saying what is wrong with it."""
        lat, lon = _numbers(text, ("lat", "lon"))
        _check_range(("lat", lat, 90), ("lon", lon, 180))
        return cls(lat, lon)

    def swapped(self) -> "Circle | None":
        """Return the point with latitude and longitude exchanged; None where there is none, or it is the same."""
        return Circle(self.lon, self.lat) if abs(self.lon) <= 90 and self.lon != self.lat else None

    def __str__(self) -> str:
        return f"{_plain(self.lat)},{_plain(self.lon)}"


def _plain(number: float) -> str:
    """Write a number as a client would, so that it is parsed as the same."""
    return str(int(number)) if number.is_integer() else repr(number)


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
            raise OutOfRangeError(f"{name} is not between -{limit} and {limit}")


def swapped(text: str, parse: Callable[[str], object]) -> str | None:
    """Return numbers of which one is out of range with latitudes and longitudes exchanged, if all are right then."""
    parts = [part.strip() for part in text.split(",")]
    meant = ",".join(other for pair in zip(parts[1::2], parts[::2], strict=True) for other in pair)
    try:
        parse(meant)
    except ValueError:
        return None
    return meant


def distance_km(lat1: float, lon1: float, lat2: float, lon2: float) -> float:
    """Return the great-circle distance of two points (haversine), in kilometres."""
    north, east = math.radians(lat2 - lat1) / 2, math.radians(lon2 - lon1) / 2
    parallels = math.cos(math.radians(lat1)) * math.cos(math.radians(lat2))
    haversine = math.sin(north) ** 2 + parallels * math.sin(east) ** 2
    return 2 * EARTH_RADIUS_KM * math.asin(math.sqrt(min(1.0, haversine)))


def distance_to_segment_km(lat: float, lon: float, start: Position, end: Position) -> float:
    """Return the distance in kilometres from a point to the line between two positions, straight in degrees.

    The line is approximated by great circle arcs of at most a degree, at most 16 of them.
    """
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
        # The nearest point is within the arc where the point lies between the planes through its ends,
        # across the arc.
        if length and _dot(_cross(normal, first), point) >= 0 >= _dot(_cross(normal, last), point):
            nearest = min(nearest, EARTH_RADIUS_KM * math.asin(min(1.0, abs(_dot(normal, point)) / length)))
    return nearest


def _unit_vector(lat: float, lon: float) -> _Vector:
    phi, theta = math.radians(lat), math.radians(lon)
    return (math.cos(phi) * math.cos(theta), math.cos(phi) * math.sin(theta), math.sin(phi))


def _dot(a: _Vector, b: _Vector) -> float:
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


def _cross(a: _Vector, b: _Vector) -> _Vector:
    return (a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0])


def boxes_around(lat: float, lon: float, km: float) -> list[BBox]:
    """Return boxes, none of which crosses the antimeridian, that cover a circle on the sphere.

    Where the circle reaches a pole they go all around. They have a margin of a millionth of a degree, so
    that no rounding loses a point on the rim.
    """
    return boxes_around_box(BBox(lon, lat, lon, lat), km)


def boxes_around_box(box: BBox, km: float) -> list[BBox]:
    """Return boxes that cover all that is within a distance of a box, as `boxes_around` does of a point.

    The box does not cross the antimeridian.
    """
    margin = 1e-6
    radius = km / EARTH_RADIUS_KM
    reach = math.degrees(radius) + margin
    south, north = box.south - reach, box.north + reach
    if south <= -90 or north >= 90:
        return [BBox(-180.0, max(south, -90.0), 180.0, min(north, 90.0))]
    # A distance is most degrees where parallels are shortest.
    parallel = math.cos(math.radians(max(abs(box.south), abs(box.north))))
    width = math.degrees(math.asin(min(1.0, math.sin(radius) / parallel))) + margin
    west, east = box.west - width, box.east + width
    if east - west >= 360:
        return [BBox(-180.0, south, 180.0, north)]
    # 180° and -180° are the same meridian.
    if west <= -180:
        return list(BBox(west + 360, south, east, north).boxes())
    if east >= 180:
        return list(BBox(west, south, east - 360, north).boxes())
    return [BBox(west, south, east, north)]
