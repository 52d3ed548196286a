"""Years as catalogues have them, with digits that are not known or supplied: `184-`, `[18--?]`, `18??`, `184[8]`."""

from typing import Final

from app.values.date_text import kinds as k
from app.values.date_text.cursor import END, Cursor
from app.values.date_text.pieces import Piece
from app.values.edtf.nodes import UNCERTAIN

_ENDS: Final = (END, "]", ")", "?", ".", ",")
_DIGITS_OF_A_YEAR: Final = 4


def of_catalogued_year(cursor: Cursor) -> Piece | None:
    """Read a year of which the last digits are not known; None where the next tokens are something else.

    What may be a year of two or three digits as well is read as both.
    """
    token = cursor.peek()
    if token.mark or token.digits not in (2, 3) or token.end - token.start != token.digits:
        return None
    missing = _DIGITS_OF_A_YEAR - token.digits
    if cursor.kind(1) == "[":
        return _with_supplied_digits(cursor, missing)
    sign = cursor.peek(1)
    if sign.start != token.end:
        return None
    count = 1 if sign.kind == k.ROMAN else missing
    if sign.kind == k.ROMAN:
        # `18xx`
        is_masked = sign.value == 10 * missing and sign.end - sign.start == missing
    else:
        signs = cursor.following(missing, 1)
        is_masked = (
            sign.kind in ("-", "?")
            and all((one.kind, one.start) == (sign.kind, sign.start + at) for at, one in enumerate(signs))
            and cursor.kind(count + 1) in _ENDS
        )
    if not is_masked:
        return None
    is_year_too = token.digits == 3 and sign.kind in ("-", "?")
    if is_year_too and cursor.choose("digits", 2):
        return None
    cursor.at += 1 + count
    low = token.value * 10**missing
    cursor.notes.append(f"{'a digit is' if missing == 1 else 'two digits are'} not known")
    return Piece(token.start, cursor.peek(-1).end, year=low, digits=4, bounds=(low, low + 10**missing - 1))


def _with_supplied_digits(cursor: Cursor, missing: int) -> Piece | None:
    """Read `184[8]`, `18[48]`, `184[8?]`."""
    token, bracket, supplied = cursor.following(3)
    if (
        supplied.kind != k.NUMBER
        or supplied.digits != missing
        or supplied.start != bracket.end
        or bracket.start != token.end
    ):
        return None
    is_doubted = cursor.kind(3) == "?"
    if cursor.kind(3 + is_doubted) != "]":
        return None
    cursor.at += 4 + is_doubted
    cursor.notes.append("brackets: supplied by an editor")
    bits = UNCERTAIN if is_doubted else 0
    return Piece(
        token.start, supplied.end, year=token.value * 10**missing + supplied.value, digits=4, bits=bits
    )
