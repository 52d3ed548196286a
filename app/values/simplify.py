"""Geometries of more positions than a place may have, simplified: fewer positions, within a distance of the outline.

What is left out moves no outline by more than the distance, in metres; rings that do not cross do not begin to, and
none vanishes (the topology-preserving variant of the algorithm of Douglas and Peucker, of GEOS by shapely). The
positions that stay are those that were given, to the last digit.
"""

import math
import re
from collections.abc import Mapping
from importlib.util import find_spec
from itertools import groupby
from typing import Any, Final, TypeGuard

from app.values.coordinates import EARTH_RADIUS_KM
from app.values.geojson import MAX_POSITIONS, Geometry, check_geometry, parts, positions_of

MAX_METRES: Final = 100_000.0
"""The greatest distance that an outline may be moved by."""

LIBRARY: Final = "shapely"

_LEAST: Final = 4
_METRES_OF_A_DEGREE: Final = math.radians(1) * EARTH_RADIUS_KM * 1000
_distance: Final = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,6})?) ?(m|km)")

_Point = tuple[float, float]


def is_installed() -> bool:
    """Return whether the library that simplifies is there."""
    return find_spec(LIBRARY) is not None


def parse_metres(text: str) -> float:
    """Parse a distance with its unit, `100m` or `1.5km`, in metres.

    Raises:
        ValueError: it is none, or not above 0 and at most `MAX_METRES`.
    """
    found = _distance.fullmatch(text)
    metres = float(found[1]) * (1000 if found[2] == "km" else 1) if found else 0.0
    if not 0 < metres <= MAX_METRES:
        message = f"give a distance above 0 and at most {MAX_METRES / 1000:g} km, with its unit: 100m, 1.5km"
        raise ValueError(message)
    return metres


def is_too_large(geometry: object) -> TypeGuard[Geometry]:
    """Return whether something is a geometry that is fine but for having more positions than a place may have."""
    faults = check_geometry(geometry, most=None)
    return not faults and isinstance(geometry, Mapping) and count_positions(geometry) > MAX_POSITIONS


def count_positions(geometry: Geometry) -> int:
    """Return how many positions a geometry has, over all its parts."""
    return sum(1 for _ in positions_of(geometry))


def simplify(geometry: Geometry, metres: float) -> dict[str, Any]:
    """Return a geometry without positions that its outline can do without, at most so far from where it was.

    Of a polygon that crosses itself the rings may cross still. A degree of longitude is taken for as long as it
    is where the geometry comes nearest to the equator, so that no outline moves by more than `metres` anywhere;
    towards the poles it is less.
    """
    from shapely import simplify as simplify_planar
    from shapely.geometry import mapping, shape

    across = _METRES_OF_A_DEGREE * math.cos(math.radians(_nearest_to_equator(geometry)))
    given: dict[_Point, Any] = {}

    def project(value: Any) -> Any:
        if isinstance(value[0], list):
            return _without_repeats([project(one) for one in value])
        at = value[0] * across, value[1] * _METRES_OF_A_DEGREE
        given.setdefault(at, value)
        return at

    planar = shape(_with_coordinates(geometry, project))
    # GEOS simplifies the rest of a ring first and then leaves out where it begins, so that the two add up.
    tolerance = metres / 2 if any(part.filled for part in parts(geometry)) else metres
    found = mapping(simplify_planar(planar, tolerance, preserve_topology=True))

    def restore(value: Any) -> Any:
        if isinstance(value[0], tuple | list):
            return [restore(one) for one in value]
        return given[value[0], value[1]]

    return _with_coordinates(found, restore)


def _without_repeats(positions: list[Any]) -> list[Any]:
    """Leave out positions that are the same as the one before: GEOS takes a time that is quadratic in their number.

    Four stay, where there are as many, since a ring has four.
    """
    found = [one for one, _ in groupby(positions)]
    return found + found[-1:] * (min(len(positions), _LEAST) - len(found))


def _nearest_to_equator(geometry: Geometry) -> float:
    latitudes = [position[1] for position in positions_of(geometry)]
    return 0.0 if min(latitudes) < 0 < max(latitudes) else min(map(abs, latitudes))


def _with_coordinates(geometry: Geometry, change: Any) -> dict[str, Any]:
    if geometry["type"] == "GeometryCollection":
        members = [_with_coordinates(one, change) for one in geometry["geometries"]]
        return {"type": geometry["type"], "geometries": members}
    return {"type": geometry["type"], "coordinates": change(geometry["coordinates"])}
