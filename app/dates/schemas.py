"""What `GET /v1/dates` takes and answers."""

from typing import Annotated, Final

from pydantic import Field
from typing_extensions import TypedDict

from app.records.historical_date import DayRange
from app.schemas.parameters import FormatParameter
from app.values.calendar import Calendar


class DateQuery(FormatParameter):
    """The date to be explained."""

    # Its length is the parser's to refuse: it says at which character.
    edtf: str = Field(
        description="The value: EDTF (ISO 8601-2:2019), levels 0 to 2.",
        examples=["1967-03~/1975"],
        json_schema_extra={"maxLength": 1000},
    )
    calendar: Calendar = Field(
        Calendar.GREGORIAN,
        description="The calendar that its digits are of. Bounds are always Gregorian.",
        examples=["gregorian"],
    )


class ExplainedDate(TypedDict):
    """What an EDTF value means."""

    edtf: Annotated[str, Field(description="The value as it was given.")]
    calendar: Calendar
    level: Annotated[
        int, Field(ge=0, le=2, description="The lowest level of the standard that has all of its notation.")
    ]
    start: DayRange
    end: DayRange
    qualified: Annotated[bool, Field(description="Whether it is uncertain or approximate.")]
    label: Annotated[str, Field(description="The date for people to read.")]


EXAMPLE: Final = {
    "edtf": "1967-03~/1975",
    "calendar": "gregorian",
    "level": 1,
    "start": {"earliest": "1967-03-01", "latest": "1967-03-31"},
    "end": {"earliest": "1975-01-01", "latest": "1975-12-31"},
    "qualified": True,
    "label": "c. March 1967 to 1975",
}
"""The response to the examples of the parameters."""
