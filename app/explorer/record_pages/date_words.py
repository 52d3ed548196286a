"""What is known of a date, in sentences: from its four bounds, its marks of doubt and its calendar."""

from collections.abc import Iterator
from typing import Final

from app.records.historical_date import HistoricalDate
from app.values.calendar import gregorian_from_days
from app.values.edtf.label import label_of_day
from app.values.known_bounds import known_bounds
from app.values.timespan import OPEN_END, OPEN_START, Bounds

_DOUBTS: Final = (
    ("%", "The date is uncertain and approximate, so nothing of it is certain."),
    ("?~", "The date is uncertain in one part and approximate in another, so nothing of it is certain."),
    ("?", "The date is uncertain, so nothing of it is certain."),
    ("~", "The date is approximate, so nothing of it is certain."),
)


def day_in_words(day: int) -> str:
    """Return a day (0 is 1970-01-01) as people write it: `3 January 1967`, `15 March 44 BCE`."""
    return label_of_day(*gregorian_from_days(day))


def sentences_on(date: HistoricalDate) -> list[str]:
    """Say what is known: when it can have begun and ended, when it certainly was, what is in doubt, how it was written."""
    return [*_on_bounds(date), *_on_doubt(date), *_on_calendar(date)]


def _on_bounds(date: HistoricalDate) -> Iterator[str]:
    bounds, span = known_bounds(date.value), date.value.span
    if bounds is None:
        yield "No year is known."
        return
    if len(span.members) > 1:
        several = "one of" if span.set_kind == "one-of" else "all of"
        yield f"It is {several} {len(span.members):,} dates or spans; these are the bounds of them together."
    if bounds.s1 == bounds.e2:
        yield f"It was on {day_in_words(bounds.s1)}."
        return
    if (bounds.s1, bounds.s2) == (bounds.e1, bounds.e2):
        yield f"{_some_time(bounds.s1, bounds.s2)}; for how long is not said."
        return
    yield f"It {_start(bounds)} and {_end(bounds)}."
    if not date.qualified and span.set_kind == "single":
        yield from _on_certainty(bounds)


def _some_time(first: int, last: int) -> str:
    if first == OPEN_START:
        return f"It was at some time up to {day_in_words(last)}"
    if last == OPEN_END:
        return f"It was at some time from {day_in_words(first)} on"
    return f"It was at some time between {day_in_words(first)} and {day_in_words(last)}"


def _start(bounds: Bounds) -> str:
    if bounds.start_open:
        return "has no known beginning"
    if bounds.s1 == OPEN_START:
        return f"began at an unknown time, by {day_in_words(bounds.s2)} at the latest"
    if bounds.s2 == OPEN_END:
        return f"began on {day_in_words(bounds.s1)} at the earliest"
    if bounds.s1 == bounds.s2:
        return f"began on {day_in_words(bounds.s1)}"
    return f"began between {day_in_words(bounds.s1)} and {day_in_words(bounds.s2)}"


def _end(bounds: Bounds) -> str:
    if bounds.end_open:
        return "has no known end: it goes on"
    if bounds.e2 == OPEN_END:
        return f"ended at an unknown time, on {day_in_words(bounds.e1)} at the earliest"
    if bounds.e1 == OPEN_START:
        return f"ended by {day_in_words(bounds.e2)} at the latest"
    if bounds.e1 == bounds.e2:
        return f"ended on {day_in_words(bounds.e1)}"
    return f"ended between {day_in_words(bounds.e1)} and {day_in_words(bounds.e2)}"


def _on_certainty(bounds: Bounds) -> Iterator[str]:
    first, last = bounds.s2, bounds.e1
    if first > last or (bounds.s1 == bounds.s2 and bounds.e1 == bounds.e2):
        return
    if first == OPEN_START and last == OPEN_END:
        return
    if first == OPEN_START:
        yield f"It certainly was until {day_in_words(last)}."
    elif last == OPEN_END:
        yield f"It certainly is from {day_in_words(first)} on."
    elif first == last:
        yield f"It certainly was on {day_in_words(first)}."
    else:
        yield f"It certainly was from {day_in_words(first)} to {day_in_words(last)}."


def _on_doubt(date: HistoricalDate) -> Iterator[str]:
    if date.qualified:
        text = date.edtf
        marks = "%" if "%" in text else "".join(mark for mark in "?~" if mark in text)
        yield next(sentence for mark, sentence in _DOUBTS if mark == marks)


def _on_calendar(date: HistoricalDate) -> Iterator[str]:
    if date.calendar == "julian":
        yield "It was written in the Julian calendar; the days said here are Gregorian."
    elif date.calendar not in (None, "gregorian"):
        yield f"It was written in the {date.calendar} calendar; the days said here are Gregorian."
