"""Parts of a century, a year or a month that stand after it: `sec. XIV ex.`, `12. Jh., 1. Hälfte`, `1848 Q1`."""

from typing import Final

from app.values.date_text import kinds as k
from app.values.date_text.cursor import Cursor
from app.values.date_text.errors import DateTextError
from app.values.date_text.kinds import Token
from app.values.date_text.pieces import Piece

_OF_A_DATE: Final = frozenset(
    {
        k.NUMBER,
        k.ROMAN,
        k.CENTURY,
        k.MILLENNIUM,
        k.ORDINAL,
        k.MONTH,
        k.SEASON,
        k.NAMED_CENTURY,
        k.DECADE,
        k.YEAR_BETWEEN,
        k.UNKNOWN,
        k.ERA,
        ".",
    }
)


def begins_a_date(token: Token) -> bool:
    """Return whether a token is of a date that follows."""
    return token.kind in _OF_A_DATE


def part_of(number: int, of: int, start: int, end: int) -> tuple[int, int]:
    """Return which of how many parts is meant, from 0.

    Raises:
        DateTextError: there are fewer.
    """
    if not 1 <= number <= of:
        raise DateTextError("there are not as many such parts", start, end)
    return number - 1, of


def part_named(ordinal: Token, name: Token) -> tuple[int, int]:
    """Return the part that an ordinal number and `half`, `third` or `quarter` say; in Italian, `mid` is a half.

    Raises:
        DateTextError: there is no such part.
    """
    of = name.value if name.kind == k.FRACTION else 3 if name.kind == k.ORDINAL else 2
    if name.kind == k.PART and name.value != 1:
        raise DateTextError("this part is not understood", name.start, name.end)
    return part_of(ordinal.value or of, of, ordinal.start, name.end)


def add_part_after(cursor: Cursor, piece: Piece) -> None:
    """Read the part of a date that stands after it, if one does."""
    if piece.day or piece.month > 12 or piece.part is not None:
        return
    ahead = 1 if cursor.kind() in (",", "(", "-") else 0
    is_closed = cursor.kind() == "("
    first = cursor.peek(ahead)
    part, length = _part_at(cursor, ahead)
    after = cursor.kind(ahead + length)
    if part is None or (after != ")" if is_closed else after in _OF_A_DATE):
        return
    cursor.at += ahead + length + is_closed
    piece.part, piece.is_early, piece.end = part, first.kind == k.PART, cursor.peek(-1).end


def _part_at(cursor: Cursor, ahead: int) -> tuple[tuple[int, int] | None, int]:
    """Return the part that begins at a token, and how many tokens it has; None where it is something else."""
    first, second = cursor.peek(ahead), cursor.peek(ahead + 1)
    if first.kind == k.PART:
        return (first.value, 3), 1
    if first.kind == k.FRACTION and second.kind == k.NUMBER and second.digits == 1:
        return part_of(second.value, first.value, first.start, second.end), 2
    dot = 1 if second.kind == "." else 0
    name = cursor.peek(ahead + 1 + dot)
    is_ordinal = first.kind in (k.ORDINAL, k.ROMAN) or (first.kind == k.NUMBER and first.digits <= 2)
    if is_ordinal and (name.kind == k.FRACTION or (name.kind == k.PART and name.value == 1)):
        return part_named(first, name), 2 + dot
    return None, 1
