"""What merging takes and answers, described."""

from typing import Final

from pydantic import BaseModel, ConfigDict, Field

from app.records.scalars import Reference


class MergeRequest(BaseModel):
    """The body of a merge: the record that goes, and the one that stays."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    from_: Reference = Field(alias="from", description="The record that goes: a reference.")
    into: Reference = Field(description="The record that stays, of the same kind: a reference.")


MERGE_SCHEMA: Final = {
    "type": "object",
    "required": ["id", "href", "from", "into", "at", "by", "state", "moved", "pending"],
    "properties": {
        "id": {"type": "integer"},
        "href": {"type": "string"},
        "from": {"type": "string", "description": "The record that is gone; it redirects."},
        "into": {"type": "string", "description": "The record that stays."},
        "at": {"type": "string", "format": "date-time"},
        "by": {"type": "string"},
        "state": {"enum": ["running", "done", "undone"]},
        "moved": {
            "type": "integer",
            "description": "Records whose references were moved; once it is being undone, moved back.",
        },
        "pending": {
            "type": "integer",
            "description": "Records whose references are still to be, there or back.",
        },
        "undone_at": {
            "type": "string",
            "format": "date-time",
            "description": "When it was undone; while the state is `running`, when that was begun.",
        },
    },
}

MERGE_EXAMPLE: Final = {"from": "actors/h-chavez", "into": "actors/hugo-chavez"}

MERGE_ID: Final = {
    "name": "id",
    "in": "path",
    "required": True,
    "description": "The number of the merge.",
    "schema": {"type": "integer", "minimum": 1},
}
