"""A drawing of a date: where it certainly was, and where it may have been, between its bounds."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from app.explorer.record_pages.date_words import day_in_words, sentences_on
from app.records.historical_date import HistoricalDate
from app.values.known_bounds import known_bounds
from app.values.timespan import OPEN_END, OPEN_START

WIDTH: Final = 360
"""The width of a drawing, in units of its own."""

_MARGIN: Final = 6
_OPEN_SHARE: Final = 0.15
"""How much of the drawing an open side takes."""

_THINNEST: Final = 2.0
_MOST_MEMBERS: Final = 100
"""Members of a set that are drawn one by one; of more, their hull alone."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A stretch of time: where it begins, how wide it is, and whether it was certainly then."""

    x: float
    width: float
    certain: bool


@dataclass(frozen=True, slots=True)
class DateDrawing:
    """What is drawn.

    Attributes:
        width: of the whole.
        bars: pale ones first, and over them what is certain.
        ticks: where a bound is.
        first: the first bound in words, None where it is open or unknown.
        last: the last bound in words, likewise.
    """

    width: int
    bars: Sequence[Bar]
    ticks: Sequence[float]
    first: str | None
    last: str | None


@dataclass(frozen=True, slots=True)
class ShownDate:
    """A date as a page shows it: its label and text, what is known of it, and a drawing where that shows more."""

    date: HistoricalDate
    sentences: Sequence[str]
    drawing: DateDrawing | None


def shown_date(date: HistoricalDate) -> ShownDate:
    """Return how a page shows a date."""
    return ShownDate(date, sentences_on(date), drawing_of(date))


def drawing_of(date: HistoricalDate) -> DateDrawing | None:
    """Draw a date; None where there is nothing to draw: a single day, no known year, no bound at all."""
    hull = known_bounds(date.value)
    if hull is None:
        return None
    known = sorted({day for day in (hull.s1, hull.s2, hull.e1, hull.e2) if day not in (OPEN_START, OPEN_END)})
    opens = (hull.s1 == OPEN_START, hull.e2 == OPEN_END)
    if not known or (len(known) == 1 and not any(opens)):
        return None
    scale = _Scale.of(known[0], known[-1], *opens)
    span = date.value.span
    drawn = [hull] if len(span.members) > _MOST_MEMBERS or len(span.members) < 2 else list(span.members)
    pale = [scale.bar(one.s1, one.e2, certain=False) for one in drawn]
    solid = [
        scale.bar(one.s2, one.e1, certain=True)
        for one in drawn
        if one.s2 <= one.e1 and not date.qualified and span.set_kind != "one-of"
    ]
    first, last = hull.s1, hull.e2
    return DateDrawing(
        WIDTH,
        [*pale, *solid],
        [scale.at(day) for day in known],
        None if first == OPEN_START else day_in_words(first),
        None if last == OPEN_END else day_in_words(last),
    )


@dataclass(frozen=True, slots=True)
class _Scale:
    """Where days are drawn."""

    first: int
    days: int
    left: float
    right: float

    @classmethod
    def of(cls, first: int, last: int, open_start: bool, open_end: bool) -> "_Scale":  # noqa: FBT001
        room = WIDTH - 2 * _MARGIN
        left = _MARGIN + (room * _OPEN_SHARE if open_start else 0)
        right = WIDTH - _MARGIN - (room * _OPEN_SHARE if open_end else 0)
        return cls(first, last - first + 1, left, right)

    def at(self, day: int) -> float:
        if day == OPEN_START:
            return 0
        if day == OPEN_END:
            return WIDTH
        return round(self.left + (day - self.first) / self.days * (self.right - self.left), 2)

    def bar(self, first: int, last: int, *, certain: bool) -> Bar:
        x, end = self.at(first), self.at(last if last in (OPEN_START, OPEN_END) else last + 1)
        return Bar(x, max(round(end - x, 2), _THINNEST), certain)
