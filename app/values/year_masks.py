"""Years with unspecified digits (EDTF level 1): the least of them that has two years in it."""

from app.values.edtf.text import MAX_PLAIN_YEAR, year_text


def least_mask(first: int, last: int) -> str | None:
    """Return the year, decade, century or millennium in EDTF's digits that has both years in it.

    An end of an interval can be no set (EDTF level 2), so that this is what can be said of one that lies
    somewhere between two years: true, if less than is known. None where there is none.
    """
    if first == last:
        return year_text(first)
    if max(abs(first), abs(last)) > MAX_PLAIN_YEAR or (first < 0) != (last < 0):
        return None
    one, other = year_text(first), year_text(last)
    return next((f"{one[:-n]}{'X' * n}" for n in (1, 2, 3) if one[:-n] == other[:-n]), None)
