"""What the operations on the texts of sources answer."""

from typing import Annotated, Final, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from app.values.text_selectors import MatchStatus

Count = Annotated[int, Field(ge=0)]
Digest = Annotated[str, Field(description="Of its UTF-8.")]
Characters = Annotated[int, Field(description="Its length in Unicode code points.", ge=0)]

_MEANINGS: Final = {
    MatchStatus.EXACT: "The phrase stands at its place.",
    MatchStatus.MOVED: "It stands once elsewhere, or with white space or quotation marks that differ: at start and end.",
    MatchStatus.AMBIGUOUS: "It stands in several places, and prefix and suffix do not decide.",
    MatchStatus.MISSING: "It stands nowhere.",
}


class AttachedText(TypedDict):
    """A text that is attached to a source."""

    source: Annotated[str, Field(description="The source: a reference.")]
    sha256: Digest
    characters: Characters


class VerifiedText(TypedDict):
    """The text that evidence was verified against."""

    sha256: Digest
    characters: Characters
    as_recorded: NotRequired[
        Annotated[
            bool,
            Field(
                description="Whether this is the very text that the source's record names; absent where it names none."
            ),
        ]
    ]


class VerifiedItem(TypedDict):
    """What became of one item of evidence."""

    ref: Annotated[str, Field(description="The record's path below `/v1/`.")]
    evidence: Annotated[str, Field(description="The item's id in the record.")]
    property: NotRequired[str]
    verdict: Annotated[
        MatchStatus,
        Field(description=" ".join(f"`{name}`: {meaning}" for name, meaning in _MEANINGS.items())),
    ]
    start: NotRequired[Count]
    end: NotRequired[Count]


class Verification(TypedDict):
    """What became of every item of evidence from a source, in the order of its text, and how many of each there are."""

    source: Annotated[str, Field(description="The source: a reference.")]
    text: VerifiedText
    items: list[VerifiedItem]
    exact: Count
    moved: Count
    ambiguous: Count
    missing: Count
    unchecked: Annotated[
        int,
        Field(
            description="Items that point to pages or to no place, so that no text can tell.",
            ge=0,
        ),
    ]
