"""The body of a revert."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from app.database.revisions import MAX_REVISION
from app.records.scalars import Count, rule_error


def _numbered(revision: int) -> int:
    if not 0 < revision <= MAX_REVISION:
        raise rule_error("out_of_range", "Give the number of a revision: 1 or more.")
    return revision


class RevertRequest(BaseModel):
    """The body of a revert."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    to: Annotated[Count, AfterValidator(_numbered)] = Field(
        description="The revision to go back to.", json_schema_extra={"minimum": 1, "maximum": MAX_REVISION}
    )
