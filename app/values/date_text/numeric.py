"""Dates of numbers: `12.03.1848`, `3/4/1848`, `1861-4-12`, `19611231`, and years with what is attached to them."""

from typing import Final

from app.values.calendar import Calendar
from app.values.date_text import kinds as k
from app.values.date_text.cursor import Cursor
from app.values.date_text.errors import DateTextError
from app.values.date_text.pieces import FEWEST_DIGITS_OF_A_YEAR, Piece

_DIGITS_OF_A_DAY: Final = 8
_DIGITS_OF_THOUSANDS: Final = 3
_MAX_MONTH, _MAX_DAY = 12, 31
_DMY, _MDY = 0, 1
_LAST_DUAL_MONTH: Final = 3
_SEPARATORS: Final = ("/", "-", ".")


def of_three_numbers(cursor: Cursor) -> Piece | None:
    """Read day, month and year with the same sign between them; None where the next tokens are something else.

    Dots stand in the order day, month, year, unless that is impossible; for other signs the order must be said,
    unless only one is possible. A part of zeros is unknown.
    """
    one, sign, two, again, three = cursor.following(5)
    if sign.kind not in _SEPARATORS or again.kind != sign.kind:
        return None
    is_roman_month = two.kind == k.ROMAN and two.value <= _MAX_MONTH
    if not is_roman_month and (two.kind != k.NUMBER or two.digits > 2 or two.mark):
        return None
    month = two.value
    if three.kind != k.NUMBER or three.mark:
        return None
    if one.digits >= FEWEST_DIGITS_OF_A_YEAR:
        if three.digits > 2:
            return None
        cursor.at += 5
        piece = _of_parts(one.value, month, three.value, one.start, three.end)
        piece.is_year_first = True
        return piece
    if three.digits < FEWEST_DIGITS_OF_A_YEAR and cursor.kind(5) != k.ERA:
        if cursor.order == "ymd":
            raise DateTextError("a year of two digits may be of any century", one.start, one.end)
        raise DateTextError("a year of two digits may be of any century", three.start, three.end)
    order = _order(
        cursor, is_dotted=sign.kind == ".", first=one.value, second=month, is_roman=two.kind == k.ROMAN
    )
    cursor.at += 5
    day, month = (one.value, month) if order == _DMY else (month, one.value)
    piece = _of_parts(three.value, month, day, one.start, three.end)
    dual_year(cursor, piece, three.digits)
    return piece


def _order(cursor: Cursor, *, is_dotted: bool, first: int, second: int, is_roman: bool) -> int:
    """Return the order of day and month."""
    if cursor.order is not None and cursor.order != "ymd" and not is_roman:
        return _DMY if cursor.order == "dmy" else _MDY
    if second == 0 and first:
        # A day may be unknown, and then the month stands alone.
        return _MDY
    if (
        is_roman
        or first == 0
        or first > _MAX_MONTH
        or (is_dotted and second <= _MAX_MONTH)
        or first == second
    ):
        return _DMY
    if second > _MAX_MONTH:
        return _MDY
    return cursor.choose("order", 2)


def _of_parts(year: int, month: int, day: int, start: int, end: int) -> Piece:
    if month > _MAX_MONTH:
        raise DateTextError("there is no such month, in that order of day and month", start, end)
    if day > _MAX_DAY:
        raise DateTextError("there is no such day", start, end)
    if not month and day:
        month = -1
    return Piece(start, end, year=year, month=month, day=day, digits=4)


def of_eight_digits(cursor: Cursor) -> Piece | None:
    """Read `19611231`; None where the next number is no such day."""
    token = cursor.peek()
    if token.digits != _DIGITS_OF_A_DAY or token.mark or token.end - token.start != _DIGITS_OF_A_DAY:
        return None
    cursor.at += 1
    year, month, day = token.value // 10_000, token.value // 100 % 100, token.value % 100
    return _of_parts(year, month, day, token.start, token.end)


def of_thousands(cursor: Cursor) -> Piece | None:
    """Read a year with a sign between its thousands: `10.000 v. Chr.`, `10 000 BC`; None where there is none.

    With a blank, an era must follow. `1.848` may be January of the year 848 as well.
    """
    one, sign = cursor.peek(), cursor.peek(1)
    if not 1 <= one.digits < _DIGITS_OF_THOUSANDS + 1 or one.mark or not one.value:
        return None
    year, count = one.value, 1
    step = 1 if sign.kind == k.NUMBER else 2
    while True:
        last = cursor.peek(count - 1 + step)
        sign_after, end = cursor.peek(count), cursor.peek(count - 1).end
        is_signed = (
            step == 2 and sign_after.kind in (".", "'") and sign_after.start == end and last.start == end + 1
        )
        is_apart = step == 1 and last.start == end + 1
        if (
            last.kind != k.NUMBER
            or last.digits != _DIGITS_OF_THOUSANDS
            or last.mark
            or not (is_signed or is_apart)
        ):
            break
        if last.end - last.start != _DIGITS_OF_THOUSANDS or count > 2 * step:
            return None
        year, count = year * 1000 + last.value, count + step
    if count == 1 or (step == 1 and cursor.kind(count) != k.ERA):
        return None
    is_month = sign.kind == "." and count == 1 + step and one.value <= _MAX_MONTH and cursor.peek(2).value
    if is_month and cursor.kind(count) != k.ERA and cursor.choose("thousands", 2):
        return None
    cursor.at += count
    return Piece(one.start, cursor.peek(-1).end, year=year, digits=4)


def of_two_numbers(cursor: Cursor) -> Piece | None:
    """Read a month with a year, or a day with a month; None where the next tokens are something else.

    `1904-05` may be a month or two years, and `1743/44` a year of two reckonings or two years.
    """
    one, sign, two = cursor.following(3)
    if sign.kind not in _SEPARATORS or two.kind != k.NUMBER or one.mark or two.mark:
        return None
    followed = cursor.kind(3)
    if one.digits >= FEWEST_DIGITS_OF_A_YEAR:
        return _of_year_first(cursor, is_alone=followed not in (k.ERA, k.CENTURY, k.MONTH))
    if two.digits >= FEWEST_DIGITS_OF_A_YEAR and followed != k.ERA and 0 <= one.value <= _MAX_MONTH:
        cursor.at += 3
        piece = Piece(one.start, two.end, year=two.value, month=one.value, digits=two.digits)
        dual_year(cursor, piece, two.digits)
        return piece
    if (
        sign.kind == "."
        and two.digits <= 2
        and two.value <= _MAX_MONTH
        and followed not in (k.ERA, k.CENTURY)
    ):
        # `12.3.-15.4.1848`
        cursor.at += 3
        cursor.take(".")
        return Piece(one.start, two.end, month=two.value, day=one.value)
    return None


def _of_year_first(cursor: Cursor, *, is_alone: bool) -> Piece | None:
    one, sign, two = cursor.following(3)
    if two.digits > 2 or not is_alone:
        return None
    rest = 10**two.digits
    ways = []
    if two.value <= _MAX_MONTH and cursor.kind(3) != "/":
        ways.append("month")
    if sign.kind == "/" and (one.value + 1) % rest == two.value:
        ways.append("dual")
    if sign.kind != "." and two.value > one.value % rest and not (sign.kind == "-" and cursor.kind(3) == "-"):
        ways.append("years")
    if cursor.order == "ymd" and "month" in ways:
        ways = ["month"]
    if not ways or ways == ["years"]:
        return None
    way = ways[cursor.choose("two numbers", len(ways))]
    if way == "years":
        return None
    cursor.at += 3
    if way == "month":
        return Piece(one.start, two.end, year=one.value, month=two.value, digits=one.digits)
    year = one.value + 1
    cursor.notes.append("a year of two reckonings: between 1 January and 24 March")
    days = (year, 1, 1), (year, 3, 24)
    return Piece(one.start, two.end, year=year, digits=one.digits, calendar=Calendar.JULIAN, days=days)


def dual_year(cursor: Cursor, piece: Piece, digits: int) -> None:
    """Read the second year of `15 Jan 1743/44`: the year that began on 1 January, beside that which began in March.

    Raises:
        DateTextError: the second year is not the next, or the day is not one on which the reckonings differ.
    """
    if (
        digits < FEWEST_DIGITS_OF_A_YEAR
        or cursor.kind() != "/"
        or cursor.kind(1) != k.NUMBER
        or piece.year is None
    ):
        return
    second = cursor.peek(1)
    if cursor.kind(2) in ("/", "-", ".", k.MONTH) or (second.digits <= 2 and cursor.kind(2) == "/"):
        return
    if (piece.year + 1) % 10**second.digits != second.value or second.digits not in (1, 2, digits):
        if second.digits <= 2:
            raise DateTextError("this is not the next year", second.start, second.end)
        return
    if not 1 <= piece.month <= _LAST_DUAL_MONTH or (piece.month == _LAST_DUAL_MONTH and piece.day > 24):
        raise DateTextError(
            "only from 1 January to 24 March a year is written twice", second.start, second.end
        )
    cursor.at += 2
    piece.year += 1
    piece.end = second.end
    piece.calendar = Calendar.JULIAN
    cursor.notes.append("a year of two reckonings: the one that began on 1 January")
