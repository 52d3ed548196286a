"""Dates that are told by others: `before 1900`, `between 1959 and 1961`, `after 1500 and before 1510`."""

from typing import Final

from app.values.calendar import Calendar
from app.values.date_text import kinds as k
from app.values.date_text.errors import DateTextError
from app.values.date_text.kinds import Token
from app.values.date_text.pieces import Piece, day_after, day_before, day_text
from app.values.date_text.qualified import qualified_date
from app.values.date_text.reader import DateReader
from app.values.date_text.sharing import share

_BOUNDS_ABOVE: Final = (k.BEFORE, k.NOT_AFTER)
_BOUNDS_BELOW: Final = (k.AFTER, k.NOT_BEFORE)


def read_between(reader: DateReader, _token: Token) -> str:
    """Read `between 1959 and 1961`."""
    cursor = reader.cursor
    left = qualified_date(cursor)
    if not cursor.take(k.AND, *k.TO_AN_END):
        raise cursor.refuse("the second date of two is missing")
    right = qualified_date(cursor)
    share(cursor, left, right)
    start, end = reader.finish(left), reader.finish(right)
    cursor.notes.append("between: at some time from the first to the last, both included")
    if start.first == end.first and start.last is end.last is None:
        return start.first
    return f"[{start.first}..{end.last or end.first}]"


def read_beyond(reader: DateReader, token: Token) -> str:
    """Read `before 1900`, in which 1900 is not included, or `not after 1900`, in which it is."""
    cursor = reader.cursor
    cursor.take("-")
    piece = qualified_date(cursor)
    is_after = token.kind in _BOUNDS_BELOW
    second = cursor.peek(1) if cursor.kind() in (",", k.AND) else cursor.peek()
    if second.kind in (_BOUNDS_ABOVE if is_after else _BOUNDS_BELOW):
        # `after 1500 and before 1510`
        cursor.take(",", k.AND)
        cursor.next()
        other = qualified_date(cursor)
        share(cursor, *((piece, other) if is_after else (other, piece)))
        bounds = _bound(reader, token, piece), _bound(reader, second, other)
        return f"[{'..'.join(bounds if is_after else bounds[::-1])}]"
    bound = _bound(reader, token, piece)
    return f"[{bound}..]" if is_after else f"[..{bound}]"


def _bound(reader: DateReader, token: Token, piece: Piece) -> str:
    """Return the first date after one, or the last before it; the date itself where it is included."""
    cursor = reader.cursor
    if token.kind in (k.NOT_BEFORE, k.NOT_AFTER):
        piece.bits |= token.value or 0
    elif token.value:
        cursor.notes.append(f"how soon {token.kind} it is not kept")
    found = reader.finish(piece)
    if piece.is_year_unknown:
        raise DateTextError("the year is missing", piece.end)
    calendar = reader.calendar or Calendar.GREGORIAN
    match token.kind:
        case k.BEFORE:
            return f"{day_text(day_before(found.earliest, calendar))}{found.mark}"
        case k.AFTER:
            return f"{day_text(day_after(found.latest, calendar))}{found.mark}"
        case k.NOT_BEFORE:
            return found.first
    return found.last or found.first
