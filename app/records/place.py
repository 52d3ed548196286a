"""Places: where things happened."""

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from app.records.base import Date, EvidenceList, Part, Record
from app.records.geometry import GeoJson
from app.records.scalars import MAX_NAMES, Magnitude, Note
from app.records.term_fields import PlaceType
from app.values.geojson import Geometry
from app.values.timespan import TemporalRelation, Timespan, certain, possible


class DatedGeometry(Part):
    """Where something was, and when it was there."""

    geometry: GeoJson = Field(
        description="GeoJSON geometry (RFC 7946), as that of the place.",
        examples=[{"type": "Point", "coordinates": [28.98, 41.01]}],
    )
    date: Date | None = Field(
        default=None, description="When it was there; left out: always.", examples=["0330/1453"]
    )
    precision_m: Magnitude | None = Field(
        default=None, description="How far off it may be, in metres.", examples=[500]
    )
    note: Note | None = Field(default=None, description="The editor's words.")


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
    geometries: tuple[DatedGeometry, ...] = Field(
        default=(),
        max_length=MAX_NAMES,
        description="Where it was at a time, beside `geometry`, which holds where no time is asked.",
    )
    evidence: EvidenceList = ()

    def shapes(self) -> Iterator[tuple[int, Geometry, Timespan | None, float]]:
        """Yield each geometry with its position, its time, and how far off it may be in metres.

        First, as 0, the one of no time, then the dated ones.
        """
        if self.geometry is not None:
            yield 0, self.geometry, None, 0.0
        for position, one in enumerate(self.geometries or (), 1):
            held = one.date.value.span if one.date is not None else None
            yield position, one.geometry, held, float(one.precision_m or 0)

    def geometry_at(self, first: int, last: int) -> Geometry | None:
        """Return where it was from one day to another (`app.values.calendar`), both included.

        Of its dated geometries, the first that certainly held then, else the first that possibly did; without
        one, the one of no time.
        """
        dated = [one for one in self.geometries if one.date is not None]
        for held in (certain, possible):
            for one in dated:
                if one.date and held(TemporalRelation.OVERLAPS, one.date.value.span, first, last):
                    return one.geometry
        undated = (one.geometry for one in self.geometries if one.date is None)
        return self.geometry if self.geometry is not None else next(undated, None)
