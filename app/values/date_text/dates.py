"""One date: a day, month, season, year, decade or century, with its qualifiers."""

from collections.abc import Callable
from typing import Final

from app.values.calendar import Calendar
from app.values.date_text import kinds as k
from app.values.date_text.cursor import END, Cursor
from app.values.date_text.errors import DateTextError
from app.values.date_text.months import MONTHS, of_month, of_number
from app.values.date_text.pieces import Piece
from app.values.date_text.units import of_century, of_decade, of_season, of_years_between
from app.values.edtf.nodes import APPROXIMATE, UNCERTAIN

_FEWEST_OF_A_ROMAN_YEAR: Final = 1_000
_COMPONENTS: Final = {"year": 0, "month": 1, "season": 1, "day": 2}
_AFTERTHOUGHTS: Final = (k.STYLE, k.UNCERTAIN, k.CIRCA)
_ENDS: Final = (END, ")", "]")
_PARTS: Final = (k.FRACTION, k.PART)


def qualified_date(cursor: Cursor) -> Piece:
    """Read one date with what is said of its certainty, before or after it."""
    bits = 0
    is_bracketed = False
    while True:
        if cursor.take(k.CIRCA, "~"):
            bits |= APPROXIMATE
        elif cursor.take(k.UNCERTAIN, "?"):
            bits |= UNCERTAIN
            cursor.take(",")
        elif not is_bracketed and cursor.kind() == "[" and cursor.at:
            is_bracketed = True
            cursor.next()
            cursor.notes.append("brackets: supplied by an editor")
        else:
            break
    piece = simple_date(cursor)
    if is_bracketed and not cursor.take("]"):
        raise cursor.refuse("the bracket is not closed")
    piece.bits = bits
    _read_after(cursor, piece)
    return piece


def _read_after(cursor: Cursor, piece: Piece) -> None:
    """Read what stands after a date: doubts, and its style."""
    while True:
        kind = cursor.kind()
        if kind == "?":
            piece.bits |= UNCERTAIN
        elif kind in ("~", k.CIRCA):
            piece.bits |= APPROXIMATE
        elif kind == "%":
            piece.bits |= UNCERTAIN | APPROXIMATE
        elif kind == k.STYLE:
            _set_style(cursor, piece, cursor.peek().value)
        elif kind == k.UNCERTAIN and cursor.kind(1) not in (k.NUMBER, k.MONTH):
            piece.bits |= UNCERTAIN
        elif kind == "," and cursor.kind(1) in _AFTERTHOUGHTS and cursor.kind(2) in _ENDS:
            pass
        elif kind == "(" and _read_parenthesis(cursor, piece):
            continue
        else:
            break
        cursor.at += 1
    piece.end = cursor.peek(-1).end if cursor.at else piece.end


def _read_parenthesis(cursor: Cursor, piece: Piece) -> bool:
    """Read `(uncertain)`, `(?)`, `(Old Style)`, `(year uncertain, day approximate)`; return whether it was one."""
    token = cursor.peek(1)
    if cursor.kind(2) == ")" and token.kind in (k.UNCERTAIN, "?", k.CIRCA, k.STYLE):
        if token.kind == k.STYLE:
            _set_style(cursor, piece, token.value)
        else:
            piece.bits |= APPROXIMATE if token.kind == k.CIRCA else UNCERTAIN
        cursor.at += 3
        return True
    if token.kind != k.COMPONENT:
        return False
    cursor.at += 1
    found = [0, 0, 0]
    while (said := cursor.take(k.COMPONENT)) is not None:
        names, bits = said.value
        for name in names:
            found[_COMPONENTS[name]] = bits
        cursor.take(",")
    piece.of_components = found[0], found[1], found[2]
    if not cursor.take(")"):
        raise cursor.refuse("the parenthesis is not closed")
    return True


def _set_style(cursor: Cursor, piece: Piece, style: str) -> None:
    calendar = Calendar(style)
    if piece.calendar not in (None, calendar):
        raise cursor.refuse("two styles are said of one date")
    piece.calendar = calendar


def _finished(cursor: Cursor, piece: Piece) -> Piece:
    """Read what may follow any date: its era, a time of day, what is unknown of it."""
    if cursor.kind() == k.ERA:
        token = cursor.next()
        _add_era(piece, token.value, token.end)
    if cursor.kind() == "," and cursor.kind(1) == k.UNKNOWN and _lacks(piece, cursor.peek(1).value):
        cursor.at += 1
        _add_unknown(cursor, piece)
    elif piece.day > 0 and piece.year is not None:
        _add_clock(cursor, piece)
    return piece


def _add_era(piece: Piece, era: int, end: int) -> None:
    if piece.era not in (0, era):
        raise DateTextError("two eras are said of one date", piece.start, end)
    if piece.number is not None:
        piece.year, piece.number = piece.number, None
    piece.era, piece.end = era, end


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


def _add_clock(cursor: Cursor, piece: Piece) -> None:
    """Read a time of day: `14:30`, `2:30:00 pm`, `14:30:00 UTC+05:30`."""
    ahead = 1 if cursor.kind() == "," else 0
    hour, colon, minute = (cursor.peek(ahead + n) for n in range(3))
    if (hour.kind, colon.kind, minute.kind) != (k.NUMBER, ":", k.NUMBER) or minute.digits != 2:
        return
    cursor.at += ahead + 3
    hours, seconds = hour.value, 0
    if cursor.kind() == ":" and cursor.kind(1) == k.NUMBER:
        seconds = cursor.peek(1).value
        cursor.at += 2
    zone = ""
    if (token := cursor.take(k.CLOCK)) is not None:
        if token.value == "utc":
            zone = _zone(cursor)
        else:
            if not 1 <= hours <= 12:
                raise DateTextError("there is no such time of day", hour.start, token.end)
            hours = hours % 12 + (12 if token.value == "pm" else 0)
    if hours > 24 or minute.value > 59 or seconds > 59:
        raise DateTextError("there is no such time of day", hour.start, cursor.peek(-1).end)
    piece.clock = f"T{hours:02}:{minute.value:02}:{seconds:02}{zone}"
    piece.end = cursor.peek(-1).end


def _zone(cursor: Cursor) -> str:
    sign = cursor.take("+", "-")
    if sign is None:
        return "Z"
    hours = cursor.take(k.NUMBER)
    if hours is None or not cursor.take(":"):
        raise cursor.refuse()
    minutes = cursor.take(k.NUMBER)
    if minutes is None:
        raise cursor.refuse()
    return f"{sign.value}{hours.value:02}:{minutes.value:02}"


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
    return of_number(cursor)


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
    if cursor.kind() != k.NUMBER:
        raise cursor.refuse("a year is needed after the era")
    piece = of_number(cursor)
    _add_era(piece, era.value, piece.end)
    return piece


def _of_apostrophe(cursor: Cursor) -> Piece:
    """Read `'20s`, of which a century must be said."""
    cursor.at += 1
    if cursor.peek().mark != "decade":
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
    if cursor.kind() in _PARTS:
        return _part_after_ordinal(cursor, token)
    if token.value >= _FEWEST_OF_A_ROMAN_YEAR:
        return Piece(token.start, token.end, year=token.value, digits=4)
    return Piece(token.start, token.end, number=token.value, digits=2)


def _of_part(cursor: Cursor) -> Piece:
    """Read `early 1920s`."""
    token = cursor.next()
    cursor.take("-")
    return _with_part(cursor, token, (token.value, 3), is_early=True)


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
    if token.kind == k.ORDINAL and token.value:
        return Piece(token.start, token.end, number=token.value, digits=2)
    raise cursor.refuse()


def _part_after_ordinal(cursor: Cursor, ordinal: k.Token) -> Piece:
    """Read `half of the 16th century` after its ordinal number."""
    name = cursor.next()
    of = name.value if name.kind == k.FRACTION else 3 if name.kind == k.ORDINAL else 2
    if name.kind == k.PART and name.value != 1:
        raise DateTextError("this part is not understood", name.start, name.end)
    number = ordinal.value or of
    if not 1 <= number <= of:
        raise DateTextError("there are not as many such parts", ordinal.start, name.end)
    return _with_part(cursor, ordinal, (number - 1, of), is_early=False)


def _with_part(cursor: Cursor, first: k.Token, part: tuple[int, int], *, is_early: bool) -> Piece:
    piece = simple_date(cursor)
    if piece.part is not None:
        raise DateTextError("part of a part is not read", first.start, piece.end)
    piece.part, piece.is_early, piece.start = part, is_early, first.start
    return piece


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
}
