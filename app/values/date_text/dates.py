"""One date: a day, month, season, year, decade or century."""

from collections.abc import Callable
from typing import Final

from app.values.date_text import kinds as k
from app.values.date_text.clock import add_clock
from app.values.date_text.cursor import Cursor
from app.values.date_text.errors import DateTextError
from app.values.date_text.months import MONTHS, add_after_year, of_month, of_number
from app.values.date_text.parts import add_part_after, begins_a_date, part_named, part_of
from app.values.date_text.pieces import FEWEST_DIGITS_OF_A_YEAR, Piece, astronomical
from app.values.date_text.units import decade, of_century, of_decade, of_season, of_years_between
from app.values.edtf.nodes import APPROXIMATE

_FEWEST_OF_A_ROMAN_YEAR: Final = 1_000
_LAST_DAY: Final = 31
# `mid-to-late`
_MOST_SIGNS_OF_TO: Final = 3
_PARTS: Final = (k.FRACTION, k.PART)
_BEFORE_A_PART: Final = frozenset({",", "(", k.PART, k.ORDINAL, k.NUMBER, k.ROMAN, k.FRACTION})
_AFTER_A_DAY_ALONE: Final = (",", k.YEAR_BETWEEN, k.ERA)


def _finished(cursor: Cursor, piece: Piece) -> Piece:
    """Read what may follow any date: its era, a part of it, a time of day, what is unknown of it."""
    if cursor.kind() == k.ERA:
        token = cursor.next()
        _add_era(piece, token.value, token.end)
        if piece.unit == "year" and not piece.month and not piece.is_roman:
            # `44 BC, March 15`
            add_after_year(cursor, piece)
        if piece.is_roman and piece.unit == "year" and cursor.choose("roman", 2):
            piece.unit = "century"
            cursor.notes.append("Roman digits: the number of a century")
    kind = cursor.kind()
    if kind in _BEFORE_A_PART or (kind == "-" and cursor.kind(1) == k.FRACTION):
        add_part_after(cursor, piece)
    elif kind == k.PLUS_MINUS:
        _add_span(cursor, piece)
    if cursor.kind() == "," and cursor.kind(1) == k.UNKNOWN and _lacks(piece, cursor.peek(1).value):
        cursor.at += 1
        _add_unknown(cursor, piece)
    elif piece.day > 0 and piece.year is not None:
        add_clock(cursor, piece)
    return piece


def _add_era(piece: Piece, era: int, end: int) -> None:
    if piece.era not in (0, era):
        raise DateTextError("two eras are said of one date", piece.start, end)
    if piece.number is not None:
        piece.year, piece.number = piece.number, None
    piece.era, piece.end = era, end


def _add_span(cursor: Cursor, piece: Piece) -> None:
    """Read `1848 ± 5`: a year from 1843 to 1853."""
    sign, number = cursor.next(), cursor.next()
    if number.kind != k.NUMBER or piece.unit != "year" or piece.month or piece.year is None:
        raise DateTextError(
            "this says how many years more or fewer than a year, as in 1848 ± 5", sign.start, sign.end
        )
    if (era := cursor.take(k.ERA)) is not None:
        _add_era(piece, era.value, era.end)
    year = astronomical(piece)
    piece.bounds, piece.end = (year - number.value, year + number.value), number.end


def _add_unknown(cursor: Cursor, piece: Piece) -> None:
    for name in cursor.next().value:
        if name == "day":
            piece.day = -1
            piece.month = piece.month or -1
        elif name == "month":
            piece.month = -1
        else:
            piece.is_year_unknown = True
            piece.era = -1 if name == "bce year" else 0
    piece.end = cursor.peek(-1).end


def _lacks(piece: Piece, names: tuple[str, ...]) -> bool:
    """Return whether nothing is said yet of what is said to be unknown."""
    has_year = piece.year is not None or piece.bounds is not None or piece.is_year_unknown
    has = {"day": piece.day, "month": piece.month > 0, "year": has_year, "bce year": has_year}
    return not any(has[name] for name in names) and piece.number is None


def simple_date(cursor: Cursor) -> Piece:
    """Read a date without qualifiers."""
    read = _READERS.get(cursor.kind())
    if read is None:
        raise cursor.refuse("a date is needed here" if cursor.is_at_end() else None)
    return _finished(cursor, read(cursor))


def _of_number(cursor: Cursor) -> Piece:
    token = cursor.peek()
    dot = 1 if cursor.kind(1) == "." else 0
    if token.digits <= 2 and (dot or token.mark) and cursor.kind(1 + dot) in _PARTS:
        cursor.at += 1 + dot
        return _part_after_ordinal(cursor, token)
    if (cursor.kind(1), cursor.kind(2)) == ("/", k.NUMBER) and cursor.peek(2).end - token.start == len("1/2"):
        piece = _of_fraction(cursor)
        if piece is not None:
            return piece
    return _of_day_alone(cursor) or of_number(cursor)


def _of_day_alone(cursor: Cursor) -> Piece | None:
    """Read `day 20, 1908, month unknown`, as labels say `1908-XX-20`; None where the month is not said to be unknown."""
    day = cursor.peek()
    if day.digits > len("31") or day.mark or not 1 <= day.value <= _LAST_DAY:
        return None
    if cursor.kind(1) not in _AFTER_A_DAY_ALONE:
        return None
    at = cursor.at
    cursor.at += 1
    piece = Piece(day.start, day.end)
    if cursor.kind() == k.YEAR_BETWEEN:
        piece = of_years_between(cursor)
    elif cursor.kind() == "," and _is_month_unknown(cursor, 3 if cursor.kind(2) == k.ERA else 2):
        cursor.at += 1
        year = cursor.next()
        if year.mark == "decade":
            piece = decade(cursor, year, year.start)
        elif year.kind == k.NUMBER and not year.mark:
            piece = Piece(year.start, year.end, year=year.value, digits=year.digits)
    has_year = piece.year is not None
    ahead = 1 if cursor.kind() == k.ERA else 0
    if not _is_month_unknown(cursor, ahead) or (len(cursor.peek(ahead + 1).value) == 1) != has_year:
        cursor.at = at
        return None
    piece.start, piece.day = day.start, day.value
    return piece


def _is_month_unknown(cursor: Cursor, ahead: int) -> bool:
    """Return whether the month is said to be unknown there, and the day is not; the year may be unknown, too."""
    names = cursor.peek(ahead + 1).value if cursor.kind(ahead + 1) == k.UNKNOWN else ()
    return cursor.kind(ahead) == "," and "month" in names and "day" not in names


def _of_fraction(cursor: Cursor) -> Piece | None:
    """Read `1/2 XVI sec.`; None where it is no part of a century."""
    first, last = cursor.peek(), cursor.peek(2)
    at = cursor.at
    cursor.at += 3
    try:
        piece = of_century(cursor) if cursor.kind() in (k.NUMBER, k.ROMAN, k.CENTURY, k.ORDINAL) else None
    except DateTextError:
        piece = None
    if piece is None or not 1 <= first.value <= last.value or last.value not in (2, 3, 4):
        cursor.at = at
        return None
    piece.part, piece.start = (first.value - 1, last.value), first.start
    return piece


def _of_weekday(cursor: Cursor) -> Piece:
    weekday = cursor.next()
    cursor.take(",")
    if cursor.kind() not in (k.NUMBER, k.ORDINAL, *MONTHS):
        raise cursor.refuse("a day is needed after the name of a weekday")
    piece = simple_date(cursor)
    if not piece.day and piece.number is None:
        raise DateTextError("a day is needed after the name of a weekday", piece.start, piece.end)
    piece.weekday = weekday.value
    return piece


def _of_era(cursor: Cursor) -> Piece:
    """Read `AD 1066`."""
    era = cursor.next()
    bits = APPROXIMATE if cursor.take(k.CIRCA) else 0
    token = cursor.peek()
    if token.kind != k.NUMBER:
        raise cursor.refuse("a year is needed after the era")
    if token.digits < FEWEST_DIGITS_OF_A_YEAR and (cursor.kind(1) in MONTHS or cursor.kind(2) in MONTHS):
        # `AD 79, August 24`
        cursor.at += 1
        piece = Piece(token.start, token.end, year=token.value, digits=token.digits)
        add_after_year(cursor, piece)
    else:
        piece = of_number(cursor)
    piece.bits |= bits
    _add_era(piece, era.value, piece.end)
    return piece


def _of_apostrophe(cursor: Cursor) -> Piece:
    """Read `'20s`, of which a century must be said."""
    cursor.at += 1
    token = cursor.peek()
    if (
        token.kind == k.NUMBER
        and token.digits == len("500")
        and token.value % 100 == 0
        and token.value >= 200
    ):
        # The Italians leave the thousand out.
        cursor.at += 1
        return Piece(token.start, token.end, year=token.value // 100 + 11, unit="century", digits=4)
    if token.mark != "decade":
        raise cursor.refuse()
    return of_number(cursor)


def _of_century(cursor: Cursor) -> Piece:
    piece = of_century(cursor)
    if piece is None:
        raise cursor.refuse()
    return piece


def _of_unknown(cursor: Cursor) -> Piece:
    token = cursor.peek()
    piece = Piece(token.start, token.end, is_year_unknown=True)
    _add_unknown(cursor, piece)
    return piece


def _of_roman(cursor: Cursor) -> Piece:
    """Read a Roman number: of a century, of a part, or a year."""
    piece = of_century(cursor)
    if piece is not None:
        return piece
    token = cursor.next()
    name = cursor.peek()
    if name.kind == k.FRACTION or (name.kind == k.PART and name.value == 1 and begins_a_date(cursor.peek(1))):
        return _part_after_ordinal(cursor, token)
    if token.value >= _FEWEST_OF_A_ROMAN_YEAR:
        return Piece(token.start, token.end, year=token.value, digits=4)
    return Piece(token.start, token.end, number=token.value, digits=2, is_roman=True)


def _of_part(cursor: Cursor) -> Piece:
    """Read `early 1920s`."""
    token = cursor.next()
    more = 0
    ahead = 0
    while ahead < _MOST_SIGNS_OF_TO and cursor.kind(ahead) in k.TO_AN_END:
        ahead += 1
    second = cursor.peek(ahead)
    if ahead and second.kind == k.PART and second.value > token.value:
        more = second.value - token.value
        cursor.at += ahead + 1
    cursor.take("-")
    piece = _with_part(cursor, token, (token.value, 3), is_early=True)
    piece.more_parts = more
    return piece


def _of_ordinal(cursor: Cursor) -> Piece:
    """Read `first half of the 16th century`, `fifth century`, `primero de mayo`."""
    piece = of_century(cursor)
    if piece is not None:
        return piece
    token = cursor.next()
    if cursor.kind() in MONTHS and token.value:
        return of_month(cursor, day=token)
    if cursor.kind() in _PARTS or (cursor.kind() == k.ORDINAL and cursor.peek().value == 3):
        return _part_after_ordinal(cursor, token)
    if token.kind == k.FRACTION and cursor.kind() == k.NUMBER and cursor.peek().digits == 1:
        # `Q1 1848`
        number = cursor.next()
        part = part_of(number.value, token.value, token.start, number.end)
        return _with_part(cursor, token, part, is_early=False)
    if token.kind == k.ORDINAL and token.value:
        return Piece(token.start, token.end, number=token.value, digits=2)
    raise cursor.refuse()


def _part_after_ordinal(cursor: Cursor, ordinal: k.Token) -> Piece:
    """Read `half of the 16th century` after its ordinal number."""
    part = part_named(ordinal, cursor.next())
    return _with_part(cursor, ordinal, part, is_early=False)


def _with_part(cursor: Cursor, first: k.Token, part: tuple[int, int], *, is_early: bool) -> Piece:
    piece = simple_date(cursor)
    if piece.part is not None:
        raise DateTextError("part of a part is not read", first.start, piece.end)
    piece.part, piece.is_early, piece.start = part, is_early, first.start
    return piece


def _of_negative(cursor: Cursor) -> Piece:
    """Read `-500`, of which it is not said whether the year 0 is counted, as in astronomy and EDTF."""
    sign = cursor.next()
    token = cursor.peek()
    if token.kind != k.NUMBER or token.mark or token.start != sign.end:
        raise DateTextError("this part is not understood", sign.start, sign.end)
    cursor.at += 1
    if cursor.choose("year 0", 2):
        cursor.notes.append("a year that is counted with a year 0")
        return Piece(sign.start, token.end, year=-token.value, digits=4)
    cursor.notes.append("the minus: before Christ")
    return Piece(sign.start, token.end, year=token.value, era=-1, digits=4)


_READERS: Final[dict[str, Callable[[Cursor], Piece]]] = {
    k.NUMBER: _of_number,
    k.MONTH: of_month,
    k.MONTH_OR_WEEKDAY: of_month,
    k.WEEKDAY: _of_weekday,
    k.ERA: _of_era,
    k.SEASON: of_season,
    k.CENTURY: _of_century,
    k.NAMED_CENTURY: _of_century,
    k.MILLENNIUM: _of_century,
    k.PART: _of_part,
    k.ORDINAL: _of_ordinal,
    k.FRACTION: _of_ordinal,
    k.DECADE: of_decade,
    k.YEAR_BETWEEN: of_years_between,
    k.UNKNOWN: _of_unknown,
    k.ROMAN: _of_roman,
    "'": _of_apostrophe,
    "-": _of_negative,
}
