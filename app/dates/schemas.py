"""What `GET /v1/dates` takes and answers."""

from collections.abc import Iterator
from typing import Annotated, Final

from pydantic import Field
from pydantic.json_schema import SkipJsonSchema
from typing_extensions import TypeAliasType, TypedDict

from app.errors import Fault
from app.records.historical_date import DayRange
from app.schemas.parameters import FormatParameter
from app.schemas.query_model import Needs
from app.values.calendar import Calendar
from app.values.calendars.rules import OtherCalendar
from app.values.date_text.reading import Language, Order

_CALENDAR: Final = "The calendar that it is written in. With `julian` the digits of `edtf` are Julian, with any other Gregorian."


class DateQuery(FormatParameter):
    """The date to be explained: as EDTF, or in the words of somebody."""

    # Its length is the parser's to refuse: it says at which character.
    edtf: str | SkipJsonSchema[None] = Field(
        None,
        description="The value: EDTF (ISO 8601-2:2019), levels 0 to 2. Give this or `text`.",
        examples=["1967-03~/1975"],
        # Asked as it stands: one of the two has to be given.
        json_schema_extra={"maxLength": 1000, "example": "1967-03~/1975"},
    )
    text: str | SkipJsonSchema[None] = Field(
        None,
        description="A date as people write it: `c. 1850`, `12 de octubre de 1492`, `late 19th c.`, `264-241 BC`, "
        "`5 Nisan 5708`, `1300 AH`.",
        examples=["early 1920s"],
        json_schema_extra={"maxLength": 1000},
    )
    lang: Annotated[Language | SkipJsonSchema[None], Needs("text")] = Field(
        None, description="The language of `text`; without it, each of these is tried.", examples=["en"]
    )
    order: Annotated[Order | SkipJsonSchema[None], Needs("text")] = Field(
        None,
        description="The order of day, month and year in numbers such as `3/4/1848` and `1904-05`; without it, both "
        "readings are told. With dots (`12.03.1848`) the day comes first unless this says otherwise.",
        examples=["dmy"],
    )
    calendar: Annotated[Calendar, Needs("edtf")] = Field(
        Calendar.GREGORIAN,
        description="The calendar that the digits of `edtf` are of; `text` says it itself (`O.S.`, `AH`). Bounds are always "
        "Gregorian.",
        examples=["gregorian"],
    )

    def rules(self) -> Iterator[Fault]:
        """Refuse two dates at once."""
        if self.edtf is not None and self.text is not None:
            yield Fault("conflicting_parameter", "Give edtf or text, not both.", parameter="text")


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


class DateReading(TypedDict):
    """One date that a text can mean."""

    edtf: Annotated[str | None, Field(description="The value; null: the text says that there is no date.")]
    calendar: Annotated[Calendar | OtherCalendar, Field(description=_CALENDAR)]
    understood: Annotated[str, Field(description="What was understood, in English.")]


class DateOfText(TypedDict):
    """What a text can mean as a date. Where it is one date, with what `edtf` is explained with; else these are null."""

    text: Annotated[str, Field(description="The text as it was given.")]
    edtf: Annotated[
        str | None, Field(description="The date, if it is the only one that can be meant and there is one.")
    ]
    understood: Annotated[
        str | None, Field(description="What was understood, in English; null: several dates can be meant.")
    ]
    readings: Annotated[list[DateReading], Field(min_length=1, description="Every date that can be meant.")]
    calendar: Annotated[Calendar | OtherCalendar | None, Field(description=_CALENDAR)]
    level: Annotated[int, Field(ge=0, le=2)] | None
    start: DayRange | None
    end: DayRange | None
    qualified: bool | None
    label: str | None


DateExplanation = TypeAliasType("DateExplanation", ExplainedDate | DateOfText)
"""What a date means: one that is EDTF, or one as people write it."""

EXAMPLE: Final = {
    "edtf": "1967-03~/1975",
    "calendar": "gregorian",
    "level": 1,
    "start": {"earliest": "1967-03-01", "latest": "1967-03-31"},
    "end": {"earliest": "1975-01-01", "latest": "1975-12-31"},
    "qualified": True,
    "label": "c. March 1967 to 1975",
}
"""The response to the examples of `edtf` and `calendar`."""
