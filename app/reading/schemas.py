"""What reading one record takes."""

from collections.abc import Iterator
from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic.json_schema import SkipJsonSchema
from pydantic_core import PydanticCustomError

from app.errors import Fault
from app.filters.dates import asked_days
from app.reading.chosen_names import NameChoice
from app.records.kinds import RecordKind
from app.schemas.parameters import (
    BomParameter,
    Edtf,
    FieldsParameter,
    FormatParameter,
    IncludeParameter,
    LanguageParameter,
    PolicyParameter,
    with_examples,
    with_field_names,
)
from app.values.timestamps import parse_rfc3339


def _moment(value: str) -> str:
    try:
        parse_rfc3339(value)
    except ValueError:
        detail = "Give a moment with its offset (RFC 3339), such as 2026-01-03T12:00:00Z; write + as %2B."
        raise PydanticCustomError("invalid_moment", "{detail}", {"detail": detail}) from None
    return value


KnownMoment = Annotated[str, AfterValidator(_moment)] | SkipJsonSchema[None]
"""A moment (RFC 3339), if one is given."""


class KnownAtParameter(FormatParameter):
    """As of when a record is read."""

    known_at: KnownMoment = Field(
        None,
        description="The record as this service had it at that moment (RFC 3339): 404 before it was born, 410 while it "
        "was deleted, itself before it was merged. The document alone, and no other parameter.",
        json_schema_extra={"format": "date-time"},
    )


class NameParameters(LanguageParameter):
    """Which of their names records are shown with."""

    when: Edtf = Field(
        None,
        description="An EDTF date: each `title` is the first of the names that certainly held then, else of those that "
        "possibly did, where there is one; in `lang`, where one of them is. `format=geojson` shows where a place was then.",
        examples=["1500"],
    )

    @property
    def names(self) -> NameChoice:
        """Which names are wanted."""
        return NameChoice(self.lang, None if self.when is None else asked_days(self.when))


class RecordQuery(
    KnownAtParameter, BomParameter, IncludeParameter, FieldsParameter, PolicyParameter, NameParameters
):
    """What of a record is read, and as whom."""

    def rules(self) -> Iterator[Fault]:
        """Refuse what does not go with `known_at`."""
        if self.known_at is not None:
            for name in sorted(self.model_fields_set - {"known_at", "format"}):
                yield Fault(
                    "conflicting_parameter", "Leave this out where known_at is given.", parameter=name
                )


def record_query(kind: RecordKind) -> type[RecordQuery]:
    """Give the query of a record of some kind."""

    class RecordQueryOfKind(RecordQuery):
        """What of a record of this kind is read."""

    RecordQueryOfKind.kind = kind
    model = with_field_names(RecordQueryOfKind, kind)
    # No source has evidence about a source.
    return with_examples(model, policy="preferred") if kind.kind == "source" else model
