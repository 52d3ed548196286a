"""Fields that hold a term of a vocabulary, and the context a document is validated in.

A document from a client or a file is validated with a `ValidationContext` as pydantic's context. A document
from the database is validated without one, and rules that need the context are then skipped.
"""

from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, Field, StringConstraints, ValidationInfo

from app.records.scalars import rule_error
from app.records.vocabulary import Vocabulary
from app.values.slug import ID_PATTERN

_TERM: Final = StringConstraints(min_length=1, max_length=120)


@dataclass(slots=True)
class ValidationContext:
    """What validation must know beyond the document: its kind, the vocabulary, and counts made so far.

    One for each validation. `set_members` counts the dates in sets so far.
    """

    kind: str
    vocabulary: Vocabulary
    set_members: int = 0


def _checked(scheme: str) -> AfterValidator:
    def check(value: str, info: ValidationInfo) -> str:
        around: ValidationContext | None = info.context
        if around is None or around.vocabulary.has(scheme, value):
            return value
        detail = f"Use a term of the vocabulary {scheme}: /v1/vocabularies/{scheme} lists them."
        raise rule_error("unknown_term", detail, suggest=partial(around.vocabulary.nearest, scheme, value))

    return AfterValidator(check)


def _published(scheme: str) -> Any:
    # Any other text is unknown, and its nearest term is suggested: the pattern is but told of.
    return Field(json_schema_extra={"pattern": ID_PATTERN, "x-vocabulary": scheme})


EventType = Annotated[str, _TERM, _checked("event-type"), _published("event-type")]
ActorType = Annotated[str, _TERM, _checked("actor-type"), _published("actor-type")]
AgreementType = Annotated[str, _TERM, _checked("agreement-type"), _published("agreement-type")]
MissionType = Annotated[str, _TERM, _checked("mission-type"), _published("mission-type")]
PlaceType = Annotated[str, _TERM, _checked("place-type"), _published("place-type")]
SourceType = Annotated[str, _TERM, _checked("source-type"), _published("source-type")]
ParticipantRole = Annotated[str, _TERM, _checked("participant-role"), _published("participant-role")]
PartyRole = Annotated[str, _TERM, _checked("party-role"), _published("party-role")]
PlaceRole = Annotated[str, _TERM, _checked("place-role"), _published("place-role")]
RelationType = Annotated[str, _TERM, _checked("relation-type"), _published("relation-type")]
ProvisionType = Annotated[str, _TERM, _checked("provision-type"), _published("provision-type")]
FigureMeasure = Annotated[str, _TERM, _checked("figure-measure"), _published("figure-measure")]

PartyActionName = Literal[
    "signed", "ratified", "acceded", "in-force", "reserved", "suspended", "withdrew", "terminated"
]

Stance = Literal["supports", "disputes", "mentions"]
Rank = Literal["preferred", "normal", "deprecated"]
Basis = Literal["stated", "inferred", "external"]
