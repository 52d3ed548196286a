"""The filter by a distance, `near` with `within_km`, from a point or from the geometry of a place.

Places are matched by their geometries, other records by their places. Where `when` is asked, places are matched
by what held then; other records by where their places were at their own date. The geometry of the place that `near` names
is read before the list: of a point a circle is asked; from any other shape the distance of each shape, points too, is
measured outside of SQL.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, Final

from pydantic import Field
from sqlalchemy import ColumnElement, func

from app.database.engine.read_snapshot import ReadConnection
from app.database.lookup import FIND_BY_KEYS, StoredRecord
from app.errors import BadRequest, Fault
from app.filters.areas import MAX_BOXES, AreaFilter, ShapesThen, box, in_degrees, number, parse_degrees
from app.filters.base import Condition
from app.filters.dates import WhenFilter
from app.records.kinds import RecordKind
from app.records.place import Place
from app.schemas.parameter_types import ParsedBy, number_between
from app.schemas.parameters import check_reference
from app.schemas.patterns import reference_pattern
from app.schemas.query_model import Requires
from app.values.coordinates import (
    EARTH_RADIUS_KM,
    POINT_PATTERN,
    BBox,
    Circle,
    boxes_around,
    boxes_around_box,
    with_antimeridian_copy,
)
from app.values.geojson import Geometry, bounding_boxes
from app.values.prepared_shapes import Shape
from app.values.shape_distance import are_within

MAX_DISTANCE_KM: Final = 20_016
"""The greatest distance of two places on earth, in kilometres."""

_NOWHERE: Final = BBox(999, 999, 999, 999)
"""Stands for each box that an area has less than the most: nothing meets it."""


_POINT_OR_PLACE: Final = f"{POINT_PATTERN}|{reference_pattern('places')}"


def _point_or_place(text: str) -> Circle | str:
    if "/" in text or ("," not in text and text[:1].isalpha()):
        return check_reference(text, ["places"])
    return parse_degrees(text, Circle.parse, "invalid_point", "Give lat,lon in degrees, or a place")


def _kilometres(text: str) -> float:
    return number_between(text, 0, MAX_DISTANCE_KM, "kilometres")


class NearFilter(WhenFilter):
    """`near` and `within_km`: what is within a distance of a point or a place; either needs the other."""

    near: Annotated[
        Circle | str | None, ParsedBy(_point_or_place, pattern=_POINT_OR_PLACE), Requires("within_km")
    ] = Field(
        None,
        description="A point in degrees, `lat,lon`, or a place, `places/havana`, whose geometry it is then (with `when`, the "
        "one that held then); records match that are within `within_km` of it. Places by their geometries (with `when`, by "
        "those that held then), other records through their places, where these were at the record's date.",
        examples=["23.13,-82.38"],
    )
    within_km: Annotated[float | None, ParsedBy(_kilometres, float), Requires("near")] = Field(
        None,
        description="The distance from `near`, in kilometres along a great circle.",
        json_schema_extra={"minimum": 0, "maximum": MAX_DISTANCE_KM},
        examples=[100],
    )

    def conditions(self, kind: RecordKind | None) -> Sequence[Condition]:
        """Ask for what is near enough."""
        near, km, then = self.near, self.within_km, ShapesThen.of(self)
        if near is None or km is None:
            return ()
        if isinstance(near, str):
            return (_NearPlace(near, km, then).condition(kind),)
        sentence = f"within {km:g} km of {in_degrees(near.lat, near.lon)}"
        return (_circle(near, km, then).condition(kind, sentence),)


def _circle(point: Circle, km: float, then: ShapesThen | None) -> AreaFilter:
    half = min(km / EARTH_RADIUS_KM, math.pi) / 2
    boxes = with_antimeridian_copy(boxes_around(point.lat, point.lon, km))

    def swapped() -> tuple[str, AreaFilter] | None:
        other = point.swapped()
        return None if other is None else (str(other), _circle(other, km, then))

    return AreaFilter(
        name="near",
        boxes=boxes,
        test=lambda shape, budget: shape.is_within(point.lat, point.lon, km, boxes, budget),
        points=_is_near(),
        parameters={
            "near_lat": point.lat,
            "near_lon": point.lon,
            "near_parallel": math.cos(math.radians(point.lat)),
            "near_limit": math.sin(half) ** 2,
        },
        whole=False,
        then=then,
        swapped=swapped,
    )


def _is_near() -> ColumnElement[bool]:
    """Return the SQL of `app.values.coordinates.distance_km`, compared before the root and the arc are computed."""
    north = func.sin(func.radians(box.south - number("near_lat")) / 2)
    east = func.sin(func.radians(box.west - number("near_lon")) / 2)
    parallels = func.cos(func.radians(box.south)) * number("near_parallel")
    return north * north + parallels * east * east <= number("near_limit")


@dataclass(frozen=True, slots=True)
class _NearPlace:
    """A distance from a place, whose geometry is known once it is read."""

    ref: str
    km: float
    then: ShapesThen | None

    def condition(self, kind: RecordKind | None) -> Condition:
        """Make the condition; `_where` fills in where the area is."""
        area = replace(_circle(Circle(0, 0), 0, self.then), boxes=(_NOWHERE,) * MAX_BOXES, swapped=None)
        condition = area.condition(kind, f"within {self.km:g} km of {self.ref}")
        # What is asked, which cursors are bound to; the rest is filled in.
        asked = {**condition.parameters, "near_km": self.km}
        return replace(condition, parameters=asked, references={"near": self.ref}, prepare=self._where)

    async def _where(self, db: ReadConnection, resolved: Mapping[str, Any]) -> Mapping[str, Any]:
        """Read where the place is, and find the shapes that are near it.

        Raises:
            BadRequest: it has no geometry, or too many shapes would have to be tested one by one.
        """
        [row] = await db.fetch(FIND_BY_KEYS, {"pks": [resolved["near"]]})
        geometry = await db.in_thread(lambda: self._geometry(StoredRecord(*row)))
        if geometry["type"] == "Point":
            lon, lat = geometry["coordinates"][:2]
            area = _circle(Circle(lat, lon), self.km, self.then)
        else:
            area = await db.in_thread(lambda: _around(geometry, self.km, self.then))
        missing = MAX_BOXES - len(area.boxes)
        padded = replace(area, boxes=(*area.boxes, *[_NOWHERE] * missing))
        return {**padded.where, **await area.prepare(db, resolved)}

    def _geometry(self, stored: StoredRecord) -> Geometry:
        place = Place.model_validate_json(stored.document)
        if self.then is not None:
            geometry = place.geometry_at(self.then.first, self.then.last)
        else:
            undated = (one.geometry for one in place.geometries if one.date is None)
            geometry = place.geometry if place.geometry is not None else next(undated, None)
        if geometry is not None:
            return geometry
        if self.then is not None:
            reason = "This place has no geometry at that time: give another `when`"
        elif place.geometries:
            reason = "This place has geometries of some time alone: say when with `when`"
        else:
            reason = "This place has no geometry"
        detail = f"{reason}; or give a point as lat,lon, or what is at the place with `place`."
        raise BadRequest(
            "The query cannot be answered as it stands.",
            code="invalid_query",
            faults=[Fault("no_geometry", detail, parameter="near")],
        )


def _around(geometry: Geometry, km: float, then: ShapesThen | None) -> AreaFilter:
    """Make the area within a distance of a geometry: the SQL of a circle decides on no point."""
    shape = Shape(geometry)
    around = [near for each in bounding_boxes(geometry) for near in boxes_around_box(each, km)]
    circle = _circle(Circle(0, 0), 0, then)
    return replace(
        circle,
        boxes=with_antimeridian_copy(around),
        test=lambda other, budget: are_within(shape, other, km, budget),
        parameters={**circle.parameters, "near_limit": -1.0},
        tests_points=True,
    )
