"""Whether two shapes come within a distance of each other."""

from collections.abc import Iterator

from app.values.coordinates import BBox, Position, boxes_around, with_antimeridian_copy
from app.values.prepared_shapes import Budget, Shape


def are_within(one: Shape, other: Shape, km: float, budget: Budget) -> bool:
    """Return whether two shapes come within a distance of each other, in kilometres.

    Where none of their segments cross, shapes are nearest to each other at an end of a segment of one of them, whose
    distance from the other is `Shape.is_within`'s.

    Raises:
        TooMuchWork: the budget is spent.
    """
    fewer, more = sorted((one, other), key=lambda shape: shape.positions)
    if any(_is_near(more, position, km, budget) for position in _positions(fewer)):
        return True
    if any(_is_near(fewer, position, km, budget) for position in _positions(more)):
        return True
    return any(_is_crossed(more, *segment, budget) for segment in fewer.segments())


def _positions(shape: Shape) -> Iterator[Position]:
    return iter(dict.fromkeys(position for segment in shape.segments() for position in segment))


def _is_near(shape: Shape, position: Position, km: float, budget: Budget) -> bool:
    boxes = with_antimeridian_copy(boxes_around(position.lat, position.lon, km))
    return shape.is_within(position.lat, position.lon, km, boxes, budget)


def _is_crossed(shape: Shape, start: Position, end: Position, budget: Budget) -> bool:
    west, east = sorted((start.lon, end.lon))
    south, north = sorted((start.lat, end.lat))
    if not shape.meets([BBox(west, south, east, north)], budget):
        return False
    budget.spend(shape.positions)
    return any(_cross(start, end, *segment) for segment in shape.segments())


def _cross(a: Position, b: Position, c: Position, d: Position) -> bool:
    """Return whether each of two segments has its ends on either side of the other, in degrees."""
    return _side(a, b, c) * _side(a, b, d) < 0 and _side(c, d, a) * _side(c, d, b) < 0


def _side(start: Position, end: Position, of: Position) -> float:
    return (end.lon - start.lon) * (of.lat - start.lat) - (end.lat - start.lat) * (of.lon - start.lon)
