"""Explains an EDTF value, and a text that is a date."""

from typing import Final

from app.dates.schemas import DateOfText, DateReading, ExplainedDate
from app.errors import BadRequest, Fault
from app.records.historical_date import DayRange
from app.values.calendar import Calendar
from app.values.date_text.reading import DateTextError, Language, Order, read_date_text
from app.values.date_text.suggestion import suggested_edtf
from app.values.edtf.nodes import EdtfError
from app.values.edtf.value import EdtfValue, parse_edtf

NO_DATE: Final = Fault("missing_date", "Give edtf, such as 1967-03~/1975, or text.", parameter="edtf")


def explain(edtf: str, calendar: Calendar) -> ExplainedDate:
    """Return what an EDTF value means.

    Raises:
        BadRequest: it is none; with the place, and what may be meant.
    """
    try:
        return _explained(parse_edtf(edtf, calendar), calendar)
    except EdtfError as error:
        character = error.position + 1
        detail = f"At character {character}: {error.reason}."
        meant = suggested_edtf(edtf, calendar)
        raise BadRequest(
            f"This is not an EDTF date: {error.reason}, at character {character}.",
            code="invalid_edtf",
            faults=[Fault("invalid_edtf", detail, parameter="edtf", suggestion=meant)],
            extra={"character": character},
        ) from error


def read_text(text: str, language: Language | None, order: Order | None) -> DateOfText:
    """Return every date that a text can mean.

    Raises:
        BadRequest: part of it is not understood; with the place.
    """
    try:
        found = read_date_text(text, language, order)
    except DateTextError as error:
        character = error.position + 1
        where = (
            f"character {character}" if error.end <= character else f"characters {character} to {error.end}"
        )
        raise BadRequest(
            f"This cannot be read as a date: {error.reason}, at {where}.",
            code="unreadable_date",
            faults=[Fault("unreadable_date", f"At {where}: {error.reason}.", parameter="text")],
            extra={"character": character},
        ) from error
    answer: DateOfText = {
        "text": text,
        "edtf": None,
        "understood": None,
        "readings": [
            DateReading(edtf=one.edtf, calendar=one.calendar, understood=one.understood)
            for one in found.readings
        ],
        "calendar": None,
        "level": None,
        "start": None,
        "end": None,
        "qualified": None,
        "label": None,
    }
    decided = found.decided
    if decided is not None:
        answer["understood"] = decided.understood
        if decided.value is not None:
            return {**answer, **_explained(decided.value, decided.digits), "calendar": decided.calendar}
    return answer


def _explained(value: EdtfValue, calendar: Calendar) -> ExplainedDate:
    bounds = value.span.bounds
    return ExplainedDate(
        edtf=value.text,
        calendar=calendar,
        level=value.level,
        start=DayRange.of(bounds.s1, bounds.s2),
        end=DayRange.of(bounds.e1, bounds.e2),
        qualified=value.qualified,
        label=value.label,
    )
