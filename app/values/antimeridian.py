"""Lines and rings across the antimeridian, which have to be cut there (RFC 7946 §3.1.9).

A line between two positions is straight in longitude and latitude (§3.1.1). One that is more than 180° long
is ambiguous: it may be meant as it is, the long way round, or cross the antimeridian and lack the cut.
Neither is assumed; who means the long way adds a position in between.

Two sorts of long lines are unambiguous and accepted: those along a pole, and those from 180° west to 180°
east that lead from one edge of the map to the other, as around the whole world or along the south of
Antarctica.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, Final

from app.values.coordinates import Position

Path = Sequence[Position]

_DIGITS: Final = 9
"""Decimals of a latitude that is worked out, in degrees: a tenth of a millimetre."""


def uncut_at(path: Path, *, is_ring: bool) -> int | None:
    """Return the index of the position that ends the first ambiguous line, which may cross the antimeridian.

    None where there is none. A ring's last position is its first.
    """
    for index, (start, end) in enumerate(pairwise(path)):
        if abs(end.lon - start.lon) <= 180 or _along_a_pole(start, end):
            continue
        before = path[index - 1] if index else path[-2] if is_ring else None
        after = path[index + 2] if index + 2 < len(path) else path[1] if is_ring else None
        if not _from_edge_to_edge(before, start, end, after):
            return index + 1
    return None


def _along_a_pole(start: Position, end: Position) -> bool:
    return start.lat == end.lat and abs(start.lat) == 90


def _from_edge_to_edge(
    before: Position | None, start: Position, end: Position, after: Position | None
) -> bool:
    """Return whether a line goes from one edge of the map to the other, with at most those edges around it."""
    beside = (one for one in (before, after) if one is not None)
    return abs(end.lon - start.lon) == 360 and all(abs(one.lon) == 180 for one in beside)


def cut(geometry: Mapping[str, Any]) -> dict[str, Any] | None:
    """Cut the lines, or the polygons without holes, of a geometry wherever they cross the antimeridian.

    Longitudes stay within ±180°. None where it holds anything else, goes around a pole, or crosses to and fro.
    """
    kind, coordinates = geometry["type"], geometry["coordinates"]
    parts = coordinates if kind.startswith("Multi") else [coordinates]
    if kind.endswith("Polygon"):
        if any(len(polygon) != 1 for polygon in parts):
            return None
        paths = [polygon[0] for polygon in parts]
    else:
        paths = parts
    if any(len(position) != 2 for path in paths for position in path):
        return None
    split = _cut_ring if kind.endswith("Polygon") else _cut_line
    found: list[Any] = []
    for path in paths:
        pieces = split([Position(*position) for position in path])
        if not pieces or any(abs(position.lon) > 180 for piece in pieces for position in piece):
            return None
        found += [[list(position) for position in piece] for piece in pieces]
    if kind.endswith("Polygon"):
        found = [[ring] for ring in found]
    return {"type": "MultiPolygon" if kind.endswith("Polygon") else "MultiLineString", "coordinates": found}


def _cut_line(line: Path) -> list[list[Position]]:
    unrolled = _unrolled(line)
    at = _antimeridian_among(unrolled)
    return [_rolled(part) for part in _split(unrolled, at)]


def _cut_ring(ring: Path) -> list[list[Position]]:
    """Return a ring for the part on either side; none where the ring goes around a pole, or crosses more than twice."""
    unrolled = _unrolled(ring)
    at = _antimeridian_among(unrolled)
    parts = _split(unrolled, at)
    if unrolled[-1] != unrolled[0] or len(parts) > 3:
        return []
    if len(parts) == 3:
        # The part that begins and the one that ends the ring are the same one.
        parts = [parts[2] + parts[0][1:], parts[1]]
    return [_rolled(part if part[-1] == part[0] else [*part, part[0]]) for part in parts]


def _unrolled(path: Path) -> list[Position]:
    """Make every line take the short way round: longitudes may go past 180°."""
    found = [path[0]]
    for position in path[1:]:
        turns = round((position.lon - found[-1].lon) / 360)
        here = Position(position.lon - 360 * turns, position.lat)
        if here != found[-1]:
            found.append(here)
    return found


def _antimeridian_among(unrolled: Path) -> int:
    """Return the longitude of the antimeridian among longitudes that go past 180°."""
    return 180 if max(position.lon for position in unrolled) > 180 else -180


def _split(unrolled: Path, at: int) -> list[list[Position]]:
    parts: list[list[Position]] = [[]]
    side = 0
    for position in unrolled:
        here = (position.lon > at) - (position.lon < at)
        if here and side and here != side:
            parts.append([_crossing(parts[-1], position, at)])
        side = here or side
        parts[-1].append(position)
    return parts


def _crossing(part: list[Position], after: Position, at: int) -> Position:
    """Return where a line that leaves a part meets the antimeridian, which is then the end of that part."""
    before = part[-1]
    if before.lon != at:
        share = (at - before.lon) / (after.lon - before.lon)
        part.append(Position(at, round(before.lat + share * (after.lat - before.lat), _DIGITS)))
    return part[-1]


def _rolled(part: Sequence[Position]) -> list[Position]:
    """Bring longitudes back within ±180°; those on the antimeridian keep the side of their part."""
    lons = [position.lon for position in part]
    turn = -360 if max(lons) > 180 else 360 if min(lons) < -180 else 0
    return [Position(position.lon + turn, position.lat) for position in part]
