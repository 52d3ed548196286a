"""What meets a box or lies near a point, segment by segment: slow, plain, and what `app.values.prepared_shapes` must agree with."""

import math

from app.values.coordinates import Position, distance_to_segment_km, with_antimeridian_copy
from app.values.geojson import parts


def intersects_bbox(geometry, bbox):
    """Say whether a geometry and a box have a point in common, edges included; 180° east and west are one."""
    boxes = with_antimeridian_copy(bbox.boxes())
    for part in parts(geometry):
        for start, end in part.segments():
            if start == end and contains(bbox, start.lat, start.lon):
                return True
            if any(_segment_meets(start, end, box) for box in boxes):
                return True
        # No edge meets the box: it lies in the polygon whole, or not at all.
        if any(_covers(part, Position(box.west, box.south)) for box in boxes):
            return True
    return False


def distance_to_geometry_km(lat, lon, geometry):
    """Give the distance of a point to a geometry in kilometres: 0 within a polygon."""
    nearest = math.inf
    for part in parts(geometry):
        if _covers(part, Position(lon, lat)):
            return 0.0
        nearest = min(nearest, *(distance_to_segment_km(lat, lon, *segment) for segment in part.segments()))
    return nearest


def _covers(part, position):
    crossings = 0
    for (x1, y1), (x2, y2) in part.segments() if part.filled else ():
        if (y1 > position.lat) != (y2 > position.lat):
            crossings += x1 + (position.lat - y1) / (y2 - y1) * (x2 - x1) > position.lon
    return crossings % 2 == 1


def _segment_meets(start, end, box):
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


def contains(box, lat, lon):
    """Say whether a point lies in a box or on its edge; 180° east and west are one meridian."""
    same = (lon, -lon) if abs(lon) == 180 else (lon,)
    return box.south <= lat <= box.north and any(
        each.west <= one <= each.east for each in box.boxes() for one in same
    )
