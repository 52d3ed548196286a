"""What is taken and answered where formats are described."""

from typing import Annotated, Any, Literal, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from app.formats.format import Use
from app.schemas.json_schema import described_by
from app.schemas.parameter_types import CommaList
from app.schemas.parameters import FormatParameter, field_names


class TableQuery(FormatParameter):
    """Which columns of a table are described."""

    fields: CommaList = Field(
        (),
        description="Only the columns of these fields.",
        examples=[["title", "date"]],
        json_schema_extra={"items": {"type": "string", "enum": field_names()}},
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
    uses: list[Use]
    paged: bool
    installed: bool
    rule: str


class FormatList(TypedDict):
    """Every format."""

    items: list[FormatSummary]


class TableConstraints(TypedDict):
    """What the cells of a column must be (Table Schema, "Constraints")."""

    required: NotRequired[bool]
    pattern: NotRequired[str]
    maxLength: NotRequired[int]


class TableField(TypedDict):
    """A column of a table (Table Schema, "Field Descriptors")."""

    name: str
    description: str
    type: Literal["string", "integer", "number", "boolean", "geojson"]
    constraints: NotRequired[TableConstraints]
    trueValues: NotRequired[list[str]]
    falseValues: NotRequired[list[str]]


TableSchema = TypedDict(
    "TableSchema",
    {
        "$schema": str,
        "title": str,
        "fields": list[TableField],
        "missingValues": list[str],
        "primaryKey": str,
    },
)
"""The Frictionless Table Schema (v1) of a kind of record's table."""

ContextDocument = TypedDict(
    "ContextDocument",
    {"@context": Annotated[dict[str, Any], described_by("LinkedDataContext")]},
)
"""A JSON-LD 1.1 context."""
