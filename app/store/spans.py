"""Span classes: how long a date's span is decides in which part of the index it stands.

A question about overlap reads, of each class, only the entries that begin no further back than the
class's longest span; so its cost does not grow with the length of history.
"""

from app.values.timespan import Bounds

YEAR_SPAN, GENERATION_SPAN, LONG_SPAN, UNDATED = 0, 1, 2, 3

LONGEST_DAYS: dict[int, int | None] = {YEAR_SPAN: 366, GENERATION_SPAN: 7305, LONG_SPAN: None}
"""The longest span of each class in days; None: there is no bound."""


def span_class(bounds: Bounds) -> int:
    """Give the class of a dated record from the distance between its outermost bounds."""
    days = bounds.e2 - bounds.s1
    if days <= 366:
        return YEAR_SPAN
    return GENERATION_SPAN if days <= 7305 else LONG_SPAN
