"""Where a record may be on the map, in whole degrees: what is stored of it, so that cells of a map are counted fast.

A position is in the one-degree cell that it has by floor: longitude 10.0 in that from 10 to 11; 180 and 90 are in
the last. Columns are counted eastward from 180° west, 0 to 359, rows northward from the south pole, 0 to 179.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from hashlib import blake2b
from itertools import pairwise
from math import floor
from typing import Final, TypeAlias

from app.values.coordinates import BBox, boxes_around_box

COLUMNS: Final = 360
ROWS: Final = 180

CellRange: TypeAlias = tuple[int, int, int, int]
"""Cells from a western column and a southern row to an eastern column and a northern row, both included."""

Extent: TypeAlias = tuple[CellRange, ...]
"""Where one place may be: the ranges of its boxes, in order."""

Area: TypeAlias = tuple[Extent, ...]
"""Where a record may be: the extents of its places, each once, in order; empty where none has a geometry."""

NOWHERE: Final = 0
"""The key of the empty area."""

LAST_CELL: Final = COLUMNS * ROWS
"""Up to here, from 1, keys are numbers of cells: row by row from the south pole, from the west."""

CELL_BITS: Final = 16
"""How many bits of a key the number of each of several cells has."""

MOST_CELLS: Final = 3
"""How many cells a key can list."""

LEAST_RANGE: Final = 2**50
"""From here on keys are of ranges; below, they list cells."""

CELL_MASK: Final = 2**CELL_BITS - 1

LEAST_HASH: Final = 2**62
"""From here on keys are hashes; below, they say themselves what they are of."""


def widened(box: BBox, metres: float) -> Sequence[BBox]:
    """Return the boxes that cover all that is within a distance of a box; the box itself for a distance of 0."""
    return boxes_around_box(box, metres / 1000) if metres else (box,)


def extent_of(boxes: Iterable[BBox]) -> Extent:
    """Return the one-degree cells that boxes touch; no box crosses the antimeridian."""
    return tuple(sorted({_range_of(box) for box in boxes}))


def _range_of(box: BBox) -> CellRange:
    return _column(box.west), _row(box.south), _column(box.east), _row(box.north)


def _column(longitude: float) -> int:
    return min(floor(longitude) + 180, COLUMNS - 1)


def _row(latitude: float) -> int:
    return min(floor(latitude) + 90, ROWS - 1)


def area_of(extents: Iterable[Extent]) -> Area:
    """Return the area of places with these extents, some of which may be empty."""
    return tuple(sorted({extent for extent in extents if extent}))


def area_key(area: Area) -> int:
    """Return the key under which an area is counted.

    It says what the area is wherever that has room: one cell is its number; two or three, each of a place that is in it
    alone, are their numbers in ascending order, the first in the lowest of 16 bits each; the one range of one place is
    `LEAST_RANGE` and its four sides. Any other key is a hash of `area_text`.
    """
    if not area:
        return NOWHERE
    if len(area) == 1 and len(area[0]) == 1:
        west, south, east, north = area[0][0]
        if west == east and south == north:
            return cell_number(west, south)
        return LEAST_RANGE | west + COLUMNS * (south + ROWS * (east + COLUMNS * north))
    if len(area) <= MOST_CELLS and all(
        len(extent) == 1 and extent[0][:2] == extent[0][2:] for extent in area
    ):
        numbers = sorted(cell_number(*extent[0][:2]) for extent in area)
        return sum(number << CELL_BITS * at for at, number in enumerate(numbers))
    return hashed_key(area_text(area))


def cell_number(column: int, row: int) -> int:
    """Return the number of a cell, from 1 to `LAST_CELL`."""
    return 1 + row * COLUMNS + column


def numbers_of(key: int) -> Sequence[int]:
    """Return the numbers of the cells where a key is of one, two or three that places are in alone; else nothing."""
    if not NOWHERE < key < LEAST_RANGE:
        return ()
    numbers = []
    while key:
        numbers.append(key & CELL_MASK)
        key >>= CELL_BITS
    return numbers


def hashed_key(text: str) -> int:
    """Return a hash of a text that is no other key, of an area or of a record."""
    return LEAST_HASH | int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big") >> 2


def area_text(area: Area) -> str:
    """Write an area: extents between semicolons, their ranges as `west,south,east,north` between spaces."""
    return ";".join(" ".join(",".join(map(str, one)) for one in extent) for extent in area)


def parse_area(key: int, text: str | None) -> Area:
    """Return the area of a key; one whose key is a hash is parsed from its text."""
    if text is not None:
        return _parse_text(text)
    if key >= LEAST_RANGE:
        sides = key - LEAST_RANGE
        sides, west = divmod(sides, COLUMNS)
        sides, south = divmod(sides, ROWS)
        north, east = divmod(sides, COLUMNS)
        return (((west, south, east, north),),)
    cells = (divmod(number - 1, COLUMNS) for number in numbers_of(key))
    return area_of(((column, row, column, row),) for row, column in cells)


@lru_cache(maxsize=8_192)
def _parse_text(text: str) -> Area:
    return tuple(tuple(_parse_range(one) for one in extent.split(" ")) for extent in text.split(";"))


def _parse_range(text: str) -> CellRange:
    west, south, east, north = map(int, text.split(","))
    return west, south, east, north


def in_cells(area: Area, size: int) -> Area:
    """Return an area of one-degree cells in cells of so many degrees."""
    return tuple(
        tuple(
            (west // size, south // size, east // size, north // size) for west, south, east, north in extent
        )
        for extent in area
    )


def ranges_apart(ranges: set[CellRange]) -> Iterator[CellRange]:
    """Yield ranges that cover the same cells, each once."""
    if len(ranges) == 1:
        yield from ranges
        return
    turns = sorted({one[1] for one in ranges} | {one[3] + 1 for one in ranges})
    for south, beyond in pairwise(turns):
        reached = sorted((one[0], one[2]) for one in ranges if one[1] <= south and one[3] >= south)
        joined: list[tuple[int, int]] = []
        for west, east in reached:
            if joined and west <= joined[-1][1] + 1:
                joined[-1] = joined[-1][0], max(joined[-1][1], east)
            else:
                joined.append((west, east))
        for west, east in joined:
            yield west, south, east, beyond - 1
