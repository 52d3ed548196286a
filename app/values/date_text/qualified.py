"""One date with what is said of its certainty and style, before or after it."""

from typing import Final

from app.values.calendar import Calendar
from app.values.date_text import kinds as k
from app.values.date_text.cursor import END, Cursor
from app.values.date_text.dates import simple_date
from app.values.date_text.pieces import Piece
from app.values.edtf.nodes import APPROXIMATE, UNCERTAIN

_COMPONENTS: Final = {"year": 0, "month": 1, "season": 1, "day": 2}
_APPROXIMATE: Final = (k.CIRCA, "~", k.PLUS_MINUS)
_UNCERTAIN: Final = (k.UNCERTAIN, "?")
_AFTERTHOUGHTS: Final = (k.STYLE, k.UNCERTAIN, k.CIRCA)
_ENDS: Final = (END, ")", "]")


def qualified_date(cursor: Cursor) -> Piece:
    """Read one date with what is said of its certainty, before or after it."""
    bits = 0
    is_bracketed = False
    while True:
        kind = cursor.kind()
        if kind in _APPROXIMATE:
            bits |= APPROXIMATE
        elif kind in _UNCERTAIN:
            bits |= UNCERTAIN
            cursor.at += cursor.kind(1) == ","
        elif kind == "[" and cursor.at and not is_bracketed:
            is_bracketed = True
            cursor.notes.append("brackets: supplied by an editor")
        else:
            break
        cursor.at += 1
    piece = simple_date(cursor)
    if is_bracketed and not cursor.take("]"):
        raise cursor.refuse("the bracket is not closed")
    piece.bits |= bits
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
        elif kind == "[" and (cursor.kind(1), cursor.kind(2)) == ("?", "]"):
            piece.bits |= UNCERTAIN
            cursor.at += 2
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
