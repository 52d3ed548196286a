"""The filter by a box on earth, `bbox`.

Places are matched by their geometries, other records by their places. Where `when` is asked, places are matched
by what held then; other records by where their places were at their own date.
"""

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field
from sqlalchemy import true

from app.filters.areas import AreaFilter, ShapesThen, in_degrees, parse_degrees
from app.filters.base import Condition
from app.filters.dates import WhenFilter
from app.records.kinds import RecordKind
from app.schemas.parameter_types import ParsedBy
from app.values.coordinates import BOX_PATTERN, BBox, with_antimeridian_copy


def _box(text: str) -> BBox:
    return parse_degrees(text, BBox.parse, "invalid_bbox", "Give west,south,east,north in degrees")


class BoxFilter(WhenFilter):
    """`bbox`: what meets a box."""

    bbox: Annotated[BBox | None, ParsedBy(_box, pattern=BOX_PATTERN)] = Field(
        None,
        description="A box of longitudes and latitudes in degrees, `west,south,east,north`; west greater than east "
        "crosses the antimeridian. Places by their geometries (with `when`, by those that held then), other records through "
        "their places, where these were at the record's date.",
        examples=["-85,19.8,-74,23.3"],
    )

    def conditions(self, kind: RecordKind | None) -> Sequence[Condition]:
        """Ask for what meets the box."""
        asked = self.bbox
        if asked is None:
            return ()
        area = _area(asked, ShapesThen.of(self))
        corners = f"{in_degrees(asked.south, asked.west)} to {in_degrees(asked.north, asked.east)}"
        across = " across the antimeridian" if asked.west > asked.east else ""
        return (area.condition(kind, f"that lie in the box from {corners}{across}, or reach into it"),)


def _area(box: BBox, then: ShapesThen | None) -> AreaFilter:
    boxes = with_antimeridian_copy(box.boxes())

    def swapped() -> tuple[str, AreaFilter] | None:
        other = box.swapped()
        return None if other is None else (str(other), _area(other, then))

    return AreaFilter(
        name="bbox",
        boxes=boxes,
        test=lambda shape, budget: shape.meets(boxes, budget),
        points=true(),
        parameters={},
        whole=True,
        then=then,
        swapped=swapped,
    )
