"""Areas on earth, and the condition that a record is in one: what `bbox` and `near` share.

Only points are decided in SQL; other shapes are found by their boxes and then tested exactly, before the list is read.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Float,
    Select,
    and_,
    bindparam,
    false,
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
from app.filters.base import Condition, OtherReading, among
from app.filters.dates import AT_THE_TIME, WhenFilter, asked_days, certain, possible
from app.filters.shape_tests import Test, passing
from app.records.kinds import RecordKind, kind_by_name
from app.schemas.parameter_types import invalid_value
from app.values.coordinates import BBox, Circle, OutOfRangeError, swapped
from app.values.prepared_shapes import TooMuchWork
from app.values.timespan import OPEN_END, OPEN_START, TemporalRelation

MAX_SHAPES: Final = 5_000
"""How many shapes that cross the edge of an area are tested."""

box = tables.box.c
link = tables.link.c

Parsed = TypeVar("Parsed", BBox, Circle)


def parse_degrees(text: str, parse: Callable[[str], Parsed], code: str, asked: str) -> Parsed:
    """Parse numbers of degrees; `asked` tells which are to be given.

    Raises:
        PydanticCustomError: they are wrong; it suggests them the right way round where latitudes and longitudes are
            surely swapped.
    """
    try:
        return parse(text)
    except ValueError as error:
        meant = swapped(text, parse) if isinstance(error, OutOfRangeError) else None
        hint = "; latitudes and longitudes seem to be swapped" if meant else ""
        raise invalid_value(code, f"{asked}: {error}{hint}.", meant) from None


def number(name: str) -> ColumnElement[float]:
    """Return a parameter of double precision."""
    return bindparam(name, type_=Float(53))


def _meets(name: str, count: int) -> ColumnElement[bool]:
    """Compare a row of `box` with the boxes of an area: exactly, whatever the index rounds."""
    return or_(
        *(
            and_(
                MayMeet(f"{name}_{n}"),
                box.west <= number(f"{name}_{n}_east"),
                box.east >= number(f"{name}_{n}_west"),
                box.south <= number(f"{name}_{n}_north"),
                box.north >= number(f"{name}_{n}_south"),
            )
            for n in range(count)
        )
    )


def _holds_always() -> ColumnElement[bool]:
    """Tell a geometry without a date."""
    return and_(box.s1 == literal_column(str(OPEN_START)), box.e2 == literal_column(str(OPEN_END)))


def _candidates(count: int, *, points: bool) -> CompiledStatement:
    """Make the statement that finds the shapes whose boxes meet an area of `count` boxes; other than points, or all."""
    others = [] if points else [box.exact == false()]
    return CompiledStatement(
        select(box.pk, *(box[edge] for edge in EDGES))
        .where(*others, _meets("area", count))
        .order_by(box.pk)
        .limit(literal_column(str(2 * MAX_SHAPES + 1)))
    )


MAX_BOXES: Final = 8
"""The most boxes that cover an area: two around a shape, each cut at the antimeridian, and their copies beyond it."""

CANDIDATES: Final = {
    (count, points): _candidates(count, points=points)
    for count in range(1, MAX_BOXES + 1)
    for points in (False, True)
}


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
    inside. Where `tests_points`, points are tested as other shapes are, for no SQL decides on them.
    `swapped` makes the area that has latitudes and longitudes exchanged, with the value that asks for it, if there is one.
    """

    name: str
    boxes: tuple[BBox, ...]
    test: Test
    points: ColumnElement[bool]
    parameters: Mapping[str, float]
    whole: bool
    then: ShapesThen | None = None
    tests_points: bool = False
    swapped: "Callable[[], tuple[str, AreaFilter] | None] | None" = None

    def condition(self, kind: RecordKind | None, sentence: str) -> Condition:
        """Make the condition that a record is in the area, for places, for other kinds, or for all of them."""
        of = "all" if kind is None else "places" if kind.kind == "place" else "others"
        keys = {"places": self._places, "others": self._others}.get(of)
        then = self.then if of != "others" else None
        days = {} if then is None else {"shapes_from": then.first, "shapes_to": then.last}
        return Condition(
            shape=(self.name, len(self.boxes), of, None if then is None else then.certainty),
            clause=lambda: self._clause(of),
            keys=keys,
            parameters={**self.where, **days},
            prepare=self.prepare,
            sentence=sentence,
            other_reading=None if self.swapped is None else lambda: self._other_reading(kind),
        )

    def _other_reading(self, kind: RecordKind | None) -> OtherReading | None:
        found = self.swapped() if self.swapped is not None else None
        if found is None:
            return None
        value, area = found
        # Of all kinds, places and others are looked for one after the other: each of them has its keys in one table.
        kinds = [kind] if kind is not None else [kind_by_name("place"), kind_by_name("event")]
        return OtherReading(
            parameter=self.name,
            value=value,
            code="may_be_swapped",
            detail="Nothing lies there; with latitudes and longitudes the other way round something does.",
            asked=[self.condition(each, "") for each in kinds],
            meant=[area.condition(each, "") for each in kinds],
        )

    @property
    def where(self) -> Mapping[str, float]:
        """The parameters that say where it is."""
        boxes = {
            f"{self.name}_{n}_{edge}": getattr(each, edge)
            for n, each in enumerate(self.boxes)
            for edge in EDGES
        }
        return {**boxes, **self.parameters}

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

    async def prepare(self, db: ReadConnection, _resolved: Mapping[str, Any]) -> Mapping[str, Any]:
        """Find the shapes that pass the test.

        Raises:
            BadRequest: too many of them would have to be tested one by one.
        """
        asked = {
            f"area_{n}_{edge}": getattr(each, edge) for n, each in enumerate(self.boxes) for edge in EDGES
        }
        rows = await db.fetch_slow(CANDIDATES[len(self.boxes), self.tests_points], asked)
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


def in_degrees(lat: float, lon: float) -> str:
    """Return a position in words."""
    return f"{abs(lat):g}° {'S' if lat < 0 else 'N'}, {abs(lon):g}° {'W' if lon < 0 else 'E'}"
