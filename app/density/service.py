"""Densities: how many of the matching records there may and must be in each cell of a map.

Cells of whole degrees are summed from areas, which are in whole degrees themselves. Other cells are found from the boxes
of places, and so are those of places as a source has them, whose geometries may be others.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from math import ceil, floor

from app.database import tables
from app.database.engine.read_snapshot import ReadConnection, Rows
from app.database.index.place_sets import BOXES, MEMBERS, is_listed
from app.density.density_sql import MAX_ROWS, by_area, by_place_set, is_of_kinds_alone
from app.density.grid import CellCounts, Window
from app.density.schemas import Density, DensityCell, DensityQuery
from app.errors import BadRequest, Fault
from app.filters.base import ConditionSet
from app.listing.bound_query import BoundQuery, bind_query, choose_driver
from app.listing.count_sql import Counted, CountStatements
from app.listing.query import explain_conditions, explain_policy
from app.values.coordinates import BBox
from app.values.map_areas import NOWHERE, Area, area_of, parse_area, widened
from app.values.portions import batched


@dataclass(slots=True)
class _Count:
    """How many records are in an area, or at a set of places."""

    area: int
    extents: str | None
    certain: int = 0
    possible: int = 0


@dataclass(frozen=True, slots=True)
class DensityQuestion:
    """A list query, the same where all that is uncertain has to be certain, and the cells to count in.

    `certain` is None where it asks for nothing else than `possible`.
    """

    possible: BoundQuery
    certain: BoundQuery | None
    cell: Fraction
    windows: Sequence[Window]
    has_places: bool

    @property
    def is_of_areas(self) -> bool:
        """Whether areas decide, which are in whole degrees and of places as they are written."""
        own = self.possible.view == tables.CANONICAL_VIEW
        return self.cell.denominator == 1 and (own or not self.has_places)


async def bind_density(db: ReadConnection, query: DensityQuery) -> DensityQuestion:
    """Resolve what a query refers to."""
    possible = await choose_driver(db, await bind_query(db, query.question))
    certain = None
    if ConditionSet(query.question.conditions) != ConditionSet(query.certain_question.conditions):
        certain = await choose_driver(db, await bind_query(db, query.certain_question))
    return DensityQuestion(possible, certain, query.cell, query.windows, "place" in query.kinds)


async def density(db: ReadConnection, asked: DensityQuestion) -> Density:
    """Return the cells with any records (`items`), and how many records have no place on the map.

    Raises:
        BadRequest: the records are at too many different places.
    """
    counters = [CellCounts(window) for window in asked.windows]
    if asked.is_of_areas:
        without = await _count_areas(db, asked, counters)
    else:
        without = await _count_boxes(db, asked, counters)
    # Summing thousands of cells takes milliseconds, which would block the event loop.
    return Density(items=await db.in_thread(lambda: _items(counters)), without_place=without)


def _items(counters: Iterable[CellCounts]) -> list[DensityCell]:
    cells = sorted(
        (one for counts in counters for one in counts.cells()), key=lambda one: (one.south, one.west)
    )
    return [
        DensityCell(
            west=one.west,
            south=one.south,
            east=one.east,
            north=one.north,
            certain=one.certain,
            possible=one.possible,
        )
        for one in cells
    ]


async def _count_areas(db: ReadConnection, asked: DensityQuestion, counters: Sequence[CellCounts]) -> int:
    """Count by areas; return how many records are in none."""
    rows = await _rows(db, by_area(asked.possible))
    certain = rows if asked.certain is None else await _rows(db, by_area(asked.certain))
    total = None
    if is_of_kinds_alone(asked.possible):
        [(total,)] = await db.fetch_slow(*CountStatements(asked.possible).total())

    def count() -> int:
        sure = {area: int(n) for area, _, n in certain}
        cell = int(asked.cell)
        without = 0 if total is None else int(total) - sum(int(n) for _, _, n in rows)
        for area, extents, n in rows:
            if area == NOWHERE:
                without += int(n)
            for counts in counters:
                counts.add_degrees(area, extents, cell, sure.get(area, 0), int(n))
        return without

    return await db.in_thread(count)


async def _count_boxes(db: ReadConnection, asked: DensityQuestion, counters: Sequence[CellCounts]) -> int:
    """Count by the boxes of places; return how many records are at none."""
    counted: dict[tuple[bool, int], _Count] = {}
    for is_place, place_set, area, extents, n in await _rows(db, by_place_set(asked.possible)):
        counted[bool(is_place), place_set] = _Count(area, extents, possible=int(n))
    if asked.certain is None:
        for one in counted.values():
            one.certain = one.possible
    else:
        for is_place, place_set, _, _, n in await _rows(db, by_place_set(asked.certain)):
            counted[bool(is_place), place_set].certain = int(n)
    sets, places = (
        {key: one for (is_place, key), one in counted.items() if is_place is apart} for apart in (False, True)
    )
    without = sum(one.possible for one in sets.values() if one.area == NOWHERE)
    near = _Near.of(asked.windows)
    wanted = {key: one for key, one in sets.items() if near.may_touch(one)}
    for some in batched(wanted):
        await _add_sets(db, some, wanted, tables.CANONICAL_VIEW, counters)
    for some in batched(places):
        found = await _add_sets(db, some, places, asked.possible.view, counters)
        without += sum(places[key].possible for key in some if key not in found)
    return without


async def _add_sets(
    db: ReadConnection,
    sets: Sequence[int],
    counted: dict[int, _Count],
    view: int,
    counters: Sequence[CellCounts],
) -> set[int]:
    """Count what is at sets of places, by their boxes in a view; return the places that have any."""
    members: dict[int, list[tuple[int, float]]] = {key: [(key, 0.0)] for key in sets if not is_listed(key)}
    listed = [key for key in sets if is_listed(key)]
    if listed:
        for key, place, metres in await db.fetch_slow(MEMBERS, {"sets": listed}):
            members.setdefault(key, []).append((place, metres))
    places = sorted({place for them in members.values() for place, _ in them})
    boxes: dict[int, list[tuple[BBox, float]]] = {}
    for place, *edges, metres in await db.fetch_slow(BOXES, {"places": places, "view": view}):
        boxes.setdefault(place, []).append((BBox(*edges), metres))

    def area_in(window: Window, key: int) -> Area:
        return area_of(
            window.ranges_of(
                [part for box, own in boxes.get(place, ()) for part in widened(box, own + metres)]
            )
            for place, metres in members.get(key, ())
        )

    def count() -> None:
        for counts in counters:
            for key in sets:
                one = counted[key]
                counts.add(area_in(counts.window, key), one.certain, one.possible)

    await db.in_thread(count)
    return set(boxes)


@dataclass(frozen=True, slots=True)
class _Near:
    """The one-degree cells around the cells that are asked for."""

    ranges: list[tuple[int, int, int, int]] = field(default_factory=list)

    @classmethod
    def of(cls, windows: Iterable[Window]) -> "_Near":
        """Return those around windows."""
        return cls(
            [
                (
                    floor(columns.edges[0]) + 180,
                    floor(rows.edges[0]) + 90,
                    ceil(columns.edges[-1]) + 180,
                    ceil(rows.edges[-1]) + 90,
                )
                for columns, rows in windows
            ]
        )

    def may_touch(self, count: _Count) -> bool:
        """Return whether an area touches them."""
        return any(
            one[0] <= east and one[2] >= west and one[1] <= north and one[3] >= south
            for extent in parse_area(count.area, count.extents)
            for one in extent
            for west, south, east, north in self.ranges
        )


async def _rows(db: ReadConnection, counted: Counted) -> Rows:
    rows = await db.fetch_slow(*counted)
    if len(rows) > MAX_ROWS:
        detail = f"What matches is at more than {MAX_ROWS:,} different places together; ask for less with other filters."
        raise BadRequest(
            "The query cannot be answered as it stands.",
            code="invalid_query",
            faults=[Fault("too_many_places", detail, parameter="cell")],
        )
    return rows


def explain_density(query: DensityQuery) -> str:
    """Describe every filter and the policy of a density, and what it counts."""
    asked = query.question
    return (
        f"{explain_conditions(asked)}; read {explain_policy(asked)}, and counted in cells of {float(query.cell):g}°, "
        "where their places possibly and where they certainly are."
    )
