"""What merging takes and answers."""

from typing import Annotated, Final, Literal, NotRequired

from pydantic import BaseModel, ConfigDict, Field, StrictBool
from pydantic.json_schema import SkipJsonSchema
from typing_extensions import TypedDict

from app.records.kinds import EXAMPLES
from app.records.scalars import Id, Reference
from app.schemas.example_documents import EXAMPLE_DOCUMENTS
from app.schemas.parameters import CursorParameter, FormatParameter, LimitParameter, ReferenceText
from app.schemas.responses import Moment, PagePath


class MergeRequest(BaseModel):
    """The body of a merge: the record that goes, and the one that stays."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    from_: Reference = Field(alias="from", description="The record that goes: a reference.")
    into: Reference = Field(description="The record that stays, of the same kind: a reference.")
    aliases: StrictBool = Field(
        default=True,
        description="Whether the record that stays takes over the names of the other: its title and aliases as "
        "`aliases`, its `labels`, where it has none in the language (else as `names` in it), and its `names`.",
    )


ListedMerge = TypedDict(
    "ListedMerge",
    {
        "id": int,
        "href": str,
        "from": Annotated[str, Field(description="The record that is gone; it redirects.")],
        "into": Annotated[str, Field(description="The record that stays.")],
        "at": Moment,
        "by": str,
        "state": Literal["running", "done", "undone"],
        "undone_at": NotRequired[
            Annotated[
                Moment,
                Field(description="When it was undone; while the state is `running`, when that was begun."),
            ]
        ],
    },
)
"""A merge as lists show it."""


class MergeState(ListedMerge):
    """A merge as it stands."""

    moved: Annotated[
        int,
        Field(
            description="Other records whose references were moved; once it is being undone, moved back.",
            ge=0,
        ),
    ]
    pending: Annotated[
        int, Field(description="Records whose references are still to be, there or back.", ge=0)
    ]


class MergesQuery(FormatParameter, CursorParameter, LimitParameter):
    """Which merges are listed."""

    ref: ReferenceText | SkipJsonSchema[None] = Field(
        None,
        description="Only those of one record: of it into another, and of others into it. Of a merged record these are "
        "its own merges, not those of the record that stays.",
        examples=["actors/hugo-chavez"],
    )


class MergesPage(TypedDict):
    """Merges, the latest first."""

    items: list[ListedMerge]
    next: PagePath
    prev: PagePath


class RenameRequest(BaseModel):
    """The body of a renaming."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    to: Id = Field(description="The id that the record is to have.", examples=["hugo-chavez-frias"])


MERGE_EXAMPLE: Final = {
    "from": f"events/{EXAMPLE_DOCUMENTS['event']['id']}",
    "into": f"events/{EXAMPLES['event']}",
}
