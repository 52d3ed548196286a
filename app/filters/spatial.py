"""Filters by place: `bbox`, and `near` with `within_km`.

Places are matched by their geometry, other records by their places. Only points are decided in SQL; other
shapes are found by their boxes and then tested exactly, before the list is read.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Float,
    Select,
    and_,
    bindparam,
    false,
    func,
    literal_column,
    or_,
    select,
    true,
)

from app.database import tables
from app.database.engine.read_snapshot import ReadConnection
from app.database.engine.statement import AnyOf, CompiledStatement
from app.database.index.bounding_boxes import EDGES, MayMeet
from app.errors import BadRequest, Fault
from app.filters.base import Condition, among
from app.filters.shape_tests import Test, passing
from app.records.kinds import RecordKind
from app.schemas.query import Parameter, Values
from app.values.coordinates import EARTH_RADIUS_KM, BBox, Circle, boxes_around, with_antimeridian_copy
from app.values.prepared_shapes import TooMuchWork

FARTHEST_KM: Final = 20_016
"""The greatest distance of two places on earth, in kilometres."""

MOST_SHAPES: Final = 5_000
"""How many shapes that cross the edge of an area are tested."""

box = tables.box.c
link = tables.link.c


def _number(name: str) -> ColumnElement[float]:
    return bindparam(name, type_=Float(53))


def _meets(name: str, count: int) -> ColumnElement[bool]:
    """Compare a row of `box` with the boxes of an area: exactly, whatever the index rounds."""
    return or_(
        *(
            and_(
                MayMeet(f"{name}_{n}"),
                box.west <= _number(f"{name}_{n}_east"),
                box.east >= _number(f"{name}_{n}_west"),
                box.south <= _number(f"{name}_{n}_north"),
                box.north >= _number(f"{name}_{n}_south"),
            )
            for n in range(count)
        )
    )


def _candidates(count: int) -> CompiledStatement:
    """Make the statement that finds the shapes, other than points, whose boxes meet an area of `count` boxes."""
    return CompiledStatement(
        select(box.pk, *(box[edge] for edge in EDGES))
        .where(box.exact == false(), _meets("area", count))
        .order_by(box.pk)
        .limit(literal_column(str(2 * MOST_SHAPES + 1)))
    )


CANDIDATES: Final = {count: _candidates(count) for count in range(1, 5)}


@dataclass(frozen=True, slots=True)
class AreaFilter:
    """An area: the boxes that cover it, and how points and other shapes are tested.

    `boxes` do not cross the antimeridian; `points` is the SQL that decides on a point whose box meets one
    of them, `test` decides on any geometry; `whole` says that whatever lies within one of the boxes is
    inside.
    """

    name: str
    boxes: tuple[BBox, ...]
    test: Test
    points: ColumnElement[bool]
    parameters: Mapping[str, float]
    whole: bool

    def condition(self, kind: RecordKind | None, sentence: str) -> Condition:
        """Make the condition that a record is in the area, for places, for other kinds, or for all of them."""
        boxes = {
            f"{self.name}_{n}_{edge}": getattr(each, edge)
            for n, each in enumerate(self.boxes)
            for edge in EDGES
        }
        of = "all" if kind is None else "places" if kind.kind == "place" else "others"
        keys = {"places": lambda: self._places(bindparam("view")), "others": self._others}.get(of)
        return Condition(
            shape=(self.name, len(self.boxes), of),
            clause=lambda: self._clause(of),
            keys=keys,
            parameters={**boxes, **self.parameters},
            prepare=self._prepare,
            sentence=sentence,
        )

    def _clause(self, of: str) -> ColumnElement[bool]:
        places, others = among(self._places(bindparam("view"))), among(self._others())
        return {"places": lambda: places, "others": lambda: others, "all": lambda: or_(places, others)}[of]()

    def _others(self) -> Select[Any]:
        # A source that has a record at a place need not have the place's geometry: the place's own is used.
        return select(link.record).where(
            link.view == bindparam("view"),
            link.relation == literal_column("'place'"),
            link.target.in_(self._places(literal_column("0"))),
        )

    def _places(self, view: ColumnElement[Any]) -> Select[Any]:
        return select(box.record).where(
            box.view == view,
            or_(
                and_(box.exact == true(), _meets(self.name, len(self.boxes)), self.points),
                AnyOf.keys(box.pk, f"{self.name}_shapes"),
            ),
        )

    async def _prepare(self, db: ReadConnection, _resolved: Mapping[str, Any]) -> Mapping[str, Any]:
        """Find the shapes that pass the test.

        Raises:
            BadRequest: too many of them would have to be tested one by one.
        """
        asked = {
            f"area_{n}_{edge}": getattr(each, edge) for n, each in enumerate(self.boxes) for edge in EDGES
        }
        rows = await db.fetch_slow(CANDIDATES[len(self.boxes)], asked)
        sure = [row[0] for row in rows if self.whole and any(_lies_in(row[1:], each) for each in self.boxes)]
        unsure = sorted({row[0] for row in rows}.difference(sure))
        if len(unsure) > MOST_SHAPES or len(rows) > 2 * MOST_SHAPES:
            raise self._too_much(f"More than {MOST_SHAPES} shapes would have to be tested one by one")
        try:
            found = sure + await passing(db, unsure, self.test)
        except TooMuchWork:
            raise self._too_much(
                "The shapes that would have to be tested have too many positions together"
            ) from None
        return {f"{self.name}_shapes": found}

    def _too_much(self, what: str) -> BadRequest:
        return BadRequest(
            "The query cannot be answered as it stands.",
            code="invalid_query",
            faults=[Fault("too_many_shapes", f"{what}; ask for a smaller area.", parameter=self.name)],
        )


def _lies_in(edges: Sequence[float], area: BBox) -> bool:
    west, south, east, north = edges
    return area.west <= west and east <= area.east and area.south <= south and north <= area.north


class BoxFilter:
    """`bbox`: what meets a box."""

    parameters = (
        Parameter(
            "bbox",
            "A box of longitudes and latitudes in degrees, `west,south,east,north`; west greater than east "
            "crosses the antimeridian. Places by their geometry, other records through their places.",
            example="-85,19.8,-74,23.3",
        ),
    )

    def read(self, values: Values, kind: RecordKind | None) -> Sequence[Condition]:
        """Parse the four numbers."""
        text = values.one("bbox")
        if text is None:
            return ()
        try:
            asked = BBox.parse(text)
        except ValueError as error:
            values.refuse("bbox", "invalid_bbox", f"Give west,south,east,north in degrees: {error}.")
            return ()
        boxes = with_antimeridian_copy(asked.boxes())
        area = AreaFilter(
            name="bbox",
            boxes=boxes,
            test=lambda shape, budget: shape.meets(boxes, budget),
            points=true(),
            parameters={},
            whole=True,
        )
        corners = f"{_said(asked.south, asked.west)} to {_said(asked.north, asked.east)}"
        across = " across the antimeridian" if asked.west > asked.east else ""
        return (area.condition(kind, f"that lie in the box from {corners}{across}, or reach into it"),)


class NearFilter:
    """`near` and `within_km`: what is within a distance of a point."""

    parameters = (
        Parameter(
            "near",
            "A point in degrees, `lat,lon`; records match that are within `within_km` of it. Places by their "
            "geometry, other records through their places.",
            example="23.13,-82.38",
        ),
        Parameter(
            "within_km",
            "The distance from `near`, in kilometres along a great circle.",
            {"type": "number", "minimum": 0, "maximum": FARTHEST_KM},
            100,
        ),
    )

    def read(self, values: Values, kind: RecordKind | None) -> Sequence[Condition]:
        """Parse the point and the distance; either needs the other."""
        text, distance = values.one("near"), values.one("within_km")
        for name, other in (("near", "within_km"), ("within_km", "near")):
            if values.all(name) and not values.all(other):
                values.refuse(other, "missing_parameter", f"Give `{other}` with `{name}`.")
        point = None
        try:
            point = Circle.parse(text) if text is not None else None
        except ValueError as error:
            values.refuse("near", "invalid_point", f"Give lat,lon in degrees: {error}.")
        km = _kilometres(values, distance)
        if point is None or km is None:
            return ()
        return (_circle(point, km).condition(kind, f"within {km:g} km of {_said(point.lat, point.lon)}"),)


def _kilometres(values: Values, text: str | None) -> float | None:
    if text is None:
        return None
    try:
        km = float(text) if text.isascii() and "_" not in text else math.nan
    except ValueError:
        km = math.nan
    if not 0 <= km <= FARTHEST_KM:
        values.refuse("within_km", "out_of_range", f"Give kilometres from 0 to {FARTHEST_KM}.")
        return None
    return km


def _circle(point: Circle, km: float) -> AreaFilter:
    half = min(km / EARTH_RADIUS_KM, math.pi) / 2
    boxes = with_antimeridian_copy(boxes_around(point.lat, point.lon, km))
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
    )


def _is_near() -> ColumnElement[bool]:
    """Return the SQL of `app.values.coordinates.distance_km`, compared before the root and the arc are computed."""
    north = func.sin(func.radians(box.south - _number("near_lat")) / 2)
    east = func.sin(func.radians(box.west - _number("near_lon")) / 2)
    parallels = func.cos(func.radians(box.south)) * _number("near_parallel")
    return north * north + parallels * east * east <= _number("near_limit")


def _said(lat: float, lon: float) -> str:
    return f"{abs(lat):g}° {'S' if lat < 0 else 'N'}, {abs(lon):g}° {'W' if lon < 0 else 'E'}"


BBOX: Final = BoxFilter()
NEAR: Final = NearFilter()
