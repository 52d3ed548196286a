"""Counts of records in cells of the whole map, that most maps are answered with at once.

Cells of a size in degrees are numbered from 0, row by row from the south pole, from 180° west. A record is counted at each of
`SIZES`, in the cells that its area touches. Where it touches several in a row next to each other, only where that begins
and where it ends is counted: what extends over a continent costs a few numbers for each row.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from operator import add
from typing import Final, TypeAlias

from app.values.map_areas import (
    CELL_BITS,
    CELL_MASK,
    COLUMNS,
    Area,
    in_cells,
    numbers_of,
    parse_area,
    ranges_apart,
)

WORLD: Final = 360
"""The size of the one cell that every record with a place is in."""

SIZES: Final = (1, 2, 3, 4, 5, 6, 9, 10, 12, 15, 18, 20, 30, 36, 45, 60, 90, WORLD)
"""The sizes that counts are kept of: those that divide the map into whole cells."""

Group: TypeAlias = tuple[str, ...]
"""What records are told apart by: a kind, or a kind and a type."""

_BY_SIZE: Final = [(size, size << CELL_BITS, COLUMNS // size) for size in SIZES]
"""Sizes, with the first key of their cells and how many cells they have in a row: a key has a size and then a cell."""


@dataclass(slots=True)
class _Counts:
    """How many records more of a group are in each cell now, by its key; those counted alike are certainly in theirs."""

    alike: defaultdict[int, int] = field(default_factory=lambda: defaultdict(int))
    others: defaultdict[int, list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0, 0]))


class CellTotals:
    """How many records more are in each cell now, by group.

    Of each cell there are three counts: records that are certainly there; records that are possibly there; and those that
    possibly are there and in all cells east of it to the end of the row, less those that no longer are from here on. So
    possibly in a cell are the second, and the third of it and of all cells west of it in its row.
    """

    def __init__(self) -> None:
        """Count nothing so far."""
        self._groups: defaultdict[Group, _Counts] = defaultdict(_Counts)

    def add(self, group: Group, area: int, extents: str | None, n: int) -> None:
        """Add records that are in an area, given by its key, and by its text where that does not say it."""
        counts = self._groups[group]
        if numbers := numbers_of(area):
            for key in {key for number in numbers for key in _cells_of(number)}:
                counts.alike[key] += n
            return
        for key, certain, possible, onward in _changes(parse_area(area, extents)):
            found = counts.others[key]
            found[0] += certain * n
            found[1] += possible * n
            found[2] += onward * n

    def by_kind(self) -> "CellTotals":
        """Return the same by kind, where it is by kind and type."""
        totals = CellTotals()
        for (kind, *_), counts in self._groups.items():
            there = totals._groups[(kind,)]
            for key, n in counts.alike.items():
                there.alike[key] += n
            for key, three in counts.others.items():
                there.others[key] = list(map(add, there.others[key], three))
        return totals

    def rows(self) -> list[tuple[str | int, ...]]:
        """Return (*group, size, cell, certain, possible, onward) where anything is counted, in order."""
        rows: list[tuple[str | int, ...]] = []
        for group, counts in sorted(self._groups.items(), key=lambda one: one[0]):
            for key in sorted(counts.alike.keys() | counts.others.keys()):
                n = counts.alike.get(key, 0)
                certain, possible, onward = counts.others.get(key, (0, 0, 0))
                if certain + n or possible + n or onward:
                    size, cell = key >> CELL_BITS, key & CELL_MASK
                    rows.append((*group, size, cell, certain + n, possible + n, onward))
        return rows


def _cells_of(number: int) -> Iterator[int]:
    """Yield the keys of the cells that a cell of one degree is in."""
    row, column = divmod(number - 1, COLUMNS)
    for size, first, across in _BY_SIZE:
        yield first + row // size * across + column // size


def _changes(area: Area) -> Iterator[tuple[int, int, int, int]]:
    """Yield what a record in an area adds to cells, by their keys: (key, certain, possible, onward)."""
    for size, origin, across in _BY_SIZE:
        coarse = in_cells(area, size)
        certain = {
            extent[0][:2]
            for extent in coarse
            if extent[0][:2] == extent[0][2:] and extent.count(extent[0]) == len(extent)
        }
        for column, row in certain:
            yield origin + row * across + column, 1, 0, 0
        for west, south, east, north in ranges_apart({one for extent in coarse for one in extent}):
            for first in range(origin + south * across, origin + (north + 1) * across, across):
                if west == east:
                    yield first + west, 0, 1, 0
                    continue
                yield first + west, 0, 0, 1
                if east + 1 < across:
                    yield first + east + 1, 0, 0, -1
