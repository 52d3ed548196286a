"""What is taken and answered where formats are described."""

from typing import Any, Literal

from pydantic import Field
from typing_extensions import TypedDict

from app.schemas.parameters import FormatParameter
from app.schemas.query_model import CommaList


class TableQuery(FormatParameter):
    """Which columns of a table are described."""

    fields: CommaList = Field(
        (), description="Only the columns of these fields.", examples=[["title", "date"]]
    )
    titles: Literal["recorded", "chosen"] = Field(
        "recorded",
        description="`chosen`: the table has titles that `lang` or `when` chose, and the columns `title_language` and "
        "`title_recorded`.",
        examples=["recorded"],
    )


class FormatSummary(TypedDict):
    """A format, what it is for, and what becomes of a record in it."""

    name: str
    media_type: str
    suffix: str
    uses: list[str]
    paged: bool
    installed: bool
    rule: str


class FormatList(TypedDict):
    """Every format."""

    items: list[FormatSummary]


TableSchema = TypedDict(
    "TableSchema",
    {
        "$schema": str,
        "title": str,
        "fields": list[dict[str, Any]],
        "missingValues": list[str],
        "primaryKey": str,
    },
)
"""The Frictionless Table Schema (v1) of a kind of record's table."""

ContextDocument = TypedDict("ContextDocument", {"@context": dict[str, Any]})
"""A JSON-LD 1.1 context."""
