"""Distances on a sphere of the earth's mean radius, in kilometres, between points in WGS 84 degrees."""

import itertools
import math
from typing import Final, TypeAlias

from app.values.positions import BBox, Position

EARTH_RADIUS_KM: Final = 6371.0088
"""The mean radius of the earth (IUGG), in kilometres."""


def distance_km(lat1: float, lon1: float, lat2: float, lon2: float) -> float:
    """Give the great-circle distance of two points (haversine), in kilometres."""
    north, east = math.radians(lat2 - lat1) / 2, math.radians(lon2 - lon1) / 2
    parallels = math.cos(math.radians(lat1)) * math.cos(math.radians(lat2))
    haversine = math.sin(north) ** 2 + parallels * math.sin(east) ** 2
    return 2 * EARTH_RADIUS_KM * math.asin(math.sqrt(min(1.0, haversine)))


def distance_to_segment_km(lat: float, lon: float, start: Position, end: Position) -> float:
    """Give the distance of a point to the line between two positions, straight in degrees, in kilometres.

    The line is followed along great circles, in steps of at most a degree and at most 16.
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
