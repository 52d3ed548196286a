"""The JSON Schemas of GeoJSON geometries (RFC 7946 §3.1), a component each, as records and features have them."""

from collections.abc import Mapping
from typing import Final

from app.records.scalars import MAX_NUMBER
from app.schemas.json_schema import Schema, reference, union

_COORDINATES: Final[Mapping[str, str]] = {
    "Point": "Position",
    "MultiPoint": "Positions",
    "LineString": "Line",
    "MultiLineString": "Lines",
    "Polygon": "Rings",
    "MultiPolygon": "Polygons",
}
"""What the coordinates of each type of geometry are."""

_DESCRIPTION: Final = "A geometry of this type (RFC 7946 §3.1)."


def _geometry(name: str, member: str, schema: Schema) -> Schema:
    return {
        "type": "object",
        "title": name,
        "description": _DESCRIPTION,
        "properties": {"type": {"type": "string", "const": name}, member: schema},
        "required": ["type", member],
        "additionalProperties": False,
    }


def _list_of(item: Schema, least: int = 1) -> Schema:
    return {"type": "array", "items": item, "minItems": least}


_POSITION: Final[Schema] = {
    "type": "array",
    "items": {"type": "number", "minimum": -MAX_NUMBER, "maximum": MAX_NUMBER},
    "minItems": 2,
    "maxItems": 3,
    "description": "Longitude, latitude, in degrees, and altitude, in metres, where it is known.",
}

_LINE: Final = _list_of(_POSITION, 2)
_RINGS: Final = _list_of(_list_of(_POSITION, 4))
_SHAPES: Final[Mapping[str, Schema]] = {
    "Position": _POSITION,
    "Positions": _list_of(_POSITION),
    "Line": _LINE,
    "Lines": _list_of(_LINE),
    "Rings": _RINGS,
    "Polygons": _list_of(_RINGS),
}

GEOMETRY_SCHEMAS: Final[Mapping[str, Schema]] = {
    **{
        name: _geometry(
            name, "coordinates", _SHAPES[shape] | {"description": "What crosses 180° is cut there (§3.1.9)."}
        )
        for name, shape in _COORDINATES.items()
    },
    "GeometryCollection": _geometry("GeometryCollection", "geometries", _list_of(reference("Geometry"))),
    "Geometry": union(
        "Geometry",
        "A GeoJSON geometry (RFC 7946 §3.1): positions have the longitude before the latitude.",
        {name: name for name in (*_COORDINATES, "GeometryCollection")},
        "type",
    ),
}
"""Components of the OpenAPI document."""
