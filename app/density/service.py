"""Densities: how many of the matching records there may and must be in each cell of a map.

Cells whose size divides the map are counted beforehand, by kind and type. Those of other whole degrees are summed from areas,
which are in whole degrees themselves. Other cells are found from the boxes of places, and so are those of places as a source has
them, whose geometries may be others.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor

from app.database import tables
from app.database.engine.read_snapshot import ReadConnection, Rows
from app.database.index.place_sets import BOXES, MEMBERS, is_listed
from app.density.density_sql import MAX_ROWS, EntryCounts, StoredCounts
from app.density.grid import CellCounts, Window
from app.density.schemas import Density, DensityCell, DensityQuery
from app.errors import BadRequest, Fault
from app.filters.base import Condition, ConditionSet
from app.listing.bound_query import BoundQuery, bind_query, choose_driver
from app.listing.count_sql import Counted, CountStatements
from app.listing.query import explain_conditions, explain_policy
from app.values.coordinates import BBox
from app.values.map_areas import COLUMNS, NOWHERE, Area, area_of, numbers_of, parse_area, widened
from app.values.map_blocks import blocks_in
from app.values.map_totals import SIZES
from app.values.portions import batched

_Counts = tuple[int, int]
"""How many records are at a set of places: certainly, and possibly."""


@dataclass(frozen=True, slots=True)
class DensityQuestion:
    """A list query, how what matches certainly is told from the rest, and the cells to count in.

    Attributes:
        possible: asks for all that may match.
        further: what must be met as well by what matches certainly.
        certain: asks for what matches certainly, where further conditions cannot say it.
        cell: how many degrees a cell has.
        windows: the cells.
        has_places: whether places are asked for.
    """

    possible: BoundQuery
    further: Sequence[Condition]
    certain: BoundQuery | None
    cell: Fraction
    windows: Sequence[Window]
    has_places: bool

    @property
    def is_of_areas(self) -> bool:
        """Whether areas decide, which are in whole degrees and of places as they are written."""
        own = self.possible.view == tables.CANONICAL_VIEW
        return self.cell.denominator == 1 and (own or not self.has_places)

    @property
    def is_stored(self) -> bool:
        """Whether it is counted beforehand: in cells of this size, or by area, which has no types."""
        counted = CountStatements(self.possible)
        _, types = counted.kinds_and_types
        return self.is_of_areas and counted.in_tally and (self.cell in SIZES or not types)


async def bind_density(db: ReadConnection, query: DensityQuery) -> DensityQuestion:
    """Resolve what a query refers to."""
    possible = await choose_driver(db, await bind_query(db, query.question))
    asked = ConditionSet(query.question.conditions).key
    further = [one for one in query.certain_question.conditions if one.shape not in asked]
    certain = None
    if any(one.prepare is not None or one.references for one in further):
        # What is found beforehand for one of the two is not what the other needs.
        further = []
        certain = await choose_driver(db, await bind_query(db, query.certain_question))
    return DensityQuestion(possible, further, certain, query.cell, query.windows, "place" in query.kinds)


async def density(db: ReadConnection, asked: DensityQuestion) -> Density:
    """Return the cells with any records (`items`), and how many records have no place on the map.

    Raises:
        BadRequest: the records are at too many different places.
    """
    counters = [CellCounts(window) for window in asked.windows]
    if asked.is_stored:
        without = await _count_stored(db, asked, counters)
    elif asked.is_of_areas:
        without = await _count_areas(db, asked, counters)
    elif CountStatements(asked.possible).in_tally:
        without = await _count_stored_boxes(db, asked, counters)
    else:
        without = await _count_boxes(db, asked, counters)
    # Summing thousands of cells takes milliseconds, which would block the event loop.
    return Density(items=await db.in_thread(lambda: _items(counters)), without_place=without)


def _items(counters: Sequence[CellCounts]) -> list[DensityCell]:
    items = [
        DensityCell(west=west, south=south, east=east, north=north, certain=certain, possible=possible)
        for counts in counters
        for west, south, east, north, certain, possible in counts.cells()
    ]
    if len(counters) > 1:
        items.sort(key=lambda one: (one["south"], one["west"]))
    return items


async def _count_stored(db: ReadConnection, asked: DensityQuestion, counters: Sequence[CellCounts]) -> int:
    """Count what is counted beforehand, and what has changed since; return how many records are in no area."""
    stored = StoredCounts(asked.possible)
    cell, rows = int(asked.cell), asked.windows[0].rows
    changes = await _rows(db, stored.changes())
    cells: Rows = ()
    if cell in SIZES:
        columns = [one.columns for one in asked.windows]
        between = min(one.first for one in columns), max(one.last for one in columns)
        cells = await db.fetch_slow(*stored.in_cells(cell, (rows.first, rows.last), between))
        areas = changes
    else:
        areas = await _rows(db, stored.by_area((rows.first * cell, (rows.last + 1) * cell - 1)))

    def count() -> None:
        for counts in counters:
            counts.add_cells(cells)
            counts.add_areas(((area, extents, n, n) for area, extents, n in areas), cell)

    await db.in_thread(count)
    return await _without_place(db, asked.possible)


async def _without_place(db: ReadConnection, question: BoundQuery) -> int:
    """Return how many records are in no area, by what is counted beforehand."""
    [(placed,)] = await db.fetch_slow(*StoredCounts(question).placed())
    [(total,)] = await db.fetch_slow(*CountStatements(question).total())
    return int(total - placed)


async def _count_areas(db: ReadConnection, asked: DensityQuestion, counters: Sequence[CellCounts]) -> int:
    """Count by areas; return how many records are in none."""
    rows = await _entry_rows(db, asked, EntryCounts.by_area)

    def count() -> int:
        for counts in counters:
            counts.add_areas(rows, int(asked.cell))
        return int(sum(possible for area, _, _, possible in rows if area == NOWHERE))

    return await db.in_thread(count)


async def _entry_rows(
    db: ReadConnection, asked: DensityQuestion, read: Callable[[EntryCounts], Counted]
) -> Rows:
    """Read counts of entries that end with (certain, possible), to be summed."""
    rows = await _rows(db, read(EntryCounts(asked.possible, asked.further)))
    if asked.certain is None:
        return rows
    certain = await _rows(db, read(EntryCounts(asked.certain, ())))
    return [(*row[:-2], 0, row[-1]) for row in rows] + [(*row[:-1], 0) for row in certain]


async def _count_stored_boxes(
    db: ReadConnection, asked: DensityQuestion, counters: Sequence[CellCounts]
) -> int:
    """Count by the boxes of places where kinds and types alone are asked for; return how many records are at none."""
    near, stored = _Near(asked.windows), StoredCounts(asked.possible)
    rows = await _rows(db, stored.by_place_set(near.blocks))
    sets = await db.in_thread(
        lambda: {key: (n, n) for key, area, extents, n in rows if near.may_touch(area, extents)}
    )
    for some in batched(sets):
        await _add_sets(db, some, sets, tables.CANONICAL_VIEW, counters)
    return await _without_place(db, asked.possible)


async def _count_boxes(db: ReadConnection, asked: DensityQuestion, counters: Sequence[CellCounts]) -> int:
    """Count by the boxes of places; return how many records are at none."""
    near = _Near(asked.windows)
    rows = await _entry_rows(db, asked, lambda counts: counts.by_place_set(near.rows))

    def split() -> tuple[int, dict[int, _Counts], dict[int, _Counts]]:
        without = 0
        sets, of_source = dict[int, _Counts](), dict[int, _Counts]()
        for is_place, key, area, extents, certain, possible in rows:
            if is_place or (area != NOWHERE and near.may_touch(area, extents)):
                counted = of_source if is_place else sets
                known = counted.get(key, (0, 0))
                counted[key] = known[0] + certain, known[1] + possible
            elif area == NOWHERE:
                without += possible
        return without, sets, of_source

    without, sets, of_source = await db.in_thread(split)
    for some in batched(sets):
        await _add_sets(db, some, sets, tables.CANONICAL_VIEW, counters)
    for some in batched(of_source):
        found = await _add_sets(db, some, of_source, asked.possible.view, counters)
        without += sum(of_source[key][1] for key in some if key not in found)
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
        blocks: the blocks that they are in.
    """

    def __init__(self, windows: Sequence[Window]) -> None:
        """Find those around windows, which have the same rows."""
        south, *_, north = windows[0].rows.edges
        self.rows = floor(south) + 90, ceil(north) + 90
        edges = [(floor(columns.edges[0]) + 180, ceil(columns.edges[-1]) + 180) for columns, _ in windows]
        self._columns = edges
        self.blocks = blocks_in((west, self.rows[0], east, self.rows[1]) for west, east in edges)
        self._is_near = [any(west <= column <= east for west, east in edges) for column in range(COLUMNS)]

    def may_touch(self, area: int, extents: str | None) -> bool:
        """Return whether an area touches them."""
        south, north = self.rows
        if numbers := numbers_of(area):
            cells = (divmod(number - 1, COLUMNS) for number in numbers)
            return any(self._is_near[column] and south <= row <= north for row, column in cells)
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
