"""Span classes: how long a date's span is decides in which part of the index it stands.

A question about overlap reads, of each class, only the entries that begin no further back than the
class's longest span; so its cost does not grow with the length of history. Dates of which no year is known
have a class of their own, and so have records without a date: in a list by date they come after all others.
"""

from typing import Final

from app.values.edtf import EdtfValue

YEAR_SPAN, GENERATION_SPAN, LONG_SPAN, UNDATED, YEAR_UNKNOWN = 0, 1, 2, 3, 4

LONGEST_DAYS: Final[dict[int, int | None]] = {
    YEAR_SPAN: 366,
    GENERATION_SPAN: 7305,
    LONG_SPAN: None,
    YEAR_UNKNOWN: None,
}
"""The longest span of each class of dates in days; None: there is no bound."""

DATE_PARTS: Final[dict[int, tuple[int, ...]]] = {
    0: (YEAR_SPAN, GENERATION_SPAN, LONG_SPAN),
    2: (YEAR_UNKNOWN,),
    3: (UNDATED,),
}
"""What a list by date consists of, in this order whichever way it is sorted, and the classes in each part.

The numbers stand in cursors. 1 was another part once, and is not to be used again.
"""


def span_class(date: EdtfValue | None) -> int:
    """Give the class of a record: from the distance between the outermost bounds of its date."""
    if date is None:
        return UNDATED
    if not date.year_known:
        return YEAR_UNKNOWN
    days = date.span.bounds.e2 - date.span.bounds.s1
    if days <= 366:
        return YEAR_SPAN
    return GENERATION_SPAN if days <= 7305 else LONG_SPAN
