"""Densities: how many of the matching records there may and must be in each cell of a map.

Cells of whole degrees are summed from areas, which are in whole degrees themselves. Other cells are found from the boxes
of places, and so are those of places as a source has them, whose geometries may be others.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
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
from app.values.map_areas import COLUMNS, NOWHERE, Area, area_of, parse_area, widened
from app.values.portions import batched

_Counts = tuple[int, int]
"""How many records are at a set of places: certainly, and possibly."""


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
    near = _Near(asked.windows)
    rows = await _rows(db, by_place_set(asked.possible, near.rows))
    certain = rows if asked.certain is None else await _rows(db, by_place_set(asked.certain, near.rows))

    def split() -> tuple[int, dict[int, _Counts], dict[int, _Counts]]:
        sure, may = Counter[tuple[int, int]](), Counter[tuple[int, int]]()
        for is_place, key, _, _, n in certain:
            sure[is_place, key] += int(n)
        without = 0
        for is_place, key, area, extents, n in rows:
            if is_place or (area != NOWHERE and near.may_touch(area, extents)):
                may[is_place, key] += int(n)
            elif area == NOWHERE:
                without += int(n)
        sets, places = (
            {key: (sure[apart, key], n) for (apart, key), n in may.items() if apart == is_place}
            for is_place in (0, 1)
        )
        return without, sets, places

    without, sets, places = await db.in_thread(split)
    for some in batched(sets):
        await _add_sets(db, some, sets, tables.CANONICAL_VIEW, counters)
    for some in batched(places):
        found = await _add_sets(db, some, places, asked.possible.view, counters)
        without += sum(places[key][1] for key in some if key not in found)
    return without


async def _add_sets(
    db: ReadConnection,
    sets: Sequence[int],
    counted: Mapping[int, _Counts],
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
                counts.add(area_in(counts.window, key), *counted[key])

    await db.in_thread(count)
    return set(boxes)


class _Near:
    """The one-degree cells around the cells that are asked for.

    Attributes:
        rows: the southernmost and the northernmost of their rows.
    """

    def __init__(self, windows: Sequence[Window]) -> None:
        """Find those around windows, which have the same rows."""
        south, *_, north = windows[0].rows.edges
        self.rows = floor(south) + 90, ceil(north) + 90
        edges = [(floor(columns.edges[0]) + 180, ceil(columns.edges[-1]) + 180) for columns, _ in windows]
        self._columns = edges
        self._is_near = [any(west <= column <= east for west, east in edges) for column in range(COLUMNS)]

    def may_touch(self, area: int, extents: str | None) -> bool:
        """Return whether an area touches them."""
        south, north = self.rows
        if extents is None:
            row, column = divmod(area - 1, COLUMNS)
            return self._is_near[column] and south <= row <= north
        return any(
            one[1] <= north
            and one[3] >= south
            and any(one[0] <= east and one[2] >= west for west, east in self._columns)
            for extent in parse_area(area, extents)
            for one in extent
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
