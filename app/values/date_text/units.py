"""Units of years and seasons: centuries, decades, winters that go on into the next year."""

from typing import Final

from app.values.date_text import kinds as k
from app.values.date_text.cursor import Cursor
from app.values.date_text.errors import DateTextError
from app.values.date_text.pieces import FEWEST_DIGITS_OF_A_YEAR, Piece

_LAST_ROMAN_CENTURY: Final = 21
_INTO_NEXT_YEAR: Final = frozenset({24, 28, 30})
_NAMES: Final = {k.CENTURY: "century", k.MILLENNIUM: "millennium"}


def of_century(cursor: Cursor) -> Piece | None:
    """Read `16th century`, `siglo XVI` or `Cinquecento`; None where the next tokens are something else."""
    token = cursor.peek()
    if token.kind in _NAMES:
        return _of_century_first(cursor)
    if token.kind == k.NAMED_CENTURY:
        cursor.at += 1
        return Piece(token.start, token.end, year=token.value + 1, unit="century", digits=4)
    if token.kind not in (k.NUMBER, k.ROMAN, k.ORDINAL) or not token.value:
        return None
    if token.kind == k.NUMBER and token.digits >= FEWEST_DIGITS_OF_A_YEAR:
        return None
    # `16. Jahrhundert`, `18th-century`
    ahead = 2 if cursor.kind(1) == "." or (cursor.kind(1) == "-" and cursor.kind(2) in _NAMES) else 1
    name = cursor.peek(ahead)
    is_number_of_one = token.mark or (token.kind == k.ROMAN and token.value <= _LAST_ROMAN_CENTURY)
    if name.kind in _NAMES or (name.kind == k.CIRCA and name.value == "c" and is_number_of_one):
        cursor.at += ahead + 1
        return Piece(token.start, name.end, year=token.value, unit=_NAMES.get(name.kind, "century"))
    return None


def _of_century_first(cursor: Cursor) -> Piece:
    """Read `siglo XVI`, `sec. XVI`."""
    unit = cursor.next()
    number = cursor.take(k.ROMAN, k.NUMBER, k.ORDINAL)
    if number is None or number.digits > 4 or not number.value:
        raise cursor.refuse("the number of the century is missing")
    return Piece(unit.start, number.end, year=number.value, unit=_NAMES[unit.kind])


def of_decade(cursor: Cursor) -> Piece:
    """Read `années 1920`, `anni '20 del Novecento`."""
    name = cursor.next()
    cursor.take("'")
    token = cursor.take(k.NUMBER, k.TENS)
    if token is None:
        raise cursor.refuse("the number of the decade is missing")
    return decade(cursor, token, name.start)


def decade(cursor: Cursor, token: k.Token, start: int) -> Piece:
    """Return a decade; of `1900s` it is not said whether it is a decade or a century.

    Raises:
        DateTextError: its century is not said.
    """
    number, end = token.value, token.end
    if number % 10:
        raise DateTextError("a decade begins with a year that ends in 0", start, end)
    if token.kind == k.NUMBER and token.digits > 2:
        if number % 100 == 0 and cursor.choose("hundreds", 2):
            return Piece(start, end, year=number // 100 + 1, unit="century", digits=4)
        return Piece(start, end, year=number, unit="decade", digits=4)
    if cursor.kind() == k.ERA and cursor.peek().value < 0:
        return Piece(start, end, year=number, unit="decade")
    century = of_century(cursor)
    if century is None:
        # The other end of a range may say it: `1940s-50s`.
        return Piece(start, end, number=number, unit="decade", digits=2)
    if century.unit != "century" or century.year is None or cursor.kind() == k.ERA:
        raise century_unsaid(start, end)
    return Piece(start, century.end, year=(century.year - 1) * 100 + number, unit="decade", digits=4)


def century_unsaid(start: int, end: int) -> DateTextError:
    """Return the error that a decade is of no century."""
    return DateTextError("which century the decade is of, is not said", start, end)


def of_years_between(cursor: Cursor) -> Piece:
    """Read `a year between 1200 and 1299`."""
    start = cursor.next().start
    years = []
    for at in range(2):
        token = cursor.take(k.NUMBER)
        if token is None:
            raise cursor.refuse("a year is needed here")
        era = cursor.take(k.ERA)
        years.append(1 - token.value if era is not None and era.value < 0 else token.value)
        if at == 0 and not cursor.take(k.AND):
            raise cursor.refuse()
    return Piece(start, cursor.peek(-1).end, bounds=(years[0], years[1]), year=years[0], digits=4)


def of_season(cursor: Cursor) -> Piece:
    """Read a season with its year; of a winter with one year it is not said whether it began or ended in it."""
    season = cursor.next()
    piece = Piece(season.start, season.end, month=season.value)
    cursor.take(",")
    if cursor.kind() == k.YEAR_BETWEEN:
        between = of_years_between(cursor)
        piece.bounds, piece.end = between.bounds, between.end
    elif cursor.kind() == k.UNKNOWN:
        piece.is_year_unknown = True
        piece.era = -1 if cursor.next().value == ("bce year",) else 0
        piece.end = cursor.peek(-1).end
    elif cursor.kind() == k.NUMBER:
        _add_year_of_season(cursor, piece)
    is_long = _read_second_year(cursor, piece)
    if cursor.kind() == "(" and cursor.kind(1) == k.HEMISPHERE and cursor.kind(2) == ")":
        piece.month += cursor.peek(1).value
        cursor.at += 3
        piece.end = cursor.peek(-1).end
    decide_winter(cursor, piece, is_long=is_long)
    return piece


def decide_winter(cursor: Cursor, piece: Piece, *, is_long: bool) -> None:
    """Settle in which year a season begins; with `is_long` two years are said.

    Raises:
        DateTextError: it is none that goes on into the next year.
    """
    is_winter = piece.month in _INTO_NEXT_YEAR and piece.year is not None
    if is_long and not is_winter:
        raise DateTextError("this season does not go on into the next year", piece.start, piece.end)
    if is_winter and not is_long:
        if cursor.choose("winter", 2):
            piece.year = (piece.year or 0) + (1 if piece.era < 0 else -1)
            cursor.notes.append("the winter that ended in the year that is said")
        else:
            cursor.notes.append("the winter that began in the year that is said")


def _add_year_of_season(cursor: Cursor, piece: Piece) -> None:
    token = cursor.next()
    if token.mark == "decade":
        low = decade(cursor, token, token.start).year
        if low is None:
            raise century_unsaid(token.start, token.end)
        piece.bounds = low, low + 9
        if cursor.kind() == k.ERA and cursor.peek().value > 0:
            cursor.at += 1
        return
    if token.digits < FEWEST_DIGITS_OF_A_YEAR and cursor.kind() != k.ERA:
        raise DateTextError("a year of two digits may be of any century", token.start, token.end)
    piece.year, piece.digits, piece.end = token.value, token.digits, token.end
    if (era := cursor.take(k.ERA)) is not None:
        piece.era = era.value


def _read_second_year(cursor: Cursor, piece: Piece) -> bool:
    """Read the second year of a winter, `1860-61` or `44 BC to 43 BC`; return whether it is there."""
    if cursor.kind() not in k.TO_AN_END or cursor.kind(1) != k.NUMBER or piece.year is None:
        return False
    second = cursor.peek(1)
    era = cursor.peek(2).value if cursor.kind(2) == k.ERA else 0
    if cursor.kind() in (k.TO, k.UNTIL) and not era and second.digits < FEWEST_DIGITS_OF_A_YEAR:
        return False
    first_era = piece.era or era
    following = piece.year + (-1 if first_era < 0 else 1)
    if first_era < 0 and piece.year == 1 and era > 0:
        following = 1
    size = 10**second.digits
    if second.value != (following % size if era == 0 and second.digits < piece.digits else following):
        return False
    cursor.at += 3 if era else 2
    piece.era = first_era
    piece.end = cursor.peek(-1).end
    return True
