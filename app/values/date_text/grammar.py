"""What dates are put together to: intervals, alternatives, all before or after one."""

from collections.abc import Callable
from itertools import pairwise
from typing import Final, NamedTuple

from app.values.calendar import Calendar
from app.values.date_text import kinds as k
from app.values.date_text.bounds import read_between, read_beyond
from app.values.date_text.cursor import END, Cursor
from app.values.date_text.dated import dated
from app.values.date_text.errors import DateTextError
from app.values.date_text.event_words import BIRTH, DEATH, NIGHT
from app.values.date_text.kinds import Token
from app.values.date_text.pieces import Piece, astronomical
from app.values.date_text.qualified import qualified_date
from app.values.date_text.reader import DateReader
from app.values.date_text.sharing import share
from app.values.date_text.weekdays import number_of

_OPEN: Final = ("..", "")
_ENDS: Final = (END, ")", "]", ".")
_ARTICLES: Final = {
    "activity": "an ",
    "night": "a ",
    "reign": "a ",
    "inscription": "an ",
    "publication": "a ",
}


class Found(NamedTuple):
    """What a text was read as.

    Attributes:
        edtf: the value; None: the text says that there is no date.
        calendar: the calendar of its digits.
        notes: what was taken for what.
    """

    edtf: str | None
    calendar: Calendar = Calendar.GREGORIAN
    notes: tuple[str, ...] = ()


def read_tokens(cursor: Cursor) -> Found:
    """Read all tokens.

    Raises:
        DateTextError: something is not understood.
    """
    opening = cursor.take("[", "(")
    style = cursor.take_last("(", k.STYLE, ")") or cursor.take_last(k.STYLE)
    reader = _Reader(cursor, None if style is None else Calendar(style.value))
    if style is not None:
        cursor.take_last(",")
    edtf: str | None = None
    is_undated = bool(cursor.take(k.NO_DATE))
    if is_undated and (cursor.take(",") or cursor.kind() in ("[", "(")):
        # `n.d. [1848]`
        cursor.notes.append("not dated itself")
        opening = opening or cursor.take("[", "(")
        is_undated = False
    if not is_undated:
        edtf = reader.expression()
    if opening is not None:
        if not cursor.take("]" if opening.kind == "[" else ")"):
            raise cursor.refuse("the bracket is not closed" if cursor.is_at_end() else None)
        if opening.kind == "[":
            cursor.notes.append("brackets: supplied by an editor")
    cursor.take(".")
    if not cursor.is_at_end():
        raise cursor.refuse()
    notes = tuple(dict.fromkeys(cursor.notes)) if cursor.notes else ()
    return Found(edtf, reader.calendar or Calendar.GREGORIAN, notes)


class _Reader(DateReader):
    """Reads one expression; all of its dates are of one calendar."""

    def __init__(self, cursor: Cursor, calendar: Calendar | None) -> None:
        super().__init__(cursor, calendar)
        self.is_night = False

    def expression(self) -> str:
        """Read what a text says, and return it as EDTF."""
        cursor = self.cursor
        if cursor.kind() == "?" and cursor.kind(1) in k.DASHES:
            # `? – 1850`
            cursor.at += 2
            return f"/{self.lone(self.date(in_interval=True))}"
        read = _EXPRESSIONS.get(cursor.kind())
        if read is None:
            return self._begun(qualified_date(cursor))
        return read(self, cursor.next())

    def _begun(self, left: Piece) -> str:
        """Read what goes on after a first date."""
        cursor = self.cursor
        kind = cursor.kind()
        if kind in k.TO_AN_END:
            return self._range(left)
        if kind == k.OR_LATER:
            cursor.at += 1
            return f"[{self.finish(left).first}..]"
        if kind == k.OR_EARLIER:
            cursor.at += 1
            found = self.finish(left)
            return f"[..{found.last or found.first}]"
        if kind == k.ONWARDS:
            cursor.at += 1
            return f"{self.lone(self.finish(left, in_interval=True))}/.."
        if kind in (k.OR, k.AND) or (kind == "," and self._is_list(left)):
            return self._several(left)
        found = self.finish(left)
        return found.first if found.last is None else f"[{found.member}]"

    def _is_list(self, left: Piece) -> bool:
        """Return whether a comma is followed by another date of a list: `1959, 1960 or 1961`, `12, 13 and 14 May 1940`."""
        after = self.cursor.peek(1)
        return after.kind == k.NUMBER and (left.number is None or after.digits <= 2)

    def _range(self, left: Piece) -> str:
        """Read the second end of a range."""
        cursor = self.cursor
        sign = cursor.next().kind
        if cursor.take(k.PRESENT):
            return f"{self.lone(self.finish(left, in_interval=True))}/.."
        if sign == "-" and cursor.kind(1) == k.NUMBER:
            # `1850--1860`, as in LaTeX
            cursor.take("-")
        if cursor.kind() == "?" and cursor.kind(1) in _ENDS:
            cursor.at += 1
            return f"{self.lone(self.finish(left, in_interval=True))}/"
        if (event := cursor.take(k.EVENT)) is not None and event.value != DEATH:
            raise DateTextError("a death is expected here, as the end of a life", event.start, event.end)
        if cursor.is_at_end() and sign in k.DASHES:
            return f"{self.lone(self.finish(left, in_interval=True))}/{_OPEN[cursor.choose('open', 2)]}"
        right = qualified_date(cursor)
        if right.number is not None and left.year is None and left.month > 0:
            self._complete(left, right)
        if sign in (*k.DASHES, "/") and left.bits != right.bits and not (left.bits and right.bits):
            left.bits = right.bits = left.bits | right.bits
            cursor.notes.append("what is said of the certainty is taken of both ends")
        share(cursor, left, right)
        is_plain = left.unit == right.unit == "year" and not (left.month or right.month)
        if sign == "/" and not is_plain:
            day = self._in_two_calendars(left, right) or self._in_two_calendars(right, left)
            if day is not None and not cursor.choose("calendars", 2):
                cursor.notes.append("one day in two calendars, the Julian and the Gregorian")
                return day
            if day is None and not self.is_night and cursor.choose("slash", 2):
                return f"[{self.finish(left).member},{self.finish(right).member}]"
        start, end = (self.finish(one, in_interval=True) for one in (left, right))
        return f"{self.lone(start)}/{self.lone(end)}"

    def _in_two_calendars(self, julian: Piece, gregorian: Piece) -> str | None:
        """Return the day of `25 October/7 November 1917` in Gregorian digits; None where they are two days."""
        days = []
        for piece, calendar in ((julian, Calendar.JULIAN), (gregorian, Calendar.GREGORIAN)):
            if piece.day <= 0 or piece.month <= 0 or piece.year is None or piece.calendar or self.calendar:
                return None
            days.append(number_of((astronomical(piece), piece.month, piece.day), calendar))
        if days[0] is None or days[0] != days[1]:
            return None
        return dated(gregorian, Calendar.GREGORIAN).first

    def _complete(self, left: Piece, right: Piece) -> None:
        """Read the year in `May 12-15, 1940`, whose month stands before the range."""
        cursor = self.cursor
        cursor.take(",")
        year = cursor.take(k.NUMBER)
        if year is None or year.digits < 3 or not left.day:
            raise DateTextError("the year is missing", right.end)
        right.day, right.month, right.number = right.number or 0, left.month, None
        right.year, right.digits, right.end = year.value, year.digits, year.end
        if (era := cursor.take(k.ERA)) is not None:
            right.era = era.value

    def event(self, token: Token) -> str:
        """Read `fl. 1340`, `b. 1340, d. 1390`, `night of 12/13 May 1940`.

        Of a birth or a death alone it is not said whether it is dated itself, or the life.
        """
        cursor = self.cursor
        if token.value == NIGHT:
            self.is_night = True
        if token.value not in (BIRTH, DEATH):
            cursor.notes.append(f"the date of {_ARTICLES.get(token.value, '')}{token.value}")
            return self.expression()
        if cursor.kind() in _EXPRESSIONS:
            raise cursor.refuse("of a life, dates are read: born 1340, died 1390")
        left = qualified_date(cursor)
        ahead = 1 if cursor.kind() in (",", ";", k.AND, *k.DASHES, "/") else 0
        following = cursor.peek(ahead)
        if token.value == BIRTH and following.kind == k.EVENT and following.value == DEATH:
            cursor.at += ahead + 1
            cursor.notes.append("a life")
            right = qualified_date(cursor)
            share(cursor, left, right)
            start, end = (self.lone(self.finish(one, in_interval=True)) for one in (left, right))
            return f"{start}/{end}"
        if cursor.kind() in k.DASHES and cursor.kind(1) != END:
            cursor.notes.append("a life")
            return self._range(left)
        if (way := cursor.choose("life", 3 if token.value == BIRTH else 2)) == 0:
            cursor.notes.append(f"the date of the {token.value}")
            found = self.finish(left)
            return found.first if found.last is None else f"[{found.member}]"
        date = self.lone(self.finish(left, in_interval=True))
        if token.value == DEATH:
            cursor.notes.append("the life that ended then")
            return f"/{date}"
        cursor.notes.append("the life that began then" + (", which has ended" if way == 2 else ""))
        return f"{date}/.." if way == 1 else f"{date}/"

    def until(self, _token: Token) -> str:
        """Read `until 1850`."""
        end = self.lone(self.date(in_interval=True))
        if self._is_unknown(k.START):
            return f"/{end}"
        return f"../{end}"

    def since(self, _token: Token) -> str:
        """Read `from 1914 to 1918`, `since 1850`."""
        cursor = self.cursor
        left = qualified_date(cursor)
        if cursor.kind() in k.TO_AN_END:
            return self._range(left)
        start = self.lone(self.finish(left, in_interval=True))
        if self._is_unknown(k.END):
            return f"{start}/"
        cursor.take(k.ONWARDS)
        return f"{start}/.."

    def _is_unknown(self, side: str) -> bool:
        """Read `, end unknown`."""
        cursor = self.cursor
        if (cursor.kind(), cursor.kind(1), cursor.kind(2)) != (",", side, k.NO_DATE):
            return False
        cursor.at += 3
        return True

    def open_ends(self, _token: Token) -> str:
        """Read `start open, end unknown`."""
        cursor = self.cursor
        found = []
        for side in (k.START, k.END):
            if side == k.END and not cursor.take(side):
                raise cursor.refuse()
            token = cursor.take(k.OPEN, k.NO_DATE)
            if token is None:
                raise cursor.refuse()
            found.append(".." if token.kind == k.OPEN else "")
            cursor.take(",")
        return "/".join(found)

    def _several(self, first: Piece) -> str:
        """Read `1959 or 1960`, `1959, 1960 and 1962`."""
        cursor = self.cursor
        pieces = [first]
        conjunction = ""
        while (token := cursor.take(k.OR, k.AND, ",")) is not None:
            if token.kind != ",":
                if conjunction not in ("", token.kind):
                    raise DateTextError("either all of them or one of them is meant", token.start, token.end)
                conjunction = token.kind
            pieces.append(qualified_date(cursor))
        if not conjunction:
            raise cursor.refuse("it is not said whether all of them or one of them is meant")
        for left, right in pairwise(pieces):
            is_year_alone = right.unit == "year" and right.year is not None and not right.month
            if conjunction == k.OR and left.month and is_year_alone and not cursor.choose("month", 2):
                # `spring of 1848 or 1849`
                right.month, right.day = left.month, left.day
                cursor.notes.append("the second year has the month or season of the first")
        for left, right in zip(pieces[-2::-1], pieces[:0:-1], strict=True):
            share(cursor, left, right)
        members = ",".join(self.finish(piece).member for piece in pieces)
        return f"[{members}]" if conjunction == k.OR else f"{{{members}}}"

    def all_until(self, _token: Token) -> str:
        """Read `all until 1850`."""
        return f"{{..{self.date().first}}}"

    def all_from(self, _token: Token) -> str:
        """Read `all from 1850 onwards`."""
        date = self.date()
        self.cursor.take(k.ONWARDS)
        return f"{{{date.first}..}}"

    def dash(self, _token: Token) -> str:
        """Read `–1850`, of which it is not said whether it began, nobody knows when, or has always been."""
        end = self.lone(self.date(in_interval=True))
        return f"{_OPEN[self.cursor.choose('open', 2)]}/{end}"

    def listed(self, token: Token) -> str:
        """Read the list that labels give of a set."""
        cursor = self.cursor
        members = []
        while True:
            if cursor.take(k.ALL_UNTIL):
                members.append(f"..{self.date().first}")
            elif cursor.take(k.ALL_FROM):
                members.append(f"{self.date().first}..")
                cursor.take(k.ONWARDS)
            else:
                first = self.date()
                if cursor.take(k.OR_LATER):
                    members.append(f"{first.first}..")
                elif cursor.take(k.OR_EARLIER):
                    members.append(f"..{first.first}")
                elif cursor.take(k.TO, k.UNTIL):
                    members.append(f"{first.first}..{self.date().first}")
                else:
                    members.append(first.member)
            if not cursor.take(",", ";"):
                break
        text = ",".join(members)
        return f"[{text}]" if token.kind == k.ONE_OF else f"{{{text}}}"


_EXPRESSIONS: Final[dict[str, Callable[[_Reader, Token], str]]] = {
    k.ONE_OF: _Reader.listed,
    k.ALL_OF: _Reader.listed,
    k.ALL_UNTIL: _Reader.all_until,
    k.ALL_FROM: _Reader.all_from,
    k.BETWEEN: read_between,
    k.BEFORE: read_beyond,
    k.AFTER: read_beyond,
    k.NOT_BEFORE: read_beyond,
    k.NOT_AFTER: read_beyond,
    k.UNTIL: _Reader.until,
    k.EVENT: _Reader.event,
    k.FROM: _Reader.since,
    k.START: _Reader.open_ends,
    "\N{EN DASH}": _Reader.dash,
}
"""What an expression can begin with, apart from a date."""
