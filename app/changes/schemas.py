"""What `GET /v1/changes` takes and answers."""

from typing import Annotated, Final, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from app.database.revisions import Action
from app.schemas.parameters import FormatParameter
from app.schemas.query_model import WholeNumber
from app.schemas.responses import Moment, PagePath

_LAST: Final = 2**63 - 1


class ChangesQuery(FormatParameter):
    """Which part of the feed is read."""

    after: Annotated[int, WholeNumber(0, _LAST)] = Field(0, description="Only changes past this number.")
    limit: Annotated[int, WholeNumber(1, 1000)] = Field(50, description="How many at most.")


class Change(TypedDict):
    """One write of a record."""

    seq: Annotated[int, Field(ge=1)]
    at: Moment
    by: Annotated[str, Field(description="The label of the key it was written with.")]
    action: Action
    ref: Annotated[str, Field(description="The record that was written.")]
    revision: Annotated[int, Field(ge=1)]
    merge: NotRequired[
        Annotated[int, Field(ge=1, description="The merge that made it, or that was undone by it.")]
    ]


class ChangesPage(TypedDict):
    """Changes in order."""

    items: list[Change]
    next: PagePath
