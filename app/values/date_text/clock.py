"""Times of day."""

from app.values.date_text import kinds as k
from app.values.date_text.cursor import Cursor
from app.values.date_text.errors import DateTextError
from app.values.date_text.pieces import Piece


def add_clock(cursor: Cursor, piece: Piece) -> None:
    """Read a time of day: `14:30`, `2:30:00 pm`, `14:30:00 UTC+05:30`."""
    ahead = 1 if cursor.kind() == "," else 0
    hour, colon, minute = cursor.following(3, ahead)
    if (hour.kind, colon.kind, minute.kind) != (k.NUMBER, ":", k.NUMBER) or minute.digits != 2:
        return
    cursor.at += ahead + 3
    hours, seconds = hour.value, 0
    if cursor.kind() == ":" and cursor.kind(1) == k.NUMBER:
        seconds = cursor.peek(1).value
        cursor.at += 2
    zone = ""
    if (token := cursor.take(k.CLOCK)) is not None:
        if token.value == "utc":
            zone = _zone(cursor)
        else:
            if not 1 <= hours <= 12:
                raise DateTextError("there is no such time of day", hour.start, token.end)
            hours = hours % 12 + (12 if token.value == "pm" else 0)
    if hours > 24 or minute.value > 59 or seconds > 59:
        raise DateTextError("there is no such time of day", hour.start, cursor.peek(-1).end)
    piece.clock = f"T{hours:02}:{minute.value:02}:{seconds:02}{zone}"
    piece.end = cursor.peek(-1).end


def _zone(cursor: Cursor) -> str:
    sign = cursor.take("+", "-")
    if sign is None:
        return "Z"
    hours = cursor.take(k.NUMBER)
    if hours is None or not cursor.take(":"):
        raise cursor.refuse()
    minutes = cursor.take(k.NUMBER)
    if minutes is None:
        raise cursor.refuse()
    return f"{sign.value}{hours.value:02}:{minutes.value:02}"
