"""What the two ends of a range tell of each other: `12-15 May 1940`, `1914-18`, `264-241 BC`."""

from app.values.date_text.cursor import Cursor
from app.values.date_text.errors import DateTextError
from app.values.date_text.pieces import FEWEST_DIGITS_OF_A_YEAR, Piece
from app.values.date_text.units import century_unsaid


def share(cursor: Cursor, left: Piece, right: Piece) -> None:
    """Give each piece what only the other one says.

    Raises:
        DateTextError: what a number is cannot be told.
    """
    if right.number is not None:
        _settle_right(left, right)
    if left.number is not None:
        _settle_left(left, right)
    if left.year is None and not left.is_year_unknown and left.bounds is None:
        _take_year(left, right)
    elif right.year is None and not right.is_year_unknown and right.bounds is None:
        _take_year(right, left)
    _share_era(cursor, left, right)


def _settle_right(left: Piece, right: Piece) -> None:
    number = right.number or 0
    if right.unit == "decade":
        _settle_decades(left, right)
        return
    if left.unit in ("century", "millennium"):
        # `siglos XVI-XVII`
        right.year, right.number, right.unit = number, None, left.unit
        return
    if left.era and left.year is not None and left.unit == "year" and (left.era < 0 or number > left.year):
        right.year, right.number = number, None
        return
    if left.is_year_first and left.day > 0:
        # `1848, March 3-5`
        right.year, right.digits, right.era, right.calendar = left.year, left.digits, left.era, left.calendar
        right.month, right.day, right.number = left.month, number, None
        return
    if left.number is not None or left.unit != "year" or left.year is None:
        raise _two_digits(right)
    if left.month or left.era or left.digits < FEWEST_DIGITS_OF_A_YEAR or right.is_roman:
        raise _two_digits(right)
    size = 10**right.digits
    if number <= left.year % size:
        raise DateTextError("this is no later year of the same century", right.start, right.end)
    right.year, right.number, right.digits = left.year // size * size + number, None, left.digits


def _settle_decades(left: Piece, right: Piece) -> None:
    """Read `1940s-50s`, `1940/50er Jahre`: the century is that of the first decade."""
    if left.number is None and left.year is not None and left.unit in ("decade", "year") and not left.month:
        if left.unit == "year" and left.year % 10:
            raise DateTextError("a decade begins with a year that ends in 0", left.start, left.end)
        left.unit = "decade"
        number = left.year // 100 * 100 + (right.number or 0)
        if number > left.year:
            right.year, right.number, right.digits = number, None, left.digits
            return
    raise century_unsaid(right.start, right.end)


def _settle_left(left: Piece, right: Piece) -> None:
    number = left.number
    if left.unit == "decade":
        if right.unit != "decade" or right.year is None or (number or 0) >= right.year % 100:
            raise century_unsaid(left.start, left.end)
        left.year, left.digits = right.year // 100 * 100 + (number or 0), right.digits
    elif right.unit in ("century", "millennium"):
        left.year, left.unit = number, right.unit
        if right.part is not None and left.part is None:
            raise DateTextError("it is not said what part this is of", left.start, left.end)
    elif right.day > 0 and right.month > 0:
        left.day, left.month, left.year, left.era = number or 0, right.month, right.year, right.era
        left.bounds, left.is_year_unknown = right.bounds, right.is_year_unknown
    elif right.era and not right.month and right.unit == "year":
        left.year = number
    else:
        raise _two_digits(left)
    left.number = None


def _take_year(piece: Piece, other: Piece) -> None:
    if other.year is None or other.unit != "year":
        raise DateTextError("the year is missing", piece.end)
    if piece.month or piece.day:
        piece.year, piece.era, piece.digits = other.year, other.era or piece.era, other.digits
        if piece.calendar is None:
            piece.calendar = other.calendar


def _share_era(cursor: Cursor, left: Piece, right: Piece) -> None:
    if any(one.is_year_unknown or one.bounds is not None for one in (left, right)):
        return
    if right.era and not left.era:
        left.era = right.era
    elif left.era and not right.era:
        right.era = left.era
        # After `27 BC`, 14 may be of either era, and 1339 is of ours.
        is_later = (right.year or 0) > (left.year or 0) and right.unit == left.unit
        if left.era < 0 and (is_later or cursor.choose("era", 2)):
            right.era = 1


def _two_digits(piece: Piece) -> DateTextError:
    return DateTextError("a year of two digits may be of any century", piece.start, piece.end)
