"""Counts of records in cells of the whole map, that most maps are answered with at once.

Cells of a size in degrees are numbered from 0, row by row from the south pole, from 180° west. A record is counted at each of
`SIZES`, in the cells that its area touches. Where it touches several in a row next to each other, only where that begins
and where it ends is counted: what extends over a continent costs a few numbers for each row.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from app.values.map_areas import COLUMNS, Area, in_cells, numbers_of, parse_area, ranges_apart

WORLD: Final = 360
"""The size of the one cell that every record with a place is in."""

SIZES: Final = (1, 2, 3, 4, 5, 6, 9, 10, 12, 15, 18, 20, 30, 36, 45, 60, 90, WORLD)
"""The sizes that counts are kept of: those that divide the map into whole cells."""

Group: TypeAlias = tuple[str, ...]
"""What records are told apart by: a kind, or a kind and a type."""

CellChange: TypeAlias = tuple[int, int, int, int, int]
"""A size, a cell, and how many records more are certainly and possibly there, and possibly from there on (`CellTotals`)."""


@dataclass(slots=True)
class CellTotals:
    """How many records more are in each cell now.

    Attributes:
        counts: by group, size and cell: those that are certainly there; those that are possibly there; and those that
            possibly are there and in all cells east of it to the end of the row, less those that no longer are from here on.
            Possibly in a cell are the second, and the third of it and of all cells west of it in its row.
    """

    counts: dict[tuple[str | int, ...], list[int]] = field(default_factory=dict)

    def add(self, group: Group, area: int, extents: str | None, n: int) -> None:
        """Add records that are in an area, given by its key, and by its text where that does not say it."""
        counts = self.counts
        for size, cell, certain, possible, onward in _changes(area, extents):
            found = counts.setdefault((*group, size, cell), [0, 0, 0])
            found[0] += certain * n
            found[1] += possible * n
            found[2] += onward * n

    def rows(self) -> list[tuple[str | int, ...]]:
        """Return (*group, size, cell, certain, possible, onward) where anything is counted, in order."""
        return sorted((*key, *counts) for key, counts in self.counts.items() if any(counts))


def _changes(key: int, extents: str | None) -> Iterator[CellChange]:
    """Yield what a record in an area adds."""
    if numbers := numbers_of(key):
        places = [divmod(number - 1, COLUMNS) for number in numbers]
        for size in SIZES:
            across = COLUMNS // size
            for cell in {row // size * across + column // size for row, column in places}:
                yield size, cell, 1, 1, 0
        return
    area = parse_area(key, extents)
    for size in SIZES:
        yield from _changes_of_ranges(in_cells(area, size), size)


def _changes_of_ranges(area: Area, size: int) -> Iterator[CellChange]:
    across = COLUMNS // size
    certain = {
        extent[0][:2]
        for extent in area
        if extent[0][:2] == extent[0][2:] and extent.count(extent[0]) == len(extent)
    }
    for column, row in certain:
        yield size, row * across + column, 1, 0, 0
    for west, south, east, north in ranges_apart({one for extent in area for one in extent}):
        for first in range(south * across, (north + 1) * across, across):
            if west == east:
                yield size, first + west, 0, 1, 0
                continue
            yield size, first + west, 0, 0, 1
            if east + 1 < across:
                yield size, first + east + 1, 0, 0, -1
