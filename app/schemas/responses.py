"""What responses of several features share: pages, cards, records, revisions."""

from dataclasses import dataclass
from types import new_class
from typing import Annotated, Any, Final, Literal, NotRequired, get_args

from pydantic import BaseModel, Field, GetCoreSchemaHandler
from pydantic_core import CoreSchema
from typing_extensions import TypedDict

from app.records.evidence import Evidence
from app.records.historical_date import HistoricalDate
from app.records.kinds import RecordKind
from app.records.vocabulary import Kind
from app.schemas.json_schema import described_by

KindName = Annotated[str, Field(json_schema_extra={"enum": [*get_args(Kind)]})]
"""The name of a kind of record."""

Moment = Annotated[str, Field(json_schema_extra={"format": "date-time"})]
"""A moment as responses show it (RFC 3339)."""

ChangedFields = Annotated[
    list[str],
    Field(
        min_length=1,
        description="The fields that differ from the revision before, by name. Left out of the first revision, of one that "
        "deletes the record or merges it away and the one after that, and where nothing differs.",
    ),
]
"""What a revision changed."""

PagePath = Annotated[str | None, Field(description="The path of the page, or null where there is none.")]
"""Where another page is."""


def component(name: str) -> Any:
    """Give the type of a value that a component of the OpenAPI document describes."""
    return Annotated[dict[str, Any], described_by(name)]


@dataclass(frozen=True, slots=True)
class DescribedAs:
    """Says of a type that its values are what a model has made, as JSON."""

    model: type[BaseModel]

    def __get_pydantic_core_schema__(self, _source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Give the schema of the model."""
        return handler.generate_schema(self.model)


Date = Annotated[dict[str, Any], DescribedAs(HistoricalDate)]
"""A date as documents show it: `edtf`, `start`, `end`, `label` and so on."""

EvidenceItem = Annotated[dict[str, Any], DescribedAs(Evidence)]
"""An item of evidence as documents show it."""

PassageItem = Annotated[dict[str, Any], described_by("Passage")]
"""One with what its source holds the property to be."""


class ChosenTitle(TypedDict):
    """What is told beside a title that was chosen by `lang` or `when`."""

    title_language: NotRequired[
        Annotated[
            str,
            Field(
                description="The language of `title`, where it was chosen by `lang` or `when` and is known."
            ),
        ]
    ]
    title_recorded: NotRequired[
        Annotated[
            str,
            Field(
                description="The title as it was written, where another name was chosen by `lang` or `when`."
            ),
        ]
    ]


class CardAsWritten(TypedDict):
    """What a card shows of a record, with its title as it was written."""

    kind: KindName
    id: str
    title: str
    type: NotRequired[str]
    date: NotRequired[Date]


class Card(CardAsWritten, ChosenTitle):
    """What a card shows of a record."""


class ReferencedCard(CardAsWritten):
    """The card of a record, with the reference to it."""

    ref: Annotated[str, Field(description="The record's path below `/v1/`.")]


class Referrer(ReferencedCard, ChosenTitle):
    """The card of a record that refers to another, and how it does."""

    relation: str
    role: NotRequired[str]


class Moved(TypedDict):
    """Where a record is that was merged into another, or renamed."""

    status: Literal[308]
    moved_to: Annotated[str, Field(description="The path of the record.")]
    merge: NotRequired[Annotated[int, Field(ge=1, description="The merge, as `/v1/merges/{id}` has it.")]]


MAX_ON_PAGE: Final = 10_000
"""The most that are listed for all records of a page together; each has an equal share."""


FacetName = Literal["type", "tag", "decade", "century", "participant", "place", "source"]
"""What the records of a list can be counted by."""

_PAGE_PATH: Final = "The path of the page, or null where there is none."


class ValueCount(TypedDict):
    """How many records have a value."""

    value: Annotated[str, Field(description="A term, a tag, or a reference to a record.")]
    count: Annotated[int, Field(ge=0)]


class SpanCount(TypedDict):
    """How many records a decade or a century may have, and must have."""

    value: Annotated[str, Field(description="Its first year.")]
    certain: Annotated[int, Field(ge=0)]
    possible: Annotated[int, Field(ge=0)]


class Facets(TypedDict):
    """Counts over all that match, by facet: those that were asked for."""

    type: NotRequired[list[ValueCount]]
    tag: NotRequired[list[ValueCount]]
    decade: NotRequired[list[SpanCount]]
    century: NotRequired[list[SpanCount]]
    participant: NotRequired[list[ValueCount]]
    place: NotRequired[list[ValueCount]]
    source: NotRequired[list[ValueCount]]


class QueryWarning(TypedDict):
    """A parameter that was probably meant otherwise than it was given."""

    code: Annotated[str, Field(description="A fixed word for programs.", examples=["may_be_swapped"])]
    detail: Annotated[str, Field(description="One sentence for people.")]
    parameter: Annotated[str, Field(description="The parameter.")]
    suggestion: Annotated[str, Field(description="The value that was probably meant.")]


class Page(TypedDict):
    """What a page has beside its `items`."""

    next: Annotated[str | None, Field(description=_PAGE_PATH)]
    prev: Annotated[str | None, Field(description=_PAGE_PATH)]
    count: NotRequired[Annotated[int, Field(ge=0, description="How many there are in all, with `count`.")]]
    facets: NotRequired[Facets]
    facets_truncated: NotRequired[
        Annotated[list[FacetName], Field(description="There: facets that have more values than are listed.")]
    ]
    linked: NotRequired[
        Annotated[
            dict[str, Card],
            Field(description="What references lead to, by reference, with `include=linked`."),
        ]
    ]
    incoming: NotRequired[
        Annotated[
            dict[str, list[Referrer]],
            Field(description="Who refers to each item, by its reference, with `include=incoming`."),
        ]
    ]
    incoming_truncated: NotRequired[
        Annotated[
            list[str],
            Field(
                description="There: of these more refer to them than are listed. A page lists up to "
                f"{MAX_ON_PAGE:,} together, with an equal share for each item."
            ),
        ]
    ]
    explanation: NotRequired[
        Annotated[str, Field(description="The question as one English sentence, with `explain`.")]
    ]
    warnings: NotRequired[
        Annotated[
            list[QueryWarning],
            Field(
                description="Where nothing was found: parameters that were probably meant otherwise. `bbox` or `near` where "
                "nothing lies, but something does with latitudes and longitudes the other way round."
            ),
        ]
    ]


def page_type(name: str, item: Any) -> Any:
    """Give the type of a page of items of some type, which the OpenAPI document calls by a name."""
    members = {"__annotations__": {"items": list[item]}, "__doc__": "A page.", "__module__": __name__}
    return new_class(name, (Page,), exec_body=lambda namespace: namespace.update(members))


def record_type(kind: RecordKind) -> Any:
    """Give the type of a kind's record, as it is returned."""
    return component(f"{kind.model.__name__}Record")


def document_type(kind: RecordKind) -> Any:
    """Give the type of a kind's document, as it is written."""
    return component(kind.model.__name__)
