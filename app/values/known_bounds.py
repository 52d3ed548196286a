"""Bounds of a date as they can be shown where nothing else says how they come about.

A year of which no digit is known lies between 0000 and 9999, by the rule of the notation. Shown as bounds,
those would look like knowledge, so bounds that only follow from such a year are left open here.
"""

import re
from dataclasses import replace
from typing import Final

from app.values.edtf.value import EdtfValue
from app.values.timespan import OPEN_END, OPEN_START, Bounds

UNKNOWN_YEAR: Final = "XXXX"
"""A year of which no digit is known."""

_QUALIFIERS: Final = re.compile("[?~%]")


def known_bounds(value: EdtfValue) -> Bounds | None:
    """Return the bounds of a date, open where they only follow from a year of which no digit is known.

    None where all of them do: those of `XXXX-01-03`, and of a set with such a member. Of `1962/XXXX` the last is open.
    """
    bounds = value.span.bounds
    if value.year_in_full or UNKNOWN_YEAR not in value.text:
        return bounds
    start, slash, end = _QUALIFIERS.sub("", value.text).partition("/")
    if not value.year_known or not slash:
        return None
    if start.removeprefix("-").startswith(UNKNOWN_YEAR):
        bounds = replace(bounds, s1=OPEN_START)
    if end.removeprefix("-").startswith(UNKNOWN_YEAR):
        bounds = replace(bounds, e2=OPEN_END)
    return bounds
