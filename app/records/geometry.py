"""GeoJSON geometry as a type of field."""

from typing import Annotated, Any

from pydantic import WithJsonSchema

GeoJson = Annotated[dict[str, Any], WithJsonSchema({"type": "object"})]
