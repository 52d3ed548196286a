"""Geometries prepared for repeated tests: a tree of boxes over runs of their segments.

A test looks at the boxes first, and only at the segments in boxes that do not decide. Its result is that of
testing every segment, to the last bit.
"""

import math
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from typing import Final

from app.values.coordinates import EARTH_RADIUS_KM, BBox, Position, distance_km, distance_to_segment_km
from app.values.geojson import Geometry, parts

_RUN: Final = 16
"""Segments in a run."""

_FANOUT: Final = 8
"""Runs in a box of runs, and such boxes in a larger one."""

_OVERHEAD: Final = 1_000
"""The memory of a shape besides its numbers, about, in bytes."""

_ROUNDING: Final = 1e-9
"""More than any rounding of a longitude, in degrees."""

_CLOSE_KM: Final = 1e-3
"""More than any rounding of a distance, in kilometres."""

_DISTANCE: Final = 20
"""How many box comparisons the distance to a segment costs, about."""


class TooMuchWork(Exception):
    """More would have to be compared than was allowed."""


class Budget:
    """How many more segments and boxes may be compared, over any number of shapes."""

    __slots__ = ("left",)

    def __init__(self, most: int) -> None:
        """Allow `most` comparisons; each takes about a microsecond."""
        self.left = most

    def spend(self, comparisons: int) -> None:
        """Subtract comparisons; raises `TooMuchWork` where none are left."""
        self.left -= comparisons
        if self.left < 0:
            raise TooMuchWork


class Shape:
    """A prepared geometry.

    All positions are in one array, path by path. `_ends` has the last position of each path, from which no
    segment leads to the next; `_starts` where each part begins, a polygon or a run of lines and points;
    `_filled` which of the parts are polygons. `_levels` has boxes, four numbers each: of runs of segments,
    then of runs of boxes.
    """

    __slots__ = ("_ends", "_filled", "_lats", "_levels", "_lons", "_starts")

    def __init__(self, geometry: Geometry) -> None:
        """Prepare a geometry in which `check_geometry` finds no fault."""
        self._lons, self._lats = array("d"), array("d")
        self._ends, self._starts = array("q"), array("q")
        self._filled = bytearray()
        for part in parts(geometry):
            if part.filled or not self._filled or self._filled[-1]:
                self._starts.append(len(self._lons))
                self._filled.append(part.filled)
            for path in part.paths:
                # A point is a segment without length.
                whole = path if len(path) > 1 else path * 2
                self._lons.extend([position.lon for position in whole])
                self._lats.extend([position.lat for position in whole])
                self._ends.append(len(self._lons) - 1)
        self._levels = [self._boxes_of_runs()]
        while len(self._levels[-1]) > 4 * _FANOUT:
            self._levels.append(_boxes_of_boxes(self._levels[-1]))

    @property
    def positions(self) -> int:
        """The number of its positions."""
        return len(self._lons)

    @property
    def size(self) -> int:
        """The memory it takes, about, in bytes."""
        numbers = len(self._lons) * 2 + len(self._ends) + len(self._starts) + sum(map(len, self._levels))
        return _OVERHEAD + 8 * numbers + len(self._filled)

    def _boxes_of_runs(self) -> "array[float]":
        boxes = array("d")
        for first in range(0, len(self._lons) - 1, _RUN):
            lons = self._lons[first : first + _RUN + 1]
            lats = self._lats[first : first + _RUN + 1]
            boxes.extend((min(lons), min(lats), max(lons), max(lats)))
        return boxes

    def meets(self, boxes: Sequence[BBox], budget: Budget) -> bool:
        """Return whether it has a point in common with one of some boxes, edges included.

        The boxes do not cross the antimeridian; one that touches it is given on both sides
        (`with_antimeridian_copy`).

        Raises:
            TooMuchWork: the budget is spent.
        """
        # Where no edge meets a box, the box lies wholly inside a polygon, or outside all of them.
        return any(self._edges_meet(box, budget) for box in boxes) or any(
            self._covers(Position(box.west, box.south), budget) for box in boxes
        )

    def _edges_meet(self, box: BBox, budget: Budget) -> bool:
        west, south, east, north = box.west, box.south, box.east, box.north
        waiting = [(len(self._levels) - 1, 0)]
        while waiting:
            level, number = waiting.pop()
            numbers = self._levels[level]
            ends = min(len(numbers), 4 * (number + _FANOUT))
            budget.spend(_FANOUT)
            for at in range(4 * number, ends, 4):
                low_lon, low_lat, high_lon, high_lat = numbers[at : at + 4]
                if high_lon < west or low_lon > east or high_lat < south or low_lat > north:
                    continue
                if west <= low_lon and high_lon <= east and south <= low_lat and high_lat <= north:
                    return True
                if level:
                    waiting.append((level - 1, at // 4 * _FANOUT))
                elif self._run_meets(at // 4 * _RUN, box, budget):
                    return True
        return False

    def _run_meets(self, run: int, box: BBox, budget: Budget) -> bool:
        budget.spend(_RUN)
        for first, last in self._runs(run):
            lons, lats = self._lons[first : last + 1], self._lats[first : last + 1]
            segments = zip(lons, lats, lons[1:], lats[1:], strict=False)
            if any(_segment_meets(*segment, box) for segment in segments):
                return True
        return False

    def _runs(self, run: int) -> Iterator[tuple[int, int]]:
        """Yield the first and the last position of each path, or part of it, in a run."""
        first, last = run, min(run + _RUN, len(self._lons) - 1)
        at = bisect_left(self._ends, first)
        while first < last:
            end = min(self._ends[at], last)
            if end > first:
                yield first, end
            first, at = end + 1 if end == self._ends[at] else end, at + 1

    def _covers(self, position: Position, budget: Budget) -> bool:
        """Return whether a point lies within the rings of a polygon, by the parity of the edges east of it."""
        if not any(self._filled):
            return False
        lon, lat = position
        odd: dict[int, bool] = {}
        waiting = [(len(self._levels) - 1, 0)]
        while waiting:
            level, number = waiting.pop()
            numbers = self._levels[level]
            ends = min(len(numbers), 4 * (number + _FANOUT))
            budget.spend(_FANOUT)
            for at in range(4 * number, ends, 4):
                low_lon, low_lat, high_lon, high_lat = numbers[at : at + 4]
                if low_lat > lat or high_lat <= lat or high_lon < lon - _ROUNDING:
                    continue
                index = at // 4
                first = index * _RUN * _FANOUT**level
                last = min(first + _RUN * _FANOUT**level, len(self._lons) - 1)
                if low_lon > lon + _ROUNDING and self._ends[bisect_left(self._ends, first)] >= last:
                    # All of it is east of the point, and of one path: it crosses where its ends are on either side.
                    if (self._lats[first] > lat) != (self._lats[last] > lat):
                        part = bisect_right(self._starts, first) - 1
                        odd[part] = not odd.get(part, False)
                elif level:
                    waiting.append((level - 1, index * _FANOUT))
                else:
                    budget.spend(_RUN)
                    for part in self._crossed(first, position):
                        odd[part] = not odd.get(part, False)
        return any(crossed and self._filled[part] for part, crossed in odd.items())

    def _crossed(self, run: int, position: Position) -> Iterator[int]:
        """Yield, for each segment of a run that lies east of a point and crosses its parallel, the part it belongs to."""
        for first, last in self._runs(run):
            for at in range(first, last):
                y1, y2 = self._lats[at], self._lats[at + 1]
                if (y1 > position.lat) != (y2 > position.lat):
                    x1, x2 = self._lons[at], self._lons[at + 1]
                    if x1 + (position.lat - y1) / (y2 - y1) * (x2 - x1) > position.lon:
                        yield bisect_right(self._starts, first) - 1

    def is_within(self, lat: float, lon: float, km: float, boxes: Sequence[BBox], budget: Budget) -> bool:
        """Return whether it comes within a distance of a point, in kilometres, as `distance_to_segment_km` measures.

        `boxes` cover the circle (`boxes_around`).

        Raises:
            TooMuchWork: the budget is spent.
        """
        if self._covers(Position(lon, lat), budget):
            return True
        waiting = [(len(self._levels) - 1, 0)]
        while waiting:
            level, number = waiting.pop()
            numbers = self._levels[level]
            ends = min(len(numbers), 4 * (number + _FANOUT))
            budget.spend(_FANOUT)
            for at in range(4 * number, ends, 4):
                west, south, east, north = numbers[at : at + 4]
                beyond = _bulge(east - west)
                if not any(
                    east >= box.west
                    and west <= box.east
                    and north + beyond >= box.south
                    and south - beyond <= box.north
                    for box in boxes
                ):
                    continue
                middle = distance_km(lat, lon, (south + north) / 2, (west + east) / 2)
                if middle - _diameter_km(east - west, south - beyond, north + beyond) / 2 > km + _CLOSE_KM:
                    continue
                if level:
                    waiting.append((level - 1, at // 4 * _FANOUT))
                elif self._run_is_within(at // 4 * _RUN, lat, lon, km, budget):
                    return True
        return False

    def _run_is_within(self, run: int, lat: float, lon: float, km: float, budget: Budget) -> bool:
        budget.spend(_RUN)
        for first, last in self._runs(run):
            for at in range(first, last):
                start = Position(self._lons[at], self._lats[at])
                end = Position(self._lons[at + 1], self._lats[at + 1])
                from_start = distance_km(lat, lon, start.lat, start.lon)
                if from_start <= km:
                    return True
                width = abs(end.lon - start.lon)
                beyond = _bulge(width)
                south, north = min(start.lat, end.lat) - beyond, max(start.lat, end.lat) + beyond
                if from_start - _diameter_km(width, south, north) > km + _CLOSE_KM:
                    continue
                budget.spend(_DISTANCE)
                if distance_to_segment_km(lat, lon, start, end) <= km:
                    return True
        return False

    def segments(self) -> Iterator[tuple[Position, Position]]:
        """Yield its segments; a point is one without length."""
        for run in range(0, len(self._lons) - 1, _RUN):
            for first, last in self._runs(run):
                for at in range(first, last):
                    start = Position(self._lons[at], self._lats[at])
                    yield start, Position(self._lons[at + 1], self._lats[at + 1])


def _boxes_of_boxes(boxes: "array[float]") -> "array[float]":
    larger = array("d")
    for first in range(0, len(boxes), 4 * _FANOUT):
        some = boxes[first : first + 4 * _FANOUT]
        larger.extend((min(some[::4]), min(some[1::4]), max(some[2::4]), max(some[3::4])))
    return larger


def _bulge(width: float) -> float:
    """Return how far north or south of its ends a segment of that width can lead, in degrees.

    `distance_to_segment_km` follows it along great circles, in steps of a degree or a sixteenth of its
    width: the top of an arc is an eighth of the square of half its width higher than its ends, at 45°
    north, where that is most.
    """
    return math.degrees(math.radians(max(1.0, width / 16)) ** 2 / 16) * 1.5


def _diameter_km(width: float, south: float, north: float) -> float:
    """Return the greatest distance between two points of a box, in kilometres, given its width in degrees."""
    nearest_equator = 0.0 if south <= 0 <= north else min(abs(south), abs(north))
    parallel = math.cos(math.radians(nearest_equator))
    return EARTH_RADIUS_KM * math.radians(math.hypot(north - south, width * parallel))


def _segment_meets(x1: float, y1: float, x2: float, y2: float, box: BBox) -> bool:
    """Clip a segment by the four sides of a box (Liang and Barsky) and see if anything is left."""
    west, south, east, north = box.west, box.south, box.east, box.north
    # Clipping rounds; this test is exact: a segment that ends short of the box does not meet it.
    if (x1 < west and x2 < west) or (x1 > east and x2 > east):
        return False
    if (y1 < south and y2 < south) or (y1 > north and y2 > north):
        return False
    dx, dy = x2 - x1, y2 - y1
    first, last = 0.0, 1.0
    for toward, room in ((-dx, x1 - west), (dx, east - x1), (-dy, y1 - south), (dy, north - y1)):
        if toward < 0:
            first = max(first, room / toward)
        elif toward > 0:
            last = min(last, room / toward)
    return first <= last
