"""A geometry in words: a point by its coordinates, anything else by the box that it lies in."""

from typing import Final

from app.values.geojson import Geometry, bounding_boxes

_SHAPES: Final = {
    "Point": "A point",
    "MultiPoint": "Several points",
    "LineString": "A line",
    "MultiLineString": "Several lines",
    "Polygon": "An area",
    "MultiPolygon": "Several areas",
    "GeometryCollection": "Several shapes",
}
_DIGITS: Final = 5


def geometry_in_words(geometry: Geometry) -> str:
    """Return where a GeoJSON geometry lies: `23.13° N, 82.38° W`, or its shape and the box around it."""
    if geometry["type"] == "Point":
        longitude, latitude = geometry["coordinates"][:2]
        return f"{_latitude(latitude)}, {_longitude(longitude)}"
    boxes = bounding_boxes(geometry)
    south, north = min(box.south for box in boxes), max(box.north for box in boxes)
    # Of two boxes the first ends, and the last begins, at the antimeridian: it lies between them.
    west, east = boxes[-1].west, boxes[0].east
    shape = _SHAPES[geometry["type"]]
    return f"{shape} between {_latitude(south)} and {_latitude(north)}, {_longitude(west)} and {_longitude(east)}"


def _latitude(degrees: float) -> str:
    return f"{round(abs(degrees), _DIGITS):g}° {'S' if degrees < 0 else 'N'}"


def _longitude(degrees: float) -> str:
    return f"{round(abs(degrees), _DIGITS):g}° {'W' if degrees < 0 else 'E'}"
