"""Dates that begin with a number or the name of a month."""

from typing import Final

from app.values.date_text import kinds as k
from app.values.date_text.catalogued import of_catalogued_year
from app.values.date_text.cursor import Cursor
from app.values.date_text.errors import DateTextError
from app.values.date_text.numeric import (
    dual_year,
    of_eight_digits,
    of_thousands,
    of_three_numbers,
    of_two_numbers,
)
from app.values.date_text.pieces import FEWEST_DIGITS_OF_A_YEAR, Piece
from app.values.date_text.two_styles import other_style, settle_styles
from app.values.date_text.units import century_unsaid, decade, decide_winter, of_century, of_years_between

_MAX_DAY: Final = 31
_MAX_MONTH: Final = 12
_YEARS_OF_ITS_OWN: Final = (k.NUMBER, k.YEAR_BETWEEN, k.UNKNOWN)
"""What begins a year after a month or a season, which then does not belong to the year before it."""
_AFTER_A_YEAR: Final = frozenset({k.MONTH, k.MONTH_OR_WEEKDAY, k.ROMAN, k.SEASON, k.NUMBER})
# Only `mar` is both, in Spanish and Italian.
_TUESDAY: Final = 1
MONTHS: Final = (k.MONTH, k.MONTH_OR_WEEKDAY)
"""The kinds of the names of months."""


def of_number(cursor: Cursor) -> Piece:
    """Read what begins with a number."""
    token = cursor.peek()
    piece = of_eight_digits(cursor) or of_three_numbers(cursor)
    if piece is None and token.digits <= FEWEST_DIGITS_OF_A_YEAR and not token.mark:
        piece = of_thousands(cursor) or of_catalogued_year(cursor)
    if piece is None and token.mark == "decade":
        cursor.at += 1
        return decade(cursor, token, token.start)
    if piece is None and not token.mark:
        piece = of_two_numbers(cursor)
    if piece is not None:
        return piece
    piece = of_century(cursor)
    if piece is not None:
        return piece
    cursor.at += 1
    if token.digits < FEWEST_DIGITS_OF_A_YEAR:
        return _after_small_number(cursor, token)
    piece = Piece(token.start, token.end, year=token.value, digits=token.digits)
    if token.mark:
        raise DateTextError("a year has no ending", token.start, token.end)
    add_after_year(cursor, piece)
    return piece


def add_after_year(cursor: Cursor, piece: Piece) -> None:
    """Read the month and day that stand after a year: `1848 March 12`, `1848, 12 March`, `1848-Mar-12`, `1848 (spring)`."""
    sign = cursor.kind()
    ahead = 1 if sign in (",", "-", "/", "(") else 0
    if cursor.kind(ahead) not in _AFTER_A_YEAR:
        return
    first, second, third = cursor.following(3, ahead)
    is_month = first.kind in MONTHS or (
        first.kind == k.ROMAN and first.value <= _MAX_MONTH and second.kind == k.NUMBER
    )
    # `1 BCE, January 2 BCE` is two dates.
    is_day = second.kind == k.NUMBER and second.digits <= 2 and third.kind != k.ERA
    if sign in ("-", "/"):
        if not is_month or second.kind != sign or third.kind != k.NUMBER or third.digits > 2:
            return
        cursor.at += 3
        piece.day = _day(cursor)
        piece.month = first.value
    elif sign == "(":
        if third.kind == k.NUMBER or second.kind != ")" or not (is_month or first.kind == k.SEASON):
            return
        cursor.at += 3
        piece.month = first.value
    elif is_month and (is_day or second.kind not in _YEARS_OF_ITS_OWN):
        cursor.at += ahead + 1
        piece.month = first.value
        if is_day:
            piece.day = _day(cursor)
    elif first.kind == k.SEASON and second.kind not in _YEARS_OF_ITS_OWN:
        cursor.at += ahead + 1
        piece.month = first.value
    elif ahead and first.kind == k.NUMBER and first.digits <= 2:
        dot = 1 if second.kind == "." else 0
        month, after = cursor.peek(2 + dot), cursor.peek(3 + dot)
        if month.kind not in MONTHS or after.kind in _YEARS_OF_ITS_OWN:
            return
        cursor.at += 1
        piece.day = _day(cursor)
        cursor.at += dot + 1
        piece.month = month.value
    else:
        return
    piece.is_year_first, piece.end = True, cursor.peek(-1).end
    decide_winter(cursor, piece, is_long=False)


def _after_small_number(cursor: Cursor, token: k.Token) -> Piece:
    """Read what goes on after a number of one or two digits: a month, or nothing."""
    dot = 1 if cursor.kind() == "." else 0
    other = None
    if cursor.kind(dot) in ("(", "["):
        # `12. (24.) April 1848`
        cursor.at += dot
        other = other_style(cursor)
        if other is None:
            cursor.at -= dot
        else:
            dot = 0
    kind = cursor.kind(dot)
    if kind not in MONTHS and cursor.kind() in ("-", "/") and cursor.kind(1) in MONTHS:
        # `12-May-1940`
        dot = 1
        kind = cursor.kind(1)
    elif kind == k.ROMAN and cursor.peek(dot).value <= _MAX_MONTH:
        kind = k.MONTH
    if kind in MONTHS:
        if not 1 <= token.value <= _MAX_DAY:
            raise DateTextError("there is no such day", token.start, token.end)
        cursor.at += dot
        month = cursor.next()
        piece = Piece(token.start, month.end, month=month.value, day=token.value)
        other = other or other_style(cursor)
        _add_year(cursor, piece)
        if other is not None:
            settle_styles(cursor, piece, other)
        return piece
    cursor.at += dot
    return Piece(token.start, token.end, number=token.value, digits=token.digits)


def _add_year(cursor: Cursor, piece: Piece) -> None:
    """Read the year after a month, if one follows; it may be that of a decade."""
    ahead = 1 if cursor.kind() in (",", ".") else 0
    token = cursor.peek(ahead)
    if not ahead and cursor.kind() in ("-", "/") and cursor.kind(1) == k.NUMBER:
        ahead, token = 1, cursor.peek(1)
        # `May-June`, `May 12-15` and `12 May-15 June` are ranges.
        if token.digits < FEWEST_DIGITS_OF_A_YEAR or cursor.kind(2) in (*MONTHS, "."):
            return
    era = token if token.kind == k.ERA else None
    if era is not None:
        ahead += 1
        token = cursor.peek(ahead)
    if token.kind == k.YEAR_BETWEEN:
        cursor.at += ahead
        between = of_years_between(cursor)
        piece.bounds, piece.end = between.bounds, between.end
        return
    if token.kind != k.NUMBER:
        return
    if token.mark == "decade":
        cursor.at += ahead + 1
        found = decade(cursor, token, token.start)
        low = found.year
        if low is None:
            raise century_unsaid(token.start, token.end)
        if found.unit != "decade":
            raise DateTextError("which decade this is, is not said", token.start, token.end)
        piece.bounds, piece.end = (low, low + 9), found.end
        return
    has_era = era is not None or cursor.kind(ahead + 1) == k.ERA
    if token.digits < FEWEST_DIGITS_OF_A_YEAR and not has_era:
        if not ahead and piece.day and cursor.kind(1) != ":":
            raise DateTextError("a year of two digits may be of any century", token.start, token.end)
        return
    if token.mark or cursor.kind(ahead + 1) == ":":
        return
    cursor.at += ahead + 1
    piece.year, piece.digits, piece.end = token.value, token.digits, token.end
    if era is not None:
        piece.era = era.value
    dual_year(cursor, piece, token.digits)


def of_month(cursor: Cursor, day: k.Token | None = None) -> Piece:
    """Read what begins with the name of a month: `May`, `May 1940`, `May 12, 1940`; the day may stand before it."""
    month = cursor.next()
    if month.kind == k.MONTH_OR_WEEKDAY:
        ahead = 1 if cursor.kind() == "," else 0
        if cursor.kind(ahead) == k.NUMBER and cursor.kind(ahead + 1) in (*MONTHS, *"./-"):
            cursor.at += ahead
            piece = of_number(cursor)
            piece.weekday = _TUESDAY
            return piece
    piece = Piece(month.start, month.end, month=month.value)
    token = cursor.peek()
    if day is not None:
        piece.day, piece.start = day.value, day.start
    elif token.kind == k.NUMBER and token.digits <= 2 and cursor.kind(1) != k.ERA:
        piece.day = _day(cursor)
        piece.end = token.end
    elif token.kind == k.ORDINAL and token.value:
        cursor.at += 1
        piece.day, piece.end = token.value, token.end
    _add_year(cursor, piece)
    return piece


def _day(cursor: Cursor) -> int:
    token = cursor.next()
    if not 1 <= token.value <= _MAX_DAY:
        raise DateTextError("there is no such day", token.start, token.end)
    day: int = token.value
    return day
