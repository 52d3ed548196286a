"""Dates of other calendars with what stands around them: `c. 1300 AH`, `before 1300 AH`, `5-10 Nisan 5708`.

The dates themselves are read in `values.calendars`. The words are those of all six languages.
"""

import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import Final, NamedTuple

from app.values.calendar import gregorian_from_days, iso_day
from app.values.calendars.rules import OtherCalendar
from app.values.calendars.text import (
    MAX_LENGTH,
    CalendarReading,
    CalendarTextError,
    names_a_calendar,
    read_calendar_text,
)
from app.values.date_text import kinds as k
from app.values.date_text.folding import fold
from app.values.date_text.words import OF_SCHOLARS, WORDS
from app.values.edtf.nodes import APPROXIMATE, QUALIFIER_SIGNS, UNCERTAIN
from app.values.year_masks import least_mask

_MAX_SPLITS: Final = 6
_MAX_SHARED: Final = 6
_BITS: Final = {k.CIRCA: APPROXIMATE, k.UNCERTAIN: UNCERTAIN}
_BEFORE_A_DATE: Final = (
    k.CIRCA,
    k.UNCERTAIN,
    k.BEFORE,
    k.AFTER,
    k.NOT_BEFORE,
    k.NOT_AFTER,
    k.BETWEEN,
    k.FROM,
    k.UNTIL,
)
_AFTER: Final = re.compile(r"\s*(?:(?P<uncertain>\(\?\)|\?|\[\?\])|(?P<circa>~|\(?\bca?\.?\)?|\bcirca))$")


class OtherDate(NamedTuple):
    """What a text says of dates in another calendar.

    Attributes:
        edtf: the value, in Gregorian digits.
        calendar: the calendar.
        notes: the dates as they are in it, and what was taken for what.
    """

    edtf: str
    calendar: OtherCalendar
    notes: tuple[str, ...]


def read_other_calendars(text: str) -> tuple[OtherDate, ...]:
    """Return the readings of a text as dates of another calendar; none where it has none.

    Raises:
        CalendarTextError: the calendar has no such date.
    """
    if len(text) > MAX_LENGTH or not names_a_calendar(text):
        return ()
    fault: CalendarTextError | None = None
    try:
        plain = read_calendar_text(text)
    except CalendarTextError as error:
        plain, fault = (), error
    if plain:
        return tuple(OtherDate(one.edtf, one.calendar, (one.written,)) for one in plain)
    try:
        found = tuple(dict.fromkeys(_expression(" ".join(fold(text).split()))))
    except CalendarTextError as error:
        raise fault or error from None
    if fault is not None and not found:
        raise fault
    return found


@cache
def _opening() -> re.Pattern[str]:
    """Return what may stand before a date: a group for each kind of word."""
    groups = []
    for at, kind in enumerate(_BEFORE_A_DATE):
        phrases = _phrases(kind)
        groups.append(f"(?P<w{at}>{'|'.join(phrases)})")
    return re.compile(rf"(?:{'|'.join(groups)})(?![a-z])\.?\s*")


@cache
def _between_two() -> re.Pattern[str]:
    """Return what stands between the ends of an interval, with blanks around words."""
    words = "|".join((*_phrases(k.TO), *_phrases(k.UNTIL), *_phrases(k.AND)))
    return re.compile(rf"\s+(?:{words})\s+|\s*[\N{{EN DASH}}/]\s*|\s*-\s*")


def _phrases(kind: str) -> list[str]:
    """Return the words of a kind in every language, the longest first, as patterns."""
    found = {
        phrase
        for words in (OF_SCHOLARS, *WORDS.values())
        for (one, value), phrases in words.items()
        if one == kind and value in ("", "c")
        for phrase in phrases.split("|")
        if phrase[0].isalpha()
    }
    return [r"\.? ".join(map(re.escape, one.split())) for one in sorted(found, key=len, reverse=True)]


def _expression(text: str) -> Iterator[OtherDate]:
    bits, rest, kind = 0, text, ""
    while (match := _opening().match(rest)) is not None and match.lastgroup is not None:
        said = _BEFORE_A_DATE[int(match.lastgroup[1:])]
        if said in _BITS:
            bits |= _BITS[said]
        elif kind:
            return
        else:
            kind = said
        rest = rest[match.end() :]
    rest, more = _without_doubts(rest)
    bits |= more
    if kind in ("", k.FROM, k.BETWEEN):
        yield from _intervals(rest, bits, is_between=kind == k.BETWEEN)
    if kind == k.BETWEEN or not rest:
        return
    write = _WRITERS.get(kind, _one)
    for reading in read_calendar_text(rest):
        said = f"{kind} {reading.written}" if kind else reading.written
        yield OtherDate(write(reading, QUALIFIER_SIGNS[bits]), reading.calendar, (said,))


def _without_doubts(text: str) -> tuple[str, int]:
    """Return a text without what stands after a date, and the qualifiers that this was."""
    bits = 0
    while (match := _AFTER.search(text)) is not None:
        bits |= UNCERTAIN if match["uncertain"] else APPROXIMATE
        text = text[: match.start()]
    return text, bits


def _one(reading: CalendarReading, mark: str) -> str:
    first, last = iso_day(reading.first), iso_day(reading.last)
    return f"{first}{mark}" if first == last else f"[{first}{mark}..{last}{mark}]"


_WRITERS: Final[dict[str, Callable[[CalendarReading, str], str]]] = {
    k.BEFORE: lambda one, mark: f"[..{iso_day(one.first - 1)}{mark}]",
    k.AFTER: lambda one, mark: f"[{iso_day(one.last + 1)}{mark}..]",
    k.NOT_BEFORE: lambda one, mark: f"[{iso_day(one.first)}{mark}..]",
    k.NOT_AFTER: lambda one, mark: f"[..{iso_day(one.last)}{mark}]",
    k.FROM: lambda one, mark: f"{_end(one, mark)}/..",
    k.UNTIL: lambda one, mark: f"../{_end(one, mark)}",
}
"""How a date is written after each kind of word."""


def _end(reading: CalendarReading, mark: str) -> str:
    """Return a date as the end of an interval, which is no set: the least date that has all its days."""
    (year, month, day), (last_year, last_month, last_day) = map(
        gregorian_from_days, (reading.first, reading.last)
    )
    whole = least_mask(year, last_year)
    if whole is None:
        message = "the ends of an interval are dates, and one of these is several: give it days"
        raise CalendarTextError(message)
    if (year, month) == (last_year, last_month):
        whole += f"-{month:02}" + (f"-{day:02}" if day == last_day else "")
    return whole + mark


def _intervals(text: str, bits: int, *, is_between: bool) -> Iterator[OtherDate]:
    """Read two dates; each may lack what only the other one says."""
    signs = list(_between_two().finditer(text))[:_MAX_SPLITS]
    # A hyphen without blanks may be within a name.
    for sign in sorted(signs, key=lambda one: one[0] == "-"):
        left, left_bits = _without_doubts(text[: sign.start()])
        right = text[sign.end() :]
        right_bits = 0
        while (match := _opening().match(right)) is not None and match["w0"]:
            right_bits, right = APPROXIMATE, right[match.end() :]
        if not left or not right:
            continue
        found = _pairs(left, right)
        for start, end in found:
            marks = (
                QUALIFIER_SIGNS[bits | left_bits],
                QUALIFIER_SIGNS[(bits if not right_bits else 0) | right_bits],
            )
            yield OtherDate(
                _interval(start, end, marks, is_between=is_between),
                start.calendar,
                _told(start, end, is_between=is_between),
            )
        if found:
            return


def _interval(
    start: CalendarReading, end: CalendarReading, marks: tuple[str, str], *, is_between: bool
) -> str:
    if is_between:
        return f"[{iso_day(start.first)}{marks[0]}..{iso_day(end.last)}{marks[1]}]"
    return f"{_end(start, marks[0])}/{_end(end, marks[1])}"


def _told(start: CalendarReading, end: CalendarReading, *, is_between: bool) -> tuple[str, ...]:
    notes = [start.written, end.written]
    if not is_between and (start.first < start.last or end.first < end.last):
        notes.append("an end of an interval is one date: the least one that has all of its days")
    return tuple(notes)


def _pairs(left: str, right: str) -> list[tuple[CalendarReading, CalendarReading]]:
    """Return the readings of both, in one calendar and in their order."""
    words, ahead = right.split(), left.split()
    last = [" ".join(words[-n:]) for n in range(1, min(len(words), _MAX_SHARED) + 1)]
    begins = [" ".join(ahead[:n]) for n in range(1, min(len(ahead), _MAX_SHARED) + 1)]
    shared = [
        (left, right),
        *((f"{left} {end}", right) for end in last),
        *((left, f"{begin} {right}") for begin in begins),
    ]
    fault: CalendarTextError | None = None
    unlike: list[tuple[CalendarReading, CalendarReading]] = []
    for one, other in shared:
        try:
            ends, starts = read_calendar_text(other), read_calendar_text(one)
        except CalendarTextError as error:
            fault = error
            continue
        found = [(start, end) for end in ends for start in starts if start.calendar == end.calendar]
        ordered = [(start, end) for start, end in found if start.first <= end.last]
        if found and not ordered:
            message = "the interval ends before it can begin"
            raise CalendarTextError(message)
        # In `1 Rajab - 5 Ramadan 857 AH`, Rajab is not of the year 1.
        if any((start.first < start.last) == (end.first < end.last) for start, end in ordered):
            return ordered
        unlike = unlike or ordered
    if fault is not None and not unlike:
        raise fault
    return unlike
