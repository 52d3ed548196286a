"""What `GET /v1/changes` takes and answers."""

from typing import Annotated, Final, Literal, NotRequired

from pydantic import Field, StringConstraints
from pydantic.json_schema import SkipJsonSchema
from typing_extensions import TypedDict

from app.database.api_keys import MAX_LABEL
from app.database.revisions import Action
from app.filters.attributes import GivenMoment, KindNames
from app.schemas.parameter_types import WholeNumber
from app.schemas.parameters import FormatParameter, ReferenceText
from app.schemas.query_model import QueryModel
from app.schemas.responses import ChangedFields, Moment, PagePath

_LAST: Final = 2**63 - 1

ChangesSort = Literal["seq", "-seq"]


class ChangesParameters(QueryModel):
    """Which part of the feed is read."""

    after: Annotated[int, WholeNumber(0, _LAST)] = Field(0, description="Only changes past this number.")
    before: Annotated[int, WholeNumber(1, _LAST)] | SkipJsonSchema[None] = Field(
        None, description="Only changes before this number.", examples=[1000]
    )
    sort: ChangesSort = Field(
        "seq",
        description="The order: `seq`, that of the commits, in which nothing is missed; `-seq`, the latest first.",
    )
    limit: Annotated[int, WholeNumber(1, 1000)] = Field(50, description="How many at most.")
    kind: KindNames = Field(
        (), description="Changes of records of any of these kinds, with commas.", examples=[["event"]]
    )
    ref: ReferenceText | SkipJsonSchema[None] = Field(
        None,
        description="Changes of one record, also where it was deleted since or merged into another.",
        examples=["places/havana"],
    )
    by: Annotated[str, StringConstraints(min_length=1, max_length=MAX_LABEL)] | SkipJsonSchema[None] = Field(
        None, description="Changes that were made with keys of this label.", examples=["seeds"]
    )
    since: GivenMoment = Field(
        None,
        description="A moment (RFC 3339); changes made at it or later, by their `at`.",
        json_schema_extra={"format": "date-time"},
        examples=["2026-01-01T00:00:00Z"],
    )


class ChangesQuery(FormatParameter, ChangesParameters):
    """Which part of the feed is read, and how it is answered."""


class Change(TypedDict):
    """One write of a record."""

    seq: Annotated[int, Field(ge=1, json_schema_extra={"format": "int64"})]
    at: Moment
    by: Annotated[str, Field(description="The label of the key it was written with.")]
    action: Action
    ref: Annotated[str, Field(description="The record that was written.")]
    revision: Annotated[int, Field(ge=1)]
    merge: NotRequired[
        Annotated[int, Field(ge=1, description="The merge that made it, or that was undone by it.")]
    ]
    fields: NotRequired[ChangedFields]


class ChangesPage(TypedDict):
    """Changes in order."""

    items: list[Change]
    next: PagePath
