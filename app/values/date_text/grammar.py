"""What dates are put together to: intervals, alternatives, all before or after one."""

from collections.abc import Callable
from typing import Final, NamedTuple

from app.values.calendar import Calendar
from app.values.date_text import kinds as k
from app.values.date_text.cursor import Cursor
from app.values.date_text.dates import qualified_date
from app.values.date_text.errors import DateTextError
from app.values.date_text.kinds import Token
from app.values.date_text.pieces import Dated, Piece, astronomical, dated, day_after, day_before, day_text
from app.values.date_text.sharing import share
from app.values.date_text.weekdays import number_of
from app.values.year_masks import least_mask

_DASHES: Final = ("-", "\N{EN DASH}")
_TO: Final = (*_DASHES, "/", k.TO, k.UNTIL)
_OPEN: Final = ("..", "")


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
    edtf = None if cursor.take(k.NO_DATE) else reader.expression()
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


class _Reader:
    """Reads one expression; all of its dates are of one calendar."""

    def __init__(self, cursor: Cursor, calendar: Calendar | None) -> None:
        self.cursor = cursor
        self.calendar = calendar

    def expression(self) -> str:
        """Read what a text says, and return it as EDTF."""
        read = _EXPRESSIONS.get(self.cursor.kind())
        if read is None:
            return self._begun(qualified_date(self.cursor))
        return read(self, self.cursor.next())

    def _begun(self, left: Piece) -> str:
        """Read what goes on after a first date."""
        cursor = self.cursor
        kind = cursor.kind()
        if kind in _TO:
            return self._range(left)
        if kind == k.OR_LATER:
            cursor.at += 1
            return f"[{self._finish(left).first}..]"
        if kind == k.OR_EARLIER:
            cursor.at += 1
            found = self._finish(left)
            return f"[..{found.last or found.first}]"
        if kind == k.ONWARDS:
            cursor.at += 1
            return f"{self._lone(self._finish(left, in_interval=True))}/.."
        if kind in (k.OR, k.AND) or (kind == "," and left.number is None and cursor.kind(1) == k.NUMBER):
            return self._several(left)
        found = self._finish(left)
        return found.first if found.last is None else f"[{found.member}]"

    def _range(self, left: Piece) -> str:
        """Read the second end of a range."""
        cursor = self.cursor
        sign = cursor.next().kind
        if cursor.take(k.PRESENT):
            return f"{self._lone(self._finish(left, in_interval=True))}/.."
        if cursor.is_at_end() and sign in _DASHES:
            return f"{self._lone(self._finish(left, in_interval=True))}/{_OPEN[cursor.choose('open', 2)]}"
        right = qualified_date(cursor)
        if right.number is not None and left.year is None and left.month > 0:
            self._complete(left, right)
        if sign in (*_DASHES, "/") and left.bits != right.bits and not (left.bits and right.bits):
            left.bits = right.bits = left.bits | right.bits
            cursor.notes.append("what is said of the certainty is taken of both ends")
        share(cursor, left, right)
        is_plain = left.unit == right.unit == "year" and not (left.month or right.month)
        if sign == "/" and not is_plain:
            day = self._in_two_calendars(left, right) or self._in_two_calendars(right, left)
            if day is not None and not cursor.choose("calendars", 2):
                cursor.notes.append("one day in two calendars, the Julian and the Gregorian")
                return day
            if day is None and cursor.choose("slash", 2):
                return f"[{self._finish(left).member},{self._finish(right).member}]"
        start, end = (self._finish(one, in_interval=True) for one in (left, right))
        return f"{self._lone(start)}/{self._lone(end)}"

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

    def between(self, _token: Token) -> str:
        """Read `between 1959 and 1961`."""
        cursor = self.cursor
        left = qualified_date(cursor)
        if not cursor.take(k.AND, *_DASHES, k.TO):
            raise cursor.refuse("the second date of two is missing")
        right = qualified_date(cursor)
        share(cursor, left, right)
        start, end = self._finish(left), self._finish(right)
        cursor.notes.append("between: at some time from the first to the last, both included")
        if start.first == end.first and start.last is end.last is None:
            return start.first
        return f"[{start.first}..{end.last or end.first}]"

    def beyond(self, token: Token) -> str:
        """Read `before 1900`, in which 1900 is not included, or `not after 1900`, in which it is."""
        piece = qualified_date(self.cursor)
        found = self._finish(piece)
        calendar = self.calendar or Calendar.GREGORIAN
        mark = found.first[-1] if found.first[-1] in "?~%" else ""
        if piece.is_year_unknown:
            raise DateTextError("the year is missing", piece.end)
        match token.kind:
            case k.BEFORE:
                return f"[..{day_text(day_before(found.earliest, calendar))}{mark}]"
            case k.AFTER:
                return f"[{day_text(day_after(found.latest, calendar))}{mark}..]"
            case k.NOT_BEFORE:
                return f"[{found.first}..]"
        return f"[..{found.last or found.first}]"

    def until(self, _token: Token) -> str:
        """Read `until 1850`."""
        end = self._lone(self._date(in_interval=True))
        if self._is_unknown(k.START):
            return f"/{end}"
        return f"../{end}"

    def since(self, _token: Token) -> str:
        """Read `from 1914 to 1918`, `since 1850`."""
        cursor = self.cursor
        left = qualified_date(cursor)
        if cursor.kind() in _TO:
            return self._range(left)
        start = self._lone(self._finish(left, in_interval=True))
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
        for left, right in zip(pieces[-2::-1], pieces[:0:-1], strict=True):
            share(cursor, left, right)
        members = ",".join(self._finish(piece).member for piece in pieces)
        return f"[{members}]" if conjunction == k.OR else f"{{{members}}}"

    def all_until(self, _token: Token) -> str:
        """Read `all until 1850`."""
        return f"{{..{self._date().first}}}"

    def all_from(self, _token: Token) -> str:
        """Read `all from 1850 onwards`."""
        date = self._date()
        self.cursor.take(k.ONWARDS)
        return f"{{{date.first}..}}"

    def dash(self, _token: Token) -> str:
        """Read `–1850`, of which it is not said whether it began, nobody knows when, or has always been."""
        end = self._lone(self._date(in_interval=True))
        return f"{_OPEN[self.cursor.choose('open', 2)]}/{end}"

    def listed(self, token: Token) -> str:
        """Read the list that labels give of a set."""
        cursor = self.cursor
        members = []
        while True:
            if cursor.take(k.ALL_UNTIL):
                members.append(f"..{self._date().first}")
            elif cursor.take(k.ALL_FROM):
                members.append(f"{self._date().first}..")
                cursor.take(k.ONWARDS)
            else:
                first = self._date()
                if cursor.take(k.OR_LATER):
                    members.append(f"{first.first}..")
                elif cursor.take(k.OR_EARLIER):
                    members.append(f"..{first.first}")
                elif cursor.take(k.TO):
                    members.append(f"{first.first}..{self._date().first}")
                else:
                    members.append(first.member)
            if not cursor.take(",", ";"):
                break
        text = ",".join(members)
        return f"[{text}]" if token.kind == k.ONE_OF else f"{{{text}}}"

    def _date(self, *, in_interval: bool = False) -> Dated:
        return self._finish(qualified_date(self.cursor), in_interval=in_interval)

    def _single(self, piece: Piece) -> Dated:
        return self._finish(piece)

    def _finish(self, piece: Piece, *, in_interval: bool = False) -> Dated:
        if piece.calendar is not None:
            if self.calendar not in (None, piece.calendar):
                raise DateTextError("two calendars are said of one date", piece.start, piece.end)
            self.calendar = piece.calendar
        found = dated(piece, piece.calendar or self.calendar or Calendar.GREGORIAN, in_interval=in_interval)
        self.cursor.notes += found.notes
        return found

    def _lone(self, found: Dated) -> str:
        """Return one date, as the end of an interval must be: of several, the least one that has them all."""
        if found.last is None:
            return found.first
        (year, month, _), (last_year, last_month, _) = found.earliest, found.latest
        whole = least_mask(year, last_year)
        if whole is None:
            raise DateTextError(
                "the ends of an interval are dates, and one of these is several; give it years or days", 0
            )
        if (year, month) == (last_year, last_month):
            whole += f"-{month:02}"
        mark = found.first[-1] if found.first[-1] in "?~%" else ""
        self.cursor.notes.append(
            f"an end of an interval is one date: {found.first} to {found.last} is told as {whole}{mark}"
        )
        return f"{whole}{mark}"


_EXPRESSIONS: Final[dict[str, Callable[[_Reader, Token], str]]] = {
    k.ONE_OF: _Reader.listed,
    k.ALL_OF: _Reader.listed,
    k.ALL_UNTIL: _Reader.all_until,
    k.ALL_FROM: _Reader.all_from,
    k.BETWEEN: _Reader.between,
    k.BEFORE: _Reader.beyond,
    k.AFTER: _Reader.beyond,
    k.NOT_BEFORE: _Reader.beyond,
    k.NOT_AFTER: _Reader.beyond,
    k.UNTIL: _Reader.until,
    k.TO: _Reader.until,
    k.FROM: _Reader.since,
    k.START: _Reader.open_ends,
    "\N{EN DASH}": _Reader.dash,
}
"""What an expression can begin with, apart from a date."""
