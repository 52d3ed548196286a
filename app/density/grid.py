"""The cells of a map that are asked for, and counts in them.

Cells are aligned by floor to multiples of their size from 180° west and from the south pole; the last of a row or a
column is cut where the world ends. A position on an edge is in the cell north or east of it.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import pairwise
from math import ceil
from typing import Final, NamedTuple, TypeAlias

from app.values.coordinates import BBox
from app.values.map_areas import (
    CELL_BITS,
    CELL_MASK,
    COLUMNS,
    LAST_CELL,
    LEAST_RANGE,
    ROWS,
    Area,
    CellRange,
    Extent,
    in_cells,
    parse_area,
    ranges_apart,
)

AreaCount: TypeAlias = tuple[int, str | None, int, int]
"""The key of an area, its text where the key does not say it, and how many records are certainly and possibly there."""

_SMALL: Final = 16
"""A rectangle of so many cells is counted cell by cell."""

_OUTSIDE: Final = -1

_LONGITUDES: Final = (-180, 180)
_LATITUDES: Final = (-90, 90)


@dataclass(frozen=True)
class Stretch:
    """Consecutive cells along an axis: of columns, or of rows.

    `first` and `last` are their numbers from the beginning of the axis; `size` is in degrees.
    """

    axis: tuple[int, int]
    size: Fraction
    first: int
    last: int

    @classmethod
    def whole(cls, axis: tuple[int, int], size: Fraction) -> "Stretch":
        """Return all cells of an axis."""
        return cls(axis, size, 0, ceil((axis[1] - axis[0]) / size) - 1)

    @classmethod
    def touched(cls, axis: tuple[int, int], size: Fraction, low: float, high: float) -> "Stretch":
        """Return the cells that have more than an edge in common with a range of degrees, or else the one it is in."""
        # The shortest decimals that mean these numbers, as edges are decimals.
        start, end = ((Fraction(repr(one)) - axis[0]) / size for one in (low, high))
        last = cls.whole(axis, size).last
        first = min(int(start), last)
        return cls(axis, size, first, min(max(ceil(end) - 1, first), last))

    def __len__(self) -> int:
        """Return how many there are."""
        return self.last - self.first + 1

    @cached_property
    def edges(self) -> Sequence[float]:
        """The edges of the cells in degrees, one more than there are cells."""
        low, high = map(Fraction, self.axis)
        return [float(min(low + number * self.size, high)) for number in range(self.first, self.last + 2)]

    def number_of(self, degrees: float) -> int:
        """Return the number of the cell of a position; for one before or after the stretch, a number outside of it."""
        if degrees == self.axis[1] == self.edges[-1]:
            return self.last
        return self.first + bisect_right(self.edges, degrees) - 1


class Window(NamedTuple):
    """A rectangle of cells."""

    columns: Stretch
    rows: Stretch

    def ranges_of(self, boxes: Sequence[BBox]) -> Extent:
        """Return the cells that boxes touch; parts outside of the window are in cells just outside of it."""
        column, row = self.columns.number_of, self.rows.number_of
        return tuple((column(box.west), row(box.south), column(box.east), row(box.north)) for box in boxes)


def windows(size: Fraction, box: BBox | None) -> list[Window]:
    """Return the cells that a box touches as one rectangle, or two where it crosses the antimeridian; without a box, all."""
    if box is None:
        return [Window(Stretch.whole(_LONGITUDES, size), Stretch.whole(_LATITUDES, size))]
    rows = Stretch.touched(_LATITUDES, size, box.south, box.north)
    stretches = [Stretch.touched(_LONGITUDES, size, one.west, one.east) for one in box.boxes()]
    if len(stretches) > 1 and stretches[1].last >= stretches[0].first:
        stretches = [Stretch.whole(_LONGITUDES, size)]
    return [Window(columns, rows) for columns in stretches]


def cell_count(found: Sequence[Window]) -> int:
    """Return how many cells there are in windows."""
    return sum(len(window.columns) * len(window.rows) for window in found)


Cell: TypeAlias = tuple[float, float, float, float, int, int]
"""West, south, east and north in degrees, and how many records are certainly and possibly there."""


class CellCounts:
    """Counts of records in the cells of a window."""

    def __init__(self, window: Window) -> None:
        """Count nothing so far."""
        self.window = window
        self._width, self._height = len(window.columns), len(window.rows)
        # The last is of what is outside.
        self._certain = [0] * (self._width * self._height + 1)
        self._possible = [0] * (self._width * self._height + 1)
        # How counts change from a cell to the next, eastward and northward: what extends over many costs no more.
        self._turns: dict[tuple[int, int], int] = {}

    def add_areas(self, counts: Iterable[AreaCount], cell: int) -> None:
        """Count records that are in areas of one-degree cells; a cell of the window has `cell` degrees."""
        where, certain, possible = self._numbers_by_degree(cell), self._certain, self._possible
        # Many areas of several cells are one in larger cells.
        others: dict[Area, tuple[int, int]] = {}
        for key, extents, sure, may in counts:
            if key <= LAST_CELL:
                certain[where[key]] += sure
                possible[where[key]] += may
            elif key < LEAST_RANGE:
                # The numbers that a key lists (`area_key`); where it has no third, that is 0, which is outside.
                listed = key & CELL_MASK, key >> CELL_BITS & CELL_MASK, key >> 2 * CELL_BITS
                for at in {where[listed[0]], where[listed[1]], where[listed[2]]}:
                    certain[at] += sure
                    possible[at] += may
            else:
                area = in_cells(parse_area(key, extents), cell)
                known = others.get(area, (0, 0))
                others[area] = known[0] + sure, known[1] + may
        for area, (sure, may) in others.items():
            self.add(area, sure, may)

    def add_cells(self, counts: Iterable[tuple[int, int, int, int]]) -> None:
        """Count records by (cell, certain, possible, onward), as `app.values.map_totals` does."""
        across = len(Stretch.whole(_LONGITUDES, self.window.columns.size))
        first_x, first_y = self.window.columns.first, self.window.rows.first
        width, height, turns = self._width, self._height, self._turns
        for number, certain, possible, onward in counts:
            row, column = divmod(number, across)
            x, y = column - first_x, row - first_y
            if not 0 <= y < height or x >= width:
                continue
            if x >= 0:
                self._certain[y * width + x] += certain
                self._possible[y * width + x] += possible
            if onward:
                begins = max(x, 0)
                turns[begins, y] = turns.get((begins, y), 0) + onward
                turns[begins, y + 1] = turns.get((begins, y + 1), 0) - onward

    def _numbers_by_degree(self, cell: int) -> Sequence[int]:
        """Return where each one-degree cell is counted, by its number: in `_OUTSIDE` what is not in the window."""
        columns, rows = self.window
        across = [
            column // cell - columns.first if columns.first <= column // cell <= columns.last else None
            for column in range(COLUMNS)
        ]
        where = [_OUTSIDE]
        for row in range(ceil(ROWS / cell)):
            along = [_OUTSIDE] * COLUMNS
            if rows.first <= row <= rows.last:
                first = (row - rows.first) * self._width
                along = [_OUTSIDE if x is None else first + x for x in across]
            where += along * cell
        return where

    def add(self, area: Area, certain: int, possible: int) -> None:
        """Count records that are in an area of cells of this size: at each of its extents, somewhere in that."""
        first_x, first_y = self.window.columns.first, self.window.rows.first
        last_x, last_y = self.window.columns.last, self.window.rows.last
        inside: set[CellRange] = set()
        sure: set[int] = set()
        for extent in area:
            for west, south, east, north in extent:
                if west <= last_x and east >= first_x and south <= last_y and north >= first_y:
                    inside.add(
                        (max(west, first_x), max(south, first_y), min(east, last_x), min(north, last_y))
                    )
            west, south, east, north = extent[0]
            is_one = west == east and south == north and extent.count(extent[0]) == len(extent)
            if is_one and extent[0] in inside:
                sure.add((south - first_y) * self._width + west - first_x)
        for at in sure:
            self._certain[at] += certain
        if len(inside) == len(sure):
            for at in sure:
                self._possible[at] += possible
            return
        for west, south, east, north in ranges_apart(inside):
            self._spread_over(west - first_x, south - first_y, east - first_x, north - first_y, possible)

    def _spread_over(self, west: int, south: int, east: int, north: int, possible: int) -> None:
        """Count in a rectangle: cell by cell where it is small, else only where its counts begin and end."""
        if (east - west + 1) * (north - south + 1) <= _SMALL:
            for y in range(south, north + 1):
                for at in range(y * self._width + west, y * self._width + east + 1):
                    self._possible[at] += possible
            return
        turns = self._turns
        turns[west, south] = turns.get((west, south), 0) + possible
        turns[east + 1, south] = turns.get((east + 1, south), 0) - possible
        turns[west, north + 1] = turns.get((west, north + 1), 0) - possible
        turns[east + 1, north + 1] = turns.get((east + 1, north + 1), 0) + possible

    def cells(self) -> Iterator[Cell]:
        """Yield the cells with any records, from the south and from the west."""
        self._spread()
        across, up = self.window.columns.edges, self.window.rows.edges
        for y, (south, north) in enumerate(pairwise(up)):
            for x, (west, east) in enumerate(pairwise(across)):
                at = y * self._width + x
                if self._possible[at]:
                    yield west, south, east, north, self._certain[at], self._possible[at]

    def _spread(self) -> None:
        """Sum the changes from cell to cell."""
        if not self._turns:
            return
        columns = [0] * (self._width + 1)
        by_row: dict[int, list[tuple[int, int]]] = {}
        for (x, y), step in self._turns.items():
            by_row.setdefault(y, []).append((x, step))
        for y in range(self._height):
            for x, step in by_row.get(y, ()):
                columns[x] += step
            total = 0
            for x in range(self._width):
                total += columns[x]
                self._possible[y * self._width + x] += total
        self._turns.clear()
