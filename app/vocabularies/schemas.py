"""What the operations on vocabularies take and answer."""

from typing import Annotated, Any, Final

from pydantic import Field, WithJsonSchema
from typing_extensions import TypedDict

TermDocument = Annotated[dict[str, Any], WithJsonSchema({"$ref": "#/components/schemas/Term"})]
"""A term as it is written, and returned."""


class VocabularySummary(TypedDict):
    """A vocabulary in the list of all."""

    scheme: str
    href: str
    terms: Annotated[int, Field(description="How many it has.", ge=0)]


class VocabularyList(TypedDict):
    """Every vocabulary."""

    items: list[VocabularySummary]


class VocabularyTerms(TypedDict):
    """A vocabulary with its terms in order."""

    scheme: str
    terms: list[TermDocument]


TERM_EXAMPLE: Final = {
    "id": "sit-in",
    "label": "Sit-in",
    "definition": "People occupy a place to protest.",
}
