"""Positions and boxes on earth, in WGS 84 degrees, and how they are read from text.

Positions have longitude first as in GeoJSON (RFC 7946 §3.1.1), functions of plain numbers latitude first as
people say it.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

_NUMBER: Final = re.compile(r"\s*[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?\s*", re.ASCII)


class Position(NamedTuple):
    """A place on earth, in degrees."""

    lon: float
    lat: float


@dataclass(frozen=True, slots=True)
class BBox:
    """A box of RFC 7946 §5, in degrees. It crosses the antimeridian where west is greater than east."""

    west: float
    south: float
    east: float
    north: float

    @classmethod
    def parse(cls, text: str) -> "BBox":
        """Read `west,south,east,north`; raises ValueError saying what is wrong with it."""
        west, south, east, north = _numbers(text, ("west", "south", "east", "north"))
        _check_range(("west", west, 180), ("south", south, 90), ("east", east, 180), ("north", north, 90))
        if south > north:
            raise ValueError("south is greater than north")
        return cls(west, south, east, north)

    def boxes(self) -> "tuple[BBox, ...]":
        """Give the box as one box that does not cross the antimeridian, or two that meet there."""
        if self.west <= self.east:
            return (self,)
        eastern = BBox(self.west, self.south, 180.0, self.north)
        return (eastern, BBox(-180.0, self.south, self.east, self.north))

    def corners(self) -> tuple[Position, Position]:
        """Give the south-western and the north-eastern corner."""
        return Position(self.west, self.south), Position(self.east, self.north)


def with_far_side(boxes: Sequence[BBox]) -> tuple[BBox, ...]:
    """Add the other name of the antimeridian to boxes that reach it: 180° east and west are one."""

    def each() -> Iterator[BBox]:
        for one in boxes:
            yield one
            if one.west == -180 and one.east < 180:
                yield BBox(180.0, one.south, 180.0, one.north)
            if one.east == 180 and one.west > -180:
                yield BBox(-180.0, one.south, -180.0, one.north)

    return tuple(dict.fromkeys(each()))


@dataclass(frozen=True, slots=True)
class Near:
    """A point to be near to, in degrees."""

    lat: float
    lon: float

    @classmethod
    def parse(cls, text: str) -> "Near":
        """Read `lat,lon`; raises ValueError saying what is wrong with it."""
        lat, lon = _numbers(text, ("lat", "lon"))
        _check_range(("lat", lat, 90), ("lon", lon, 180))
        return cls(lat, lon)


def _numbers(text: str, names: Sequence[str]) -> list[float]:
    parts = text.split(",")
    if len(parts) != len(names):
        raise ValueError(f"expected {len(names)} numbers: {','.join(names)}")
    for name, part in zip(names, parts, strict=True):
        if _NUMBER.fullmatch(part) is None:
            raise ValueError(f"{name} is not a number")
    return [float(part) for part in parts]


def _check_range(*values: tuple[str, float, int]) -> None:
    for name, value, limit in values:
        if not -limit <= value <= limit:
            raise ValueError(f"{name} is not between -{limit} and {limit}")
