"""What searches and suggestions take and answer."""

from collections.abc import Sequence
from typing import Annotated, Any, Final

from pydantic import Field
from typing_extensions import TypedDict

from app.filters.attributes import KindNames
from app.formats.format import Use
from app.formats.responses import other_formats
from app.schemas.query import Parameter
from app.schemas.query_model import FormatParameter, MayBeEmpty, WholeNumber
from app.schemas.responses import page_schema
from app.web.openapi import REFERENCE_PROPERTIES, TEXT, across_operation

MATCH: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["ref", "kind", "id", "title", "score", "snippet"],
    "properties": REFERENCE_PROPERTIES
    | {
        "type": TEXT,
        "date": {"type": "object"},
        "score": {
            "type": "number",
            "minimum": 0,
            "maximum": 1,
            "description": "How good a match is: above 0.75 where all was found in the title, above 0.5 with the "
            "other names, above 0.25 with the summary, else below; within that, the higher the shorter the title.",
        },
        "snippet": TEXT | {"description": "HTML: what was found is in `<mark>`, everything else is escaped."},
    },
}

MOST_CHARACTERS: Final = 300
"""A name has no more characters (api.md §1)."""


class SuggestQuery(FormatParameter):
    """What has been typed, and which names are wanted."""

    q: Annotated[str, MayBeEmpty()] = Field(
        max_length=MOST_CHARACTERS,
        description=f"What has been typed so far, at most {MOST_CHARACTERS} characters; without a word in it nothing is "
        "found.",
        examples=["hugo ch"],
    )
    kind: KindNames = Field(
        (), description="Any of these kinds of record, with commas.", examples=[["event"]]
    )
    limit: Annotated[int, WholeNumber(1, 50)] = Field(
        10, description="How many suggestions are wanted.", examples=[5]
    )


class Suggestion(TypedDict):
    """A record that has a name like what was typed."""

    ref: Annotated[str, Field(description="The record's path below `/v1/`.")]
    kind: str
    id: str
    title: str
    match: Annotated[str, Field(description="The name that was found.")]


class SuggestionList(TypedDict):
    """The best names first."""

    items: list[Suggestion]


def search_operation(parameters: Sequence[Parameter]) -> dict[str, Any]:
    """Describe `GET /v1/search`."""
    return across_operation(
        "search",
        "Search all kinds of record",
        "Full text over titles, labels, aliases, summaries, tags, provisions and notes of evidence, beside every "
        'filter of lists. `q` is needed, and is never wrong: words, all required; `"a phrase"`; `prefix*`; `-not`. '
        "Signs other than these separate words; Chinese, Japanese, Thai and the like are found by their "
        "characters. `q` of exclusions alone finds what has none of them, `q` without a word nothing.",
        parameters,
        page_schema(MATCH),
        required=("q",),
        paged=True,
        formats=other_formats(Use.SEARCH),
    )
