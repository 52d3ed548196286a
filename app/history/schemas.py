"""What the history of a record takes and answers."""

from typing import Annotated, Literal, NotRequired

from pydantic import Field
from pydantic.json_schema import SkipJsonSchema
from typing_extensions import TypedDict

from app.database.revisions import MAX_REVISION, Action
from app.schemas.parameter_types import WholeNumber
from app.schemas.parameters import FormatParameter
from app.schemas.responses import ChangedFields, Moment, PagePath

RevisionNumber = Annotated[int, WholeNumber(1, MAX_REVISION)]


class RevisionsQuery(FormatParameter):
    """Which revisions are listed."""

    limit: Annotated[int, WholeNumber(1, 1000)] = Field(50, description="How many at most.")
    before: RevisionNumber | SkipJsonSchema[None] = Field(None, description="Only revisions before this one.")
    after: Annotated[int, WholeNumber(0, MAX_REVISION)] | SkipJsonSchema[None] = Field(
        None, description="Only revisions after this one."
    )


class DiffQuery(FormatParameter):
    """Which revisions are compared."""

    from_: RevisionNumber = Field(alias="from", description="The one revision.", examples=[1])
    to: RevisionNumber = Field(description="The other.", examples=[1])
    values: Literal["new", "both"] = Field(
        "new",
        description="`both`: what is replaced or removed comes beside the new value, as `old`; whoever applies the patch "
        "ignores it.",
        examples=["both"],
    )


class ImportedFile(TypedDict):
    """A file that was imported."""

    name: Annotated[
        str,
        Field(
            description="`body` where it came over HTTP; of a part of a form the name of its file, or else of the part."
        ),
    ]
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class RevisionImport(TypedDict):
    """The import that wrote a revision."""

    id: Annotated[int, Field(ge=1)]
    comment: NotRequired[str]
    files: Annotated[list[ImportedFile], Field(description="What it read, mappings and joined tables too.")]


# `import` is a keyword of Python.
_WrittenByImport = TypedDict("_WrittenByImport", {"import": NotRequired[RevisionImport]})


class RevisionSummary(_WrittenByImport):
    """One write of a record: who wrote it, when and why."""

    revision: Annotated[int, Field(ge=1)]
    at: Moment
    by: Annotated[str, Field(description="The label of the key it was written with.")]
    action: Action
    comment: NotRequired[str]
    merge: NotRequired[
        Annotated[int, Field(ge=1, description="The merge that made it, or that was undone by it.")]
    ]
    fields: NotRequired[ChangedFields]


class RevisionsPage(TypedDict):
    """Revisions of a record, the newest first."""

    items: list[RevisionSummary]
    next: PagePath
    prev: PagePath
