"""Layout: bars and their labels in lanes, so that none covers another."""

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from typing import Final, Literal

from app.values.timespan import OPEN_END, OPEN_START, Bounds, Timespan

Shade = Literal["certain", "possible", "in", "out"]
_GAP: Final = 6.0
_BETWEEN: Final = 16.0
_TOUCHING: Final = 0.01
_NARROW: Final = frozenset("iljtfrI.,;:'!|()[] ")
_WIDE: Final = frozenset("mwMWÆŒæœ@%—…")


@dataclass(frozen=True, slots=True)
class Scale:
    """The scale: from days to points from the left; an open end is at the edge."""

    first: int
    last: int
    width: float

    def x(self, day: int) -> float:
        """Return the position of a day."""
        if day <= OPEN_START:
            return 0.0
        if day >= OPEN_END:
            return self.width
        return (day - self.first) / max(1, self.last - self.first) * self.width


@dataclass(frozen=True, slots=True)
class Piece:
    """A section of a bar: certain, possible, or fading in or out."""

    start: float
    end: float
    shade: Shade


Side = Literal["right", "left", "above"]
"""Where a label is: it begins right of its bar, ends left of it, or begins over it."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A bar with its label: its lane, and where in it the label begins, or ends at the left."""

    number: int
    lane: int
    pieces: tuple[Piece, ...]
    label_x: float
    side: Side


def scale_for(spans: Iterable[Timespan], width: float) -> Scale:
    """Make a scale with room for all that is known, and a margin where something is open."""
    bounds = [span.bounds for span in spans]
    days = [day for one in bounds for day in (one.s1, one.s2, one.e1, one.e2) if OPEN_START < day < OPEN_END]
    first, last = min(days, default=0), max(days, default=0) + 1
    room = max(4, (last - first) // 40)
    is_open = (any(one.s1 == OPEN_START for one in bounds), any(one.e2 == OPEN_END for one in bounds))
    return Scale(first - room * (3 if is_open[0] else 1), last + room * (3 if is_open[1] else 1), width)


def pieces_of(span: Timespan, scale: Scale) -> tuple[Piece, ...]:
    """Divide a date into sections: certain and possible ones."""
    members = span.members or (span.bounds,)
    sure = span.set_kind != "one-of" and not span.qualified
    drawn = [piece for member in members for piece in _pieces(member, scale, sure=sure)]
    merged = drawn[:1]
    for piece in drawn[1:]:
        # Consecutive years are drawn as one section.
        if piece.shade == merged[-1].shade == "possible" and piece.start <= merged[-1].end + _TOUCHING:
            merged[-1] = Piece(merged[-1].start, max(piece.end, merged[-1].end), "possible")
        else:
            merged.append(piece)
    return tuple(merged)


def _pieces(bounds: Bounds, scale: Scale, *, sure: bool) -> list[Piece]:
    # A day is as wide as it lasts: the end of the last day is the beginning of the next.
    s1, s2 = scale.x(bounds.s1), scale.x(bounds.s2)
    e1 = scale.x(bounds.e1 + 1 if bounds.e1 < OPEN_END else OPEN_END)
    e2 = scale.x(bounds.e2 + 1 if bounds.e2 < OPEN_END else OPEN_END)
    if bounds.s2 > bounds.e1 or not sure:
        # Some day in here, none of them certain: a bar that fades would suggest a middle.
        return [Piece(s1, e2, "possible")]
    return _kept([Piece(s1, s2, "in"), Piece(s2, e1, "certain"), Piece(e1, e2, "out")])


def _kept(pieces: list[Piece]) -> list[Piece]:
    return [piece for piece in pieces if piece.end > piece.start]


def text_width(text: str, size: float) -> float:
    """Estimate the width of a text, rather too large, since fonts differ."""
    return sum(map(_width, text)) * size * 1.04


def _width(character: str) -> float:
    if character in _NARROW:
        return 0.36
    if character in _WIDE:
        return 0.95
    if unicodedata.combining(character):
        return 0.0
    if unicodedata.east_asian_width(character) in {"W", "F"}:
        return 1.1
    return 0.72 if character.isupper() else 0.6 if ord(character) < 0x250 else 0.8


def place(
    bars: Sequence[tuple[tuple[Piece, ...], float]], width: float, least: float
) -> tuple[list[Placed], int]:
    """Place bars (their sections, and the width of the label) in as few lanes as they need.

    A label is to the right of its bar, else to the left, else over it. `least` is the smallest width of a
    bar. Returns them in the given order, and the number of lanes.
    """
    wanted: list[tuple[float, float, int, float, Side]] = []
    for number, (pieces, label) in enumerate(bars):
        start, end = _drawn(pieces, least)
        if end + _GAP + label <= width:
            wanted.append((start, end + _GAP + label, number, end + _GAP, "right"))
        elif start - _GAP - label >= 0:
            wanted.append((start - _GAP - label, end, number, start - _GAP, "left"))
        else:
            label_x = max(0.0, min(start, width - label))
            wanted.append((min(start, label_x), max(end, label_x + label), number, label_x, "above"))
    lanes = _Lanes()
    placed = [
        Placed(number, lanes.take(left, right + _BETWEEN), bars[number][0], label_x, side)
        for left, right, number, label_x, side in sorted(wanted)
    ]
    return sorted(placed, key=lambda one: one.number), lanes.count


def _drawn(pieces: tuple[Piece, ...], least: float) -> tuple[float, float]:
    start, end = min(piece.start for piece in pieces), max(piece.end for piece in pieces)
    if end - start < least:
        middle = (start + end) / 2
        return middle - least / 2, middle + least / 2
    return start, end


class _Lanes:
    """Lanes from the top; each bar goes into the highest that is free, from left to right."""

    def __init__(self) -> None:
        self.count = 0
        self._busy: list[tuple[float, int]] = []
        self._free: list[int] = []

    def take(self, left: float, right: float) -> int:
        while self._busy and self._busy[0][0] <= left:
            heappush(self._free, heappop(self._busy)[1])
        if self._free:
            lane = heappop(self._free)
        else:
            lane = self.count
            self.count += 1
        heappush(self._busy, (right, lane))
        return lane
