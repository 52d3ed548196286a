"""GeoJSON geometry as a type of field: a mapping that `app.values.geojson` has found nothing wrong with."""

from typing import Annotated, Any, Final

from pydantic import AfterValidator, ValidationInfo, WithJsonSchema
from pydantic.config import JsonDict

from app.records.list_rules import raise_errors
from app.records.scalars import rule_error
from app.values.geojson import check_geometry

_MEMBERS: Final = ("type", "coordinates", "geometries")


def _checked(geometry: dict[str, Any], info: ValidationInfo) -> dict[str, Any]:
    if info.context is None:
        return geometry
    found = check_geometry(geometry)
    if found:
        raise_errors(
            (path, rule_error(code.replace("-", "_"), _sentence(detail))) for path, code, detail in found
        )
    return _ordered(geometry)


def _ordered(geometry: dict[str, Any]) -> dict[str, Any]:
    # The same geometry serializes to the same bytes, whichever order its members came in.
    ordered: dict[str, Any] = {name: geometry[name] for name in _MEMBERS if name in geometry}
    if "geometries" in ordered:
        ordered["geometries"] = [_ordered(part) for part in ordered["geometries"]]
    return ordered


def _sentence(clause: str) -> str:
    return f"{clause[:1].upper()}{clause[1:]}."


_TYPES: Final[list[Any]] = [
    "Point",
    "MultiPoint",
    "LineString",
    "MultiLineString",
    "Polygon",
    "MultiPolygon",
    "GeometryCollection",
]

GEOMETRY_SCHEMA: Final[JsonDict] = {
    "type": "object",
    "properties": {
        "type": {"enum": _TYPES, "description": "The type of geometry."},
        "coordinates": {
            "type": "array",
            "description": "Positions: longitude, latitude, in degrees. What crosses 180° is cut there (RFC 7946, 3.1.9).",
        },
        "geometries": {
            "type": "array",
            "items": {"type": "object"},
            "description": "Of a GeometryCollection: its parts.",
        },
    },
    "required": ["type"],
    "additionalProperties": False,
}
"""A geometry by itself; the OpenAPI document has a component for each type (`app.schemas.geometries`)."""

GeoJson = Annotated[dict[str, Any], AfterValidator(_checked), WithJsonSchema(GEOMETRY_SCHEMA)]
