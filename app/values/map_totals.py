"""Counts of records in the coarse cells of the whole map, that a map of the world is answered with at once.

Cells of a size in degrees are numbered from 0, row by row from the south pole, from 180° west. A record whose area is one
cell of one degree is in one cell of every size: it is counted at `FINEST` degrees, and sums say the rest. Others are counted
in all that their area touches at each of `SIZES`.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from app.values.map_areas import COLUMNS, LAST_CELL, Area, numbers_of, parse_area

FINEST: Final = 5
"""The smallest of the sizes, of which the others are multiples."""

WORLD: Final = 360
"""The size of the one cell that every record with a place is in."""

SIZES: Final = (FINEST, 10, 15, 20, 30, 45, 90, WORLD)
"""The sizes that counts are kept of: those that the service proposes for a map of the whole world."""

PlacedCount: TypeAlias = tuple[str, str, int, str | None, int]
"""A kind, a type, an area with its text where the key does not say it, and how many records more are there now."""

FineKey: TypeAlias = tuple[str, int, str]
"""A kind, a cell of `FINEST` degrees, and a type."""

TotalKey: TypeAlias = tuple[str, int, int, str]
"""A kind, a size, a cell of that size, and a type."""


@dataclass(slots=True)
class Totals:
    """How many records more are in each coarse cell now.

    Attributes:
        single: those in one cell of one degree.
        certain: of the others, those that are certainly in a cell.
        possible: of the others, those that are possibly in it.
    """

    single: defaultdict[FineKey, int] = field(default_factory=lambda: defaultdict(int))
    certain: defaultdict[TotalKey, int] = field(default_factory=lambda: defaultdict(int))
    possible: defaultdict[TotalKey, int] = field(default_factory=lambda: defaultdict(int))

    def add(self, counts: Iterable[PlacedCount]) -> None:
        """Add records that are in areas."""
        for kind, type_, area, extents, n in counts:
            if area <= LAST_CELL:
                self.single[kind, coarse_cell(area, FINEST), type_] += n
            else:
                self._add_others(kind, type_, area, extents, n)

    def _add_others(self, kind: str, type_: str, area: int, extents: str | None, n: int) -> None:
        for size in SIZES:
            sure, may = _cells_of(area, extents, size)
            for cell in may:
                self.possible[kind, size, cell, type_] += n
            for cell in sure:
                self.certain[kind, size, cell, type_] += n


def coarse_cell(number: int, size: int) -> int:
    """Return the cell of a size that a cell of one degree is in."""
    row, column = divmod(number - 1, COLUMNS)
    return row // size * (COLUMNS // size) + column // size


def in_larger_cells(singles: Iterable[tuple[int, int]], size: int) -> Iterator[tuple[int, int, int]]:
    """Yield (cell, certain, possible) of a size for counts by cell of `FINEST` degrees."""
    across, times = COLUMNS // FINEST, size // FINEST
    for cell, n in singles:
        row, column = divmod(cell, across)
        yield row // times * (COLUMNS // size) + column // times, n, n


def _cells_of(key: int, extents: str | None, size: int) -> tuple[AbstractSet[int], AbstractSet[int]]:
    """Return the cells that an area certainly has a place in, and those that it possibly has."""
    if numbers := numbers_of(key):
        cells = {coarse_cell(number, size) for number in numbers}
        return cells, cells
    return _cells_of_ranges(parse_area(key, extents), size)


def _cells_of_ranges(area: Area, size: int) -> tuple[AbstractSet[int], AbstractSet[int]]:
    across = COLUMNS // size
    sure: set[int] = set()
    may: set[int] = set()
    for extent in area:
        cells = {
            row * across + column
            for west, south, east, north in extent
            for row in range(south // size, north // size + 1)
            for column in range(west // size, east // size + 1)
        }
        may |= cells
        if len(cells) == 1:
            sure |= cells
    return sure, may
