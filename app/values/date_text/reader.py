"""What the readers of expressions share: all dates of a text are of one calendar, and an end of an interval is one date."""

from app.values.calendar import Calendar
from app.values.date_text.cursor import Cursor
from app.values.date_text.dated import dated
from app.values.date_text.errors import DateTextError
from app.values.date_text.pieces import Dated, Piece
from app.values.date_text.qualified import qualified_date
from app.values.year_masks import least_mask


class DateReader:
    """Makes dates of the tokens of one text.

    Attributes:
        cursor: the tokens.
        calendar: the calendar that is said; None: none is said yet.
    """

    def __init__(self, cursor: Cursor, calendar: Calendar | None) -> None:
        """Begin at the cursor."""
        self.cursor = cursor
        self.calendar = calendar

    def date(self, *, in_interval: bool = False) -> Dated:
        """Read one date."""
        return self.finish(qualified_date(self.cursor), in_interval=in_interval)

    def finish(self, piece: Piece, *, in_interval: bool = False) -> Dated:
        """Return a piece as a date, in the calendar of the text.

        Raises:
            DateTextError: something of it is missing, or does not exist.
        """
        if piece.calendar is not None:
            if self.calendar not in (None, piece.calendar):
                raise DateTextError("two calendars are said of one date", piece.start, piece.end)
            self.calendar = piece.calendar
        found = dated(piece, piece.calendar or self.calendar or Calendar.GREGORIAN, in_interval=in_interval)
        self.cursor.notes += found.notes
        return found

    def lone(self, found: Dated) -> str:
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
        whole += found.mark
        self.cursor.notes.append(
            f"an end of an interval is one date: {found.first} to {found.last} is told as {whole}"
        )
        return whole
