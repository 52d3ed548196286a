"""Blocks of the map, by which what may be in a window is found.

Blocks have `BLOCK` degrees and are numbered from 0, row by row from the south pole, from 180° west.
"""

from collections.abc import Collection, Iterable
from typing import Final

from app.values.map_areas import COLUMNS, ROWS, CellRange, in_cells, parse_area

BLOCK: Final = 10
"""How many degrees a block has."""

EVERYWHERE: Final = -1
"""In place of the blocks of an area that touches more than `MOST_BLOCKS`."""

MOST_BLOCKS: Final = 16

_ACROSS: Final = COLUMNS // BLOCK


def blocks_of(area: int, extents: str | None) -> Collection[int]:
    """Return the blocks that an area touches, given by its key, and by its text where that does not say it."""
    ranges = {one for extent in in_cells(parse_area(area, extents), BLOCK) for one in extent}
    if sum((east - west + 1) * (north - south + 1) for west, south, east, north in ranges) > MOST_BLOCKS:
        return (EVERYWHERE,)
    return _numbers(ranges)


def blocks_in(ranges: Iterable[CellRange]) -> list[int]:
    """Return the blocks of ranges of one-degree cells, whose sides may lie outside of the map, and `EVERYWHERE`."""
    inside = (
        (max(west, 0), max(south, 0), min(east, COLUMNS - 1), min(north, ROWS - 1))
        for west, south, east, north in ranges
    )
    [extent] = in_cells((tuple(inside),), BLOCK)
    return [EVERYWHERE, *sorted(_numbers(extent))]


def _numbers(ranges: Iterable[CellRange]) -> set[int]:
    return {
        row * _ACROSS + column
        for west, south, east, north in ranges
        for row in range(south, north + 1)
        for column in range(west, east + 1)
    }
