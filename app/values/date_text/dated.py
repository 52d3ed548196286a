"""The EDTF of a piece, once nothing of it is missing."""

from typing import Final

from app.values.calendar import Calendar, days_in_month
from app.values.date_text.errors import DateTextError
from app.values.date_text.pieces import Dated, Piece, astronomical, day_text
from app.values.date_text.weekdays import Day, check_weekday
from app.values.edtf.nodes import QUALIFIER_SIGNS
from app.values.edtf.text import MAX_PLAIN_YEAR, year_text

# Units of years, and how many each has.
_UNITS: Final = {"decade": 10, "century": 100, "millennium": 1_000}
_SEASONS: Final = {21: 3, 22: 6, 23: 9, 24: 12, 25: 3, 26: 6, 27: 9, 28: 12, 29: 9, 30: 12, 31: 3, 32: 6}
_CODE_OF_FRACTION: Final = {2: 40, 3: 37, 4: 33}
_FRACTIONS_OF_A_YEAR: Final = range(33, 42)
_FRACTION_OF_CODE: Final = {
    33: (0, 4),
    34: (1, 4),
    35: (2, 4),
    36: (3, 4),
    37: (0, 3),
    38: (1, 3),
    39: (2, 3),
    40: (0, 2),
    41: (1, 2),
}
_WORDS: Final = ("early", "mid", "late")
_THIRDS: Final = ("first", "middle", "last")
_THIRDS_OF_A_YEAR: Final = ("first", "second", "last")


def dated(piece: Piece, calendar: Calendar, *, in_interval: bool = False) -> Dated:
    """Return a whole date.

    Raises:
        DateTextError: something is missing, or does not exist.
    """
    if piece.number is not None:
        if piece.unit == "decade":
            raise DateTextError("which century the decade is of, is not said", piece.start, piece.end)
        raise DateTextError("the month or the year is missing", piece.end)
    if piece.days is not None:
        first, last = piece.days
        mark = QUALIFIER_SIGNS[piece.bits]
        return Dated(f"{day_text(first)}{mark}", f"{day_text(last)}{mark}", first, last)
    if piece.bounds is not None or piece.is_year_unknown:
        _settle_part(piece)
        return _of_unknown_year(piece) if piece.bounds is None else _of_bounds(piece)
    if piece.unit != "year":
        return _of_unit(piece, in_interval=in_interval)
    year = astronomical(piece)
    if piece.part is not None:
        return _of_part(piece, year, calendar)
    if piece.month > 12:
        return _of_season(piece, year, calendar)
    month, day = piece.month, piece.day
    if day > 0 and month > 0 and day > days_in_month(year, month, calendar):
        raise DateTextError("there is no such day in that month", piece.start, piece.end)
    if piece.weekday is not None and day > 0 and month > 0:
        check_weekday(piece.weekday, (year, month, day), calendar, piece.start, piece.end)
    first, last = _days(year, max(0, month), max(0, day), calendar)
    return Dated(_written(piece, year_text(year)), None, first, last)


def _written(piece: Piece, year: str) -> str:
    """Write a date with its qualifiers."""
    month, day = _digits(piece.month), _digits(piece.day)
    if day and not month:
        month = "XX"
    if piece.of_components != (0, 0, 0):
        marks = [QUALIFIER_SIGNS[bits] for bits in piece.of_components]
        return "-".join(f"{mark}{one}" for mark, one in zip(marks, (year, month, day), strict=True) if one)
    if piece.clock:
        if piece.bits:
            raise DateTextError("a date with a time of day is not qualified", piece.start, piece.end)
        return f"{year}-{month}-{day}{piece.clock}"
    return "-".join(filter(None, (year, month, day))) + QUALIFIER_SIGNS[piece.bits]


def _digits(number: int) -> str:
    """Write a month or a day; nothing where none is said."""
    return f"{number:02}" if number > 0 else "XX" if number else ""


def _early(piece: Piece) -> str:
    """Return the words for the parts of three that are meant: `early`, `early to mid`."""
    at, _ = piece.part or (0, 3)
    return _WORDS[at] + (f" to {_WORDS[at + piece.more_parts]}" if piece.more_parts else "")


def _days(year: int, month: int, day: int, calendar: Calendar) -> tuple[Day, Day]:
    if day and month:
        return (year, month, day), (year, month, day)
    if month:
        return (year, month, 1), (year, month, days_in_month(year, month, calendar))
    return (year, 1, 1), (year, 12, 31)


def _settle_part(piece: Piece) -> None:
    """Make the half of a year that is not known one of the parts that EDTF numbers."""
    if piece.part is None:
        return
    at, of = piece.part
    if piece.month or piece.is_early or of not in _CODE_OF_FRACTION:
        raise DateTextError("of this there is no such part", piece.start, piece.end)
    piece.month, piece.part = _CODE_OF_FRACTION[of] + at, None


def _of_unknown_year(piece: Piece) -> Dated:
    year = "-XXXX" if piece.era < 0 else "XXXX"
    return Dated(_written(piece, year), None, (0, 1, 1), (MAX_PLAIN_YEAR, 12, 31))


def _months(piece: Piece, first: Day, last: Day, calendar: Calendar) -> Dated:
    mark = QUALIFIER_SIGNS[piece.bits]
    is_days = first[1] == last[1]
    texts = [
        f"{year_text(year)}-{month:02}-{day:02}{mark}" if is_days else f"{year_text(year)}-{month:02}{mark}"
        for year, month, day in (first, last)
    ]
    latest = last if is_days else (last[0], last[1], days_in_month(last[0], last[1], calendar))
    return Dated(texts[0], texts[1], first, latest)


def _of_part(piece: Piece, year: int, calendar: Calendar) -> Dated:
    """Return part of a month or of a year."""
    at, of = piece.part or (0, 1)
    if piece.day or piece.month > 12 or piece.month < 0:
        raise DateTextError("of this there is no early, mid or late part", piece.start, piece.end)
    if not piece.month:
        if not piece.is_early:
            piece.month, piece.part = _CODE_OF_FRACTION[of] + at, None
            return _of_season(piece, year, calendar)
        end = 4 * (at + piece.more_parts) + 4
        found = _months(piece, (year, 4 * at + 1, 1), (year, end, 1), calendar)
        said = (
            f"months {4 * at + 1} to {end}"
            if piece.more_parts
            else f"the {_THIRDS_OF_A_YEAR[at]} four months"
        )
        found.notes.append(f"{_early(piece)} in a year: {said}")
        return found
    length = days_in_month(year, piece.month, calendar)
    size = {2: 15, 3: 10}.get(of)
    if size is None:
        raise DateTextError("a month has halves and thirds", piece.start, piece.end)
    last = at + piece.more_parts
    begin, end = at * size + 1, length if last == of - 1 else (last + 1) * size
    found = _months(piece, (year, piece.month, begin), (year, piece.month, end), calendar)
    found.notes.append(f"of a month: days {begin} to {end}")
    return found


def _of_season(piece: Piece, year: int, calendar: Calendar) -> Dated:
    if piece.month in _FRACTIONS_OF_A_YEAR:
        at, of = _FRACTION_OF_CODE[piece.month]
        first, count = at * 12 // of + 1, 12 // of
    else:
        first, count = _SEASONS[piece.month], 3
    last = first + count - 1
    last_year, last_month = (year, last) if last <= 12 else (year + 1, last - 12)
    return Dated(
        _written(piece, year_text(year)),
        None,
        (year, first, 1),
        (last_year, last_month, days_in_month(last_year, last_month, calendar)),
    )


def _of_bounds(piece: Piece) -> Dated:
    """Return a year between two: a year with masked digits where that is the same."""
    low, high = piece.bounds or (0, 0)
    if low > high:
        raise DateTextError("the second year is before the first", piece.start, piece.end)
    masked = mask(low, high)
    if masked is not None:
        return Dated(_written(piece, masked), None, (low, 1, 1), (high, 12, 31))
    if piece.month or piece.day:
        raise DateTextError(
            "a day of several years needs years that share their first digits", piece.start, piece.end
        )
    mark = QUALIFIER_SIGNS[piece.bits]
    return Dated(f"{year_text(low)}{mark}", f"{year_text(high)}{mark}", (low, 1, 1), (high, 12, 31))


def mask(low: int, high: int) -> str | None:
    """Return the year with masked digits that stands for the years from low to high; None where there is none."""
    if low < 0 <= high or max(abs(low), abs(high)) > MAX_PLAIN_YEAR:
        return None
    first, last = (f"{abs(one):04}" for one in ((high, low) if low < 0 else (low, high)))
    for count in (1, 2, 3):
        kept, size = 4 - count, 10**count
        least = 1 if low < 0 and not int(last[:kept] or "0") else 0
        if first[:kept] == last[:kept] and int(first[kept:]) == least and int(last[kept:]) == size - 1:
            return f"{'-' if low < 0 else ''}{first[:kept]}{'X' * count}"
    return None


def _of_unit(piece: Piece, *, in_interval: bool) -> Dated:
    """Return a decade, century or millennium, or a part of one."""
    size = _UNITS[piece.unit]
    number = piece.year
    if number is None:
        raise DateTextError("the number of the century is missing", piece.end)
    notes: list[str] = []
    if piece.unit == "decade":
        # The 40s before Christ are 49 to 40 BC.
        low, high = (-number - 8, 1 - number) if piece.era < 0 else (number, number + 9)
    elif number == 0 or number * size > MAX_PLAIN_YEAR + 1:
        raise DateTextError(f"there is no such {piece.unit}", piece.start, piece.end)
    elif piece.era < 0:
        low, high = 1 - number * size, -(number - 1) * size
    else:
        low, high = (number - 1) * size, number * size - 1
        usual = f"{low + 1} to {high + 1}"
        notes.append(f"taken by its digits, {max(low, 1)} to {high}; by the usual reckoning it is {usual}")
        if low == 0 and not in_interval:
            low = 1
    if piece.part is not None:
        at, of = piece.part
        _, until = _part_of(low, high, at + piece.more_parts, of, size)
        low, _ = _part_of(low, high, at, of, size)
        high = until
        if piece.is_early:
            said = "two thirds" if piece.more_parts else f"the {_THIRDS[at]} third"
            notes.append(f"{_early(piece)}: {said} of its years")
        piece.bounds, piece.part = (low, high), None
        found = _of_bounds(piece)
    else:
        if in_interval and high == 0:
            notes.append("1 BCE is not among its digits")
        if in_interval and low == 0:
            notes.append("1 BCE is among its digits")
        masked = mask(low, high) or (mask(low, -1) if in_interval else None)
        if masked is not None:
            found = Dated(_written(piece, masked), None, (low, 1, 1), (high, 12, 31))
        else:
            piece.bounds = low, high
            found = _of_bounds(piece)
    found.notes = notes
    return found


def _part_of(low: int, high: int, at: int, of: int, size: int) -> tuple[int, int]:
    if of == 3:
        # A third of ten or a hundred years shares its first and last year with the next.
        third = size // 3
        return low + at * third, min(low + (at + 1) * third, high)
    return low + at * size // of, low + (at + 1) * size // of - 1
