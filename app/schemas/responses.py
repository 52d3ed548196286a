"""What responses of several features share: pages, cards, records, revisions."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import new_class
from typing import Annotated, Any, Final, NotRequired

from pydantic import BaseModel, Field, GetCoreSchemaHandler, TypeAdapter, WithJsonSchema
from pydantic.json_schema import models_json_schema
from pydantic_core import CoreSchema
from typing_extensions import TypedDict

from app.records.evidence import Evidence
from app.records.historical_date import HistoricalDate
from app.records.kinds import RecordKind
from app.records.scalars import CHOSEN_TITLE
from app.records.vocabulary import Term
from app.schemas.patches import PATCH_SCHEMAS

Moment = Annotated[str, Field(json_schema_extra={"format": "date-time"})]
"""A moment as responses show it (RFC 3339)."""

PagePath = Annotated[str | None, Field(description="The path of the page, or null where there is none.")]
"""Where another page is."""


def described_by(name: str) -> WithJsonSchema:
    """Say of a type that a component of the OpenAPI document describes its values."""
    return WithJsonSchema({"$ref": f"#/components/schemas/{name}"})


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

    kind: str
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


SIDECARS: Final[dict[str, Any]] = {
    "linked": {
        "type": "object",
        "description": "What each reference leads to, by reference.",
        "additionalProperties": {"$ref": "#/components/schemas/Card"},
        "readOnly": True,
    },
    "incoming": {
        "type": "array",
        "description": "Who refers to it, with `include=incoming`.",
        "items": {"$ref": "#/components/schemas/Referrer"},
        "readOnly": True,
    },
    "incoming_truncated": {
        "type": "boolean",
        "description": "There: more refer to it than are listed.",
        "readOnly": True,
    },
}

MAX_ON_PAGE: Final = 10_000
"""The most that are listed for all records of a page together; each has an equal share."""


_PAGE_PATH: Final = "The path of the page, or null where there is none."


class Page(TypedDict):
    """What a page has beside its `items`."""

    next: Annotated[str | None, Field(description=_PAGE_PATH)]
    prev: Annotated[str | None, Field(description=_PAGE_PATH)]
    count: NotRequired[Annotated[int, Field(ge=0, description="How many there are in all, with `count`.")]]
    facets: NotRequired[
        Annotated[dict[str, list[dict[str, Any]]], Field(description="Counts over all that match, by facet.")]
    ]
    facets_truncated: NotRequired[
        Annotated[list[str], Field(description="There: facets that have more values than are listed.")]
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


def record_schemas(kinds: Iterable[RecordKind]) -> dict[str, Any]:
    """Return the JSON Schemas of the kinds' documents and of all their parts, by name.

    Each kind has two: `Event` is what is written, `EventRecord` what is returned. The latter has the
    sidecars (`linked`, `incoming` …) and what is told of a title that was chosen, and requires only the fields that always come, as `fields` may leave
    any other out.
    """
    _, definitions = models_json_schema(
        [(kind.model, "validation") for kind in kinds], ref_template="#/components/schemas/{model}"
    )
    schemas: dict[str, Any] = definitions.get("$defs", {})
    _allow_empty_texts(schemas)
    card = _schema_of(Card)
    chosen = {name: card["properties"][name] | {"readOnly": True} for name in CHOSEN_TITLE}
    for kind in kinds:
        document = schemas[kind.model.__name__]
        document["properties"] |= {
            name: schema for name, schema in SIDECARS.items() if name != "incoming_truncated"
        }
        name = f"{kind.model.__name__}Record"
        schemas[name] = document | {
            # Generators of clients name their classes after titles.
            "title": name,
            "properties": document["properties"] | SIDECARS | chosen,
            "required": ["kind", "id", "href"],
        }
    passage = schemas["Evidence"]
    holds = {
        "description": "What the source holds the property to be: its own value, or the record's where it supports that."
    }
    term = Term.model_json_schema(ref_template="#/components/schemas/{model}")
    return schemas | {
        **term.pop("$defs"),
        **PATCH_SCHEMAS,
        "Term": term,
        "Card": card,
        "Referrer": _schema_of(Referrer),
        "Passage": passage | {"title": "Passage", "properties": passage["properties"] | {"holds": holds}},
    }


def _schema_of(sort: Any) -> dict[str, Any]:
    """Return the JSON Schema of a type; what it refers to is among the records' schemas."""
    schema = TypeAdapter(sort).json_schema(ref_template="#/components/schemas/{model}")
    schema.pop("$defs", None)
    return schema


def _allow_empty_texts(schemas: Mapping[str, Any]) -> None:
    """Allow texts that may be null to be empty too: both are left out."""
    for schema in schemas.values():
        for member in schema.get("properties", {}).values():
            options = member.get("anyOf", [])
            if {"type": "null"} in options and any("minLength" in option for option in options):
                options.append({"type": "string", "maxLength": 0})
