"""What is proposed in place of a text that is no EDTF."""

from app.values.calendar import Calendar
from app.values.date_text.errors import DateTextError
from app.values.date_text.reading import read_date_text


def suggested_edtf(text: str, calendar: Calendar = Calendar.GREGORIAN) -> str | None:
    """Return the EDTF that a text means; None where it is not understood, means several dates or none.

    None as well where its words name another calendar, and its digits are not those of `calendar`.
    """
    try:
        reading = read_date_text(text).decided
    except DateTextError:
        return None
    if reading is None or reading.edtf == text:
        return None
    return reading.edtf if reading.calendar is Calendar.GREGORIAN or reading.digits is calendar else None
