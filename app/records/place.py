"""Places: where things happened."""

from typing import Literal

from pydantic import Field

from app.records.base import EvidenceList, Record
from app.records.geometry import GeoJson
from app.records.term_fields import PlaceType


class Place(Record):
    """A point, an area or a line on the earth that has a name."""

    kind: Literal["place"] = Field(
        description="Always `place`. Set by the server.", json_schema_extra={"readOnly": True}
    )
    type: PlaceType | None = Field(default=None, description="What sort of place.", examples=["city"])
    geometry: GeoJson | None = Field(
        default=None,
        description="GeoJSON geometry (RFC 7946): longitude before latitude, at most 10,000 positions.",
        examples=[{"type": "Point", "coordinates": [-82.38, 23.13]}],
    )
    evidence: EvidenceList = ()
