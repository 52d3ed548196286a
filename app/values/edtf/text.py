"""EDTF as text: a year written in it, and whether a text is a value of it."""

from typing import Final

from app.values.edtf.nodes import EdtfError
from app.values.edtf.value import parse_edtf

MAX_PLAIN_YEAR: Final = 9999
"""The greatest year that is written with four digits alone; one beyond it begins with `Y` (level 1)."""


def year_text(year: int) -> str:
    """Return an astronomical year in EDTF."""
    if abs(year) > MAX_PLAIN_YEAR:
        return f"Y{year}"
    return f"-{-year:04}" if year < 0 else f"{year:04}"


def is_edtf(text: str) -> bool:
    """Return whether a text is a value in EDTF, with Gregorian digits."""
    try:
        parse_edtf(text)
    except EdtfError:
        return False
    return True
