"""Filters by place: `bbox`, and `near` with `within_km`.

Places are matched by their geometries, other records by their places. Where `when` is asked, places are matched
by what held then; other records by where their places were at their own date. Only points are decided in SQL;
other shapes are found by their boxes and then tested exactly, before the list is read.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final

from pydantic import Field
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Float,
    Select,
    and_,
    bindparam,
    false,
    func,
    literal_column,
    not_,
    or_,
    select,
    true,
    union_all,
)

from app.database import tables
from app.database.engine.read_snapshot import ReadConnection
from app.database.engine.statement import AnyOf, CompiledStatement, OrderedJoin
from app.database.index.bounding_boxes import EDGES, MayMeet
from app.errors import BadRequest, Fault
from app.filters.base import Condition, among
from app.filters.dates import AT_THE_TIME, WhenFilter, asked_days, certain, possible
from app.filters.shape_tests import Test, passing
from app.records.kinds import RecordKind
from app.schemas.query_model import ParsedBy, Requires, invalid_value
from app.values.coordinates import EARTH_RADIUS_KM, BBox, Circle, boxes_around, with_antimeridian_copy
from app.values.prepared_shapes import TooMuchWork
from app.values.timespan import OPEN_END, OPEN_START, TemporalRelation

MAX_DISTANCE_KM: Final = 20_016
"""The greatest distance of two places on earth, in kilometres."""

MAX_SHAPES: Final = 5_000
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


def _holds_always() -> ColumnElement[bool]:
    """Tell a geometry without a date."""
    return and_(box.s1 == literal_column(str(OPEN_START)), box.e2 == literal_column(str(OPEN_END)))


def _candidates(count: int) -> CompiledStatement:
    """Make the statement that finds the shapes, other than points, whose boxes meet an area of `count` boxes."""
    return CompiledStatement(
        select(box.pk, *(box[edge] for edge in EDGES))
        .where(box.exact == false(), _meets("area", count))
        .order_by(box.pk)
        .limit(literal_column(str(2 * MAX_SHAPES + 1)))
    )


CANDIDATES: Final = {count: _candidates(count) for count in range(1, 5)}


@dataclass(frozen=True, slots=True)
class ShapesThen:
    """At which time the geometries of places are asked for, and how surely they must have held then."""

    certainty: str
    first: int
    last: int

    @classmethod
    def of(cls, query: WhenFilter) -> "ShapesThen | None":
        """Return what the parameters of a query ask; None where they ask for no time."""
        if query.when is None or (query.relation or TemporalRelation.OVERLAPS) not in AT_THE_TIME:
            return None
        return cls(query.certainty or "possible", *asked_days(query.when))

    def clause(self) -> ColumnElement[bool]:
        """Compare a row of `box`."""
        held = certain if self.certainty == "certain" else possible
        days = (bindparam(name, type_=BigInteger()) for name in ("shapes_from", "shapes_to"))
        return held(TemporalRelation.OVERLAPS, box, *days)


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
    then: ShapesThen | None = None

    def condition(self, kind: RecordKind | None, sentence: str) -> Condition:
        """Make the condition that a record is in the area, for places, for other kinds, or for all of them."""
        boxes = {
            f"{self.name}_{n}_{edge}": getattr(each, edge)
            for n, each in enumerate(self.boxes)
            for edge in EDGES
        }
        of = "all" if kind is None else "places" if kind.kind == "place" else "others"
        keys = {"places": self._places, "others": self._others}.get(of)
        then = self.then if of != "others" else None
        days = {} if then is None else {"shapes_from": then.first, "shapes_to": then.last}
        return Condition(
            shape=(self.name, len(self.boxes), of, None if then is None else then.certainty),
            clause=lambda: self._clause(of),
            keys=keys,
            parameters={**boxes, **self.parameters, **days},
            prepare=self._prepare,
            sentence=sentence,
        )

    def _clause(self, of: str) -> ColumnElement[bool]:
        places, others = among(self._places()), among(self._others())
        return {"places": lambda: places, "others": lambda: others, "all": lambda: or_(places, others)}[of]()

    def _others(self) -> Select[Any]:
        # A source that has a record at a place need not have the place's geometry: the place's own is used.
        # That is read off an index of links, but for geometries with a date, few as they are: those must hold at
        # the date of the link, or else of the record.
        inside = and_(box.view == literal_column("0"), self._inside())
        at_any_time = select(link.record).where(
            link.view == bindparam("view"),
            link.relation == literal_column("'place'"),
            link.target.in_(select(box.record).where(inside, _holds_always())),
        )
        to_place = tables.link.alias("to_place")
        near = to_place.c
        dated = OrderedJoin(
            OrderedJoin(tables.box, to_place, near.target == box.record),
            tables.link,
            and_(link.view == near.view, link.record == near.record, link.position == near.position),
        )
        at_its_date = (
            select(link.record)
            .select_from(dated)
            .where(
                near.view == bindparam("view"),
                near.relation == literal_column("'place'"),
                inside,
                not_(_holds_always()),
                or_(link.dated == false(), and_(box.s1 <= link.e2, box.e2 >= link.s1)),
            )
        )
        found = union_all(at_any_time, at_its_date).subquery("found")
        return select(found.c.record)

    def _places(self) -> Select[Any]:
        then = [] if self.then is None else [self.then.clause()]
        return select(box.record).where(box.view == bindparam("view"), self._inside(), *then)

    def _inside(self) -> ColumnElement[bool]:
        return or_(
            and_(box.exact == true(), _meets(self.name, len(self.boxes)), self.points),
            AnyOf.keys(box.pk, f"{self.name}_shapes"),
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
        if len(unsure) > MAX_SHAPES or len(rows) > 2 * MAX_SHAPES:
            raise self._too_much(f"More than {MAX_SHAPES} shapes would have to be tested one by one")
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


def _box(text: str) -> BBox:
    try:
        return BBox.parse(text)
    except ValueError as error:
        raise invalid_value("invalid_bbox", f"Give west,south,east,north in degrees: {error}.") from None


class BoxFilter(WhenFilter):
    """`bbox`: what meets a box."""

    bbox: Annotated[BBox | None, ParsedBy(_box)] = Field(
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
        boxes = with_antimeridian_copy(asked.boxes())
        area = AreaFilter(
            name="bbox",
            boxes=boxes,
            test=lambda shape, budget: shape.meets(boxes, budget),
            points=true(),
            parameters={},
            whole=True,
            then=ShapesThen.of(self),
        )
        corners = f"{_said(asked.south, asked.west)} to {_said(asked.north, asked.east)}"
        across = " across the antimeridian" if asked.west > asked.east else ""
        return (area.condition(kind, f"that lie in the box from {corners}{across}, or reach into it"),)


def _point(text: str) -> Circle:
    try:
        return Circle.parse(text)
    except ValueError as error:
        raise invalid_value("invalid_point", f"Give lat,lon in degrees: {error}.") from None


def _kilometres(text: str) -> float:
    try:
        km = float(text) if text.isascii() and "_" not in text else math.nan
    except ValueError:
        km = math.nan
    if not 0 <= km <= MAX_DISTANCE_KM:
        raise invalid_value("out_of_range", f"Give kilometres from 0 to {MAX_DISTANCE_KM}.")
    return km


class NearFilter(WhenFilter):
    """`near` and `within_km`: what is within a distance of a point; either needs the other."""

    near: Annotated[Circle | None, ParsedBy(_point), Requires("within_km")] = Field(
        None,
        description="A point in degrees, `lat,lon`; records match that are within `within_km` of it. Places by their "
        "geometries (with `when`, by those that held then), other records through their places, where these were at the "
        "record's date.",
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
        point, km = self.near, self.within_km
        if point is None or km is None:
            return ()
        return (
            _circle(point, km, ShapesThen.of(self)).condition(
                kind, f"within {km:g} km of {_said(point.lat, point.lon)}"
            ),
        )


def _circle(point: Circle, km: float, then: ShapesThen | None) -> AreaFilter:
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
        then=then,
    )


def _is_near() -> ColumnElement[bool]:
    """Return the SQL of `app.values.coordinates.distance_km`, compared before the root and the arc are computed."""
    north = func.sin(func.radians(box.south - _number("near_lat")) / 2)
    east = func.sin(func.radians(box.west - _number("near_lon")) / 2)
    parallels = func.cos(func.radians(box.south)) * _number("near_parallel")
    return north * north + parallels * east * east <= _number("near_limit")


def _said(lat: float, lon: float) -> str:
    return f"{abs(lat):g}° {'S' if lat < 0 else 'N'}, {abs(lon):g}° {'W' if lon < 0 else 'E'}"
