"""Dates of records: the EDTF text as it was given, and the members derived from it.

The derived members (`start`, `end`, `qualified`, `label`) are computed whenever a date is parsed, from a
client and from the database alike, so that a document is always rendered by the rules of the running code.
What a client sends for them is ignored.
"""

from collections.abc import Mapping
from functools import lru_cache, partial
from typing import Annotated, Any, Final, Literal, NamedTuple, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    model_validator,
)

from app.records.construct import construct_unvalidated
from app.records.list_rules import raise_errors
from app.records.scalars import LongLine, Note, rule_error
from app.records.term_fields import ValidationContext
from app.values.calendar import Calendar as CalendarOfDigits
from app.values.date_text.suggestion import suggested_edtf
from app.values.edtf.nodes import EdtfError
from app.values.edtf.pattern import EDTF_PATTERN
from app.values.edtf.value import EdtfValue, parse_edtf, shown
from app.values.known_bounds import known_bounds
from app.values.timespan import Timespan

DERIVED: Final = frozenset({"start", "end", "qualified", "label"})
"""The members of a date that are computed, never taken from a client."""

MAX_SET_MEMBERS: Final = 2500
"""How many dates the sets of one record may have, taken together: each costs as much as a date of its own."""

_TOO_MANY_MEMBERS: Final = (
    f"The sets before this one have {MAX_SET_MEMBERS:,} dates already; give an interval, or fewer dates."
)

_UNWRITTEN: Final = "Give the date as it is written in the calendar {}: the digits of edtf are Gregorian, and only the words tell."

_MAX_EDTF: Final = 1000
_MAX_CACHED: Final = 64
Calendar = Literal[
    "gregorian",
    "julian",
    "hebrew",
    "islamic",
    "french-republican",
    "coptic",
    "ethiopian",
    "persian",
    "indian",
    "chinese",
]
"""The calendar that a date was written in: of its EDTF text only the Julian changes what the digits mean."""

_OF_DIGITS: Final = frozenset({"gregorian", "julian"})


class DayRange(BaseModel):
    """The earliest and latest day something can have been; null where it is open."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    earliest: str | None = Field(
        description="ISO 8601 day; null: no bound is known.", examples=["1967-01-01"]
    )
    latest: str | None = Field(description="ISO 8601 day; null: no bound is known.", examples=["1967-12-31"])

    @classmethod
    def of(cls, earliest: int, latest: int) -> Self:
        """Make it of two bounds, in days as `app.values.timespan` has them."""
        members = {"earliest": shown(earliest), "latest": shown(latest)}
        return construct_unvalidated(cls, members, members.keys())


class Derived(NamedTuple):
    """What follows from an EDTF text."""

    value: EdtfValue
    start: DayRange
    end: DayRange


def _digits_of(calendar: Calendar) -> CalendarOfDigits:
    return CalendarOfDigits.JULIAN if calendar == "julian" else CalendarOfDigits.GREGORIAN


def _derive(text: str, calendar: Calendar) -> Derived:
    value = parse_edtf(text, _digits_of(calendar))
    bounds = value.span.bounds
    start = DayRange.of(bounds.s1, bounds.s2)
    # Most dates begin and end within the same days.
    same = bounds.s1 == bounds.e1 and bounds.s2 == bounds.e2
    return Derived(value, start, start if same else DayRange.of(bounds.e1, bounds.e2))


_derive_short = lru_cache(maxsize=8192)(_derive)


def _derived(text: str, calendar: Calendar) -> Derived:
    # A set can hold hundreds of spans, so only the values of short texts are cached.
    return _derive_short(text, calendar) if len(text) <= _MAX_CACHED else _derive(text, calendar)


class HistoricalDate(BaseModel):
    """A date as it was written, with the bounds that follow from it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    edtf: Annotated[
        str, Field(min_length=1, max_length=_MAX_EDTF, json_schema_extra={"pattern": EDTF_PATTERN})
    ] = Field(
        description="The date in EDTF (ISO 8601-2:2019, levels 0 to 2), kept to the letter.",
        examples=["1967", "1962-10-14/1962-10-28", "196X", "1959-01-01~"],
    )
    calendar: Calendar | None = Field(
        default=None,
        description=(
            "The calendar that it was written in. With `julian` the digits of `edtf` are Julian; with any other "
            "they are Gregorian, and all but `gregorian` (as is assumed) need `as_written`."
        ),
        examples=["julian"],
    )
    as_written: LongLine | None = Field(
        default=None,
        description="The date in the words of a source.",
        examples=["early in the rainy season of 1967"],
    )
    note: Note | None = Field(default=None, description="The editor's words on the date.")
    start: DayRange | None = Field(
        default=None, description="When it began. Set by the server.", json_schema_extra={"readOnly": True}
    )
    end: DayRange | None = Field(
        default=None, description="When it ended. Set by the server.", json_schema_extra={"readOnly": True}
    )
    qualified: bool | None = Field(
        default=None,
        description="Whether the date is uncertain or approximate (`?`, `~`, `%`). Set by the server.",
        json_schema_extra={"readOnly": True},
    )
    label: str | None = Field(
        default=None,
        description="The date for people to read. Set by the server.",
        examples=["c. 44 BCE"],
        json_schema_extra={"readOnly": True},
    )

    @property
    def value(self) -> EdtfValue:
        """The value that the text stands for."""
        return _derived(self.edtf, self.calendar or "gregorian").value

    @model_validator(mode="after")
    def _derive_members(self, info: ValidationInfo) -> Self:
        around: ValidationContext | None = info.context if self.edtf[0] in "[{" else None
        if around is not None and around.set_members >= MAX_SET_MEMBERS:
            raise rule_error("too_long", _TOO_MANY_MEMBERS)
        try:
            derived = _derived(self.edtf, self.calendar or "gregorian")
        except EdtfError as error:
            suggest = partial(suggested_edtf, self.edtf, _digits_of(self.calendar or "gregorian"))
            raise rule_error("invalid_edtf", _sentence(error), suggest=suggest) from None
        if around is not None:
            around.set_members += len(derived.value.span.members)
        if self.calendar is not None and self.calendar not in _OF_DIGITS and self.as_written is None:
            raise_errors([(("as_written",), rule_error("missing", _UNWRITTEN.format(self.calendar)))])
        # The model is frozen; this still belongs to its construction.
        self.__dict__.update(
            start=derived.start, end=derived.end, qualified=derived.value.qualified, label=derived.value.label
        )
        return self


def _sentence(error: EdtfError) -> str:
    return f"Give a date in EDTF: {error.reason}, at character {error.position + 1}."


def with_known_bounds(document: Any) -> Any:
    """Return a document whose dates have null for bounds that only follow from an unknown year (`XXXX-01-03`)."""
    if isinstance(document, list):
        return [with_known_bounds(item) for item in document]
    if not isinstance(document, dict):
        return document
    if "edtf" not in document or not isinstance(document.get("start"), dict):
        return {name: with_known_bounds(member) for name, member in document.items()}
    bounds = known_bounds(_derived(document["edtf"], document.get("calendar", "gregorian")).value)
    days = (None,) * 4 if bounds is None else map(shown, (bounds.s1, bounds.s2, bounds.e1, bounds.e2))
    s1, s2, e1, e2 = days
    return {**document, "start": {"earliest": s1, "latest": s2}, "end": {"earliest": e1, "latest": e2}}


def span_of(date: Mapping[str, Any]) -> Timespan:
    """Return the span of a date as documents show it."""
    return _derived(date["edtf"], date.get("calendar", "gregorian")).value.span


def checked_edtf(text: str) -> str:
    """Accept a text that is a date in EDTF, unchanged."""
    try:
        _derived(text, "gregorian")
    except EdtfError as error:
        raise rule_error("invalid_edtf", _sentence(error), suggest=partial(suggested_edtf, text)) from None
    return text


def _as_object(given: Any) -> Any:
    if isinstance(given, str):
        return {"edtf": given}
    if isinstance(given, Mapping) and not DERIVED.isdisjoint(given):
        return {name: value for name, value in given.items() if name not in DERIVED}
    if not isinstance(given, Mapping | HistoricalDate):
        raise rule_error("wrong_type", "Give a date in EDTF as text, or an object that has it as edtf.")
    return given


def _interval(date: HistoricalDate) -> HistoricalDate:
    if "/" not in date.edtf:
        raise rule_error(
            "not_an_interval", "Give an interval: two dates with a slash, or '..' for an open end."
        )
    return date


_TEXT = Annotated[
    str,
    Field(
        max_length=_MAX_EDTF,
        description="EDTF text alone.",
        examples=["1967"],
        json_schema_extra={"pattern": EDTF_PATTERN},
    ),
]

Date = Annotated[HistoricalDate, BeforeValidator(_as_object, json_schema_input_type=_TEXT | HistoricalDate)]
"""A date as a field: written as EDTF text or an object, read as an object."""

Interval = Annotated[Date, AfterValidator(_interval)]
"""A date that must be an interval."""
