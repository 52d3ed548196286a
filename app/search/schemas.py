"""What searches and suggestions take and answer."""

from collections.abc import Iterator
from functools import cached_property
from typing import Annotated, Final, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from app.errors import Fault
from app.filters import refuse_of_other_kinds, with_filters
from app.filters.attributes import KindNames, select_kinds
from app.listing.query import ListQuery, PageParameters
from app.reading.schemas import NameParameters
from app.schemas.parameter_types import WholeNumber
from app.schemas.parameters import FormatParameter
from app.schemas.query_model import MayBeEmpty, QueryModel
from app.schemas.responses import ChosenTitle, Date, KindName, Page


class Match(ChosenTitle):
    """A record that was found."""

    ref: Annotated[str, Field(description="The record's path below `/v1/`.")]
    kind: KindName
    id: str
    title: str
    type: NotRequired[str]
    date: NotRequired[Date]
    score: Annotated[
        float,
        Field(
            ge=0,
            le=1,
            description="How good a match is: above 0.75 where all was found in the title, above 0.5 with the other names, "
            "above 0.25 with the summary, else below; within that, the higher the shorter the title.",
        ),
    ]
    snippet: Annotated[
        str,
        Field(description="HTML: what was found is in `<mark>`, everything else is escaped."),
    ]


class MatchPage(Page):
    """A page of what was found."""

    items: list[Match]


class KindsParameter(QueryModel):
    """Which kinds of record are searched."""

    kind: KindNames = Field(
        (), description="Any of these kinds of record, with commas.", examples=[["event"]]
    )


@with_filters
class SearchQuery(FormatParameter, KindsParameter, PageParameters):
    """What is searched for, and how it is sorted and paged."""

    q: Annotated[str, MayBeEmpty()] = Field(
        description=PageParameters.model_fields["q"].description,
        examples=PageParameters.model_fields["q"].examples,
    )

    def rules(self) -> Iterator[Fault]:
        """Refuse to ask of other kinds what only agreements have."""
        yield from refuse_of_other_kinds(self.model_fields_set, self.kind)

    @cached_property
    def question(self) -> ListQuery:
        """What is asked, page by page."""
        kind, kinds = select_kinds(self.kind)
        return self.asked(kind, [*self.conditions(kind), *kinds])


MAX_CHARACTERS: Final = 300
"""A name has no more characters (api.md §1)."""


class SuggestQuery(FormatParameter, NameParameters, KindsParameter):
    """What has been typed, and which names are wanted."""

    q: Annotated[str, MayBeEmpty()] = Field(
        max_length=MAX_CHARACTERS,
        description=f"What has been typed so far, at most {MAX_CHARACTERS} characters; without a word in it nothing is "
        "found.",
        examples=["hugo ch"],
    )
    limit: Annotated[int, WholeNumber(1, 50)] = Field(
        10, description="How many suggestions are wanted.", examples=[5]
    )


class Suggestion(ChosenTitle):
    """A record that has a name like what was typed."""

    ref: Annotated[str, Field(description="The record's path below `/v1/`.")]
    kind: KindName
    id: str
    title: str
    match: Annotated[str, Field(description="The name that was found.")]


class SuggestionList(TypedDict):
    """The best names first."""

    items: list[Suggestion]
