"""What `GET /v1/changes` takes and answers."""

from typing import Annotated, Final

from pydantic import Field
from typing_extensions import TypedDict

from app.database.revisions import Action
from app.schemas.query_model import FormatParameter, WholeNumber

_LAST: Final = 2**63 - 1


class ChangesQuery(FormatParameter):
    """Which part of the feed is read."""

    after: Annotated[int, WholeNumber(0, _LAST)] = Field(0, description="Only changes past this number.")
    limit: Annotated[int, WholeNumber(1, 1000)] = Field(50, description="How many at most.")


class Change(TypedDict):
    """One write of a record."""

    seq: Annotated[int, Field(ge=1)]
    at: Annotated[str, Field(json_schema_extra={"format": "date-time"})]
    by: Annotated[str, Field(description="The label of the key it was written with.")]
    action: Action
    ref: Annotated[str, Field(description="The record that was written.")]
    revision: Annotated[int, Field(ge=1)]


class ChangesPage(TypedDict):
    """Changes in order."""

    items: list[Change]
    next: Annotated[str | None, Field(description="The path of the page, or null where there is none.")]
