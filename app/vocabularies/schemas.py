"""What the operations on vocabularies take and answer."""

from typing import Annotated, Any, Final

from pydantic import Field
from typing_extensions import TypedDict

from app.records.vocabulary import SCHEMES
from app.schemas.json_schema import described_by
from app.schemas.patches import patch_of

SchemeName = Annotated[str, Field(json_schema_extra={"enum": [*SCHEMES]})]
"""The name of a vocabulary."""

TermDocument = Annotated[dict[str, Any], described_by("Term")]
"""A term as it is returned."""

TermInput = Annotated[dict[str, Any], described_by("TermInput")]
"""A term as it is written."""

TermPatch = patch_of("Term")
"""A merge patch of a term."""


class VocabularySummary(TypedDict):
    """A vocabulary in the list of all."""

    scheme: SchemeName
    href: str
    terms: Annotated[int, Field(description="How many it has.", ge=0)]


class VocabularyList(TypedDict):
    """Every vocabulary."""

    items: list[VocabularySummary]


class VocabularyTerms(TypedDict):
    """A vocabulary with its terms in order."""

    scheme: SchemeName
    terms: list[TermDocument]


TERM_EXAMPLE: Final = {
    "id": "sit-in",
    "label": "Sit-in",
    "definition": "People occupy a place to protest.",
}
