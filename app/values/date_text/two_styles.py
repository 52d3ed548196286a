"""Days in both calendars, as sources of Russia and the Baltic have them: `12 (24) April 1848`, `25 October (7 November) 1917`."""

from typing import Final

from app.values.calendar import Calendar
from app.values.date_text import kinds as k
from app.values.date_text.cursor import Cursor
from app.values.date_text.errors import DateTextError
from app.values.date_text.pieces import Piece, astronomical
from app.values.date_text.weekdays import number_of

_MONTHS: Final = (k.MONTH, k.MONTH_OR_WEEKDAY)


def other_style(cursor: Cursor) -> tuple[int, int] | None:
    """Take the day in brackets and its month, 0 where none is said; None where there is no such day."""
    closing = {"(": ")", "[": "]"}.get(cursor.kind())
    if closing is None or cursor.kind(1) != k.NUMBER or cursor.peek(1).digits > 2:
        return None
    number = cursor.peek(1)
    ahead = 3 if cursor.kind(2) == "." else 2
    month = cursor.peek(ahead) if cursor.kind(ahead) in _MONTHS else None
    if month is not None:
        ahead += 1
    if cursor.kind(ahead) != closing or (month is None and cursor.kind(ahead + 1) not in _MONTHS):
        return None
    cursor.at += ahead + 1
    return number.value, 0 if month is None else month.value


def settle_styles(cursor: Cursor, piece: Piece, other: tuple[int, int]) -> None:
    """Make a piece the Gregorian one of its day and the one in brackets.

    Raises:
        DateTextError: they are not one day in the Julian and the Gregorian calendar.
    """
    year = astronomical(piece)
    first, second = (year, piece.month, piece.day), (year, other[1] or piece.month, other[0])
    for julian, gregorian in ((first, second), (second, first)):
        number = number_of(julian, Calendar.JULIAN)
        if number is not None and number == number_of(gregorian, Calendar.GREGORIAN):
            _, piece.month, piece.day = gregorian
            cursor.notes.append("one day in two calendars, the Julian and the Gregorian")
            return
    raise DateTextError(
        "these are not one day in the Julian and the Gregorian calendar", piece.start, piece.end
    )
