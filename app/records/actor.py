"""Actors: persons, states, organisations, armed groups and other collectives."""

from typing import Literal

from pydantic import Field

from app.records.base import EvidenceList, PlaceLinks, Record
from app.records.term_fields import ActorType


class Actor(Record):
    """Someone, or a body of people, that can act or be acted upon."""

    kind: Literal["actor"] = Field(
        description="Always `actor`. Set by the server.", json_schema_extra={"readOnly": True}
    )
    type: ActorType | None = Field(default=None, description="What sort of actor.", examples=["person"])
    places: PlaceLinks = ()
    evidence: EvidenceList = ()
