"""Missions: undertakings with a purpose that go on for a while."""

from typing import Literal

from pydantic import Field

from app.records.base import EvidenceList, Participants, PlaceLinks, Record
from app.records.parts import Part
from app.records.scalars import AgreementReference, Id
from app.records.term_fields import MissionType


class EstablishedUnder(Part):
    """The agreement that a mission rests on."""

    agreement: AgreementReference = Field(
        description="Reference to an agreement.", examples=["agreements/cuba-venezuela-2000"]
    )
    provision: Id | None = Field(
        default=None,
        description="The id of the provision in it that carries the mission.",
        examples=["medical-care"],
    )


class Mission(Record):
    """A programme, campaign or operation."""

    kind: Literal["mission"] = Field(
        description="Always `mission`. Set by the server.", json_schema_extra={"readOnly": True}
    )
    type: MissionType | None = Field(default=None, description="What sort of mission.", examples=["health"])
    places: PlaceLinks = ()
    participants: Participants = ()
    established_under: EstablishedUnder | None = Field(default=None, description="The agreement it rests on.")
    evidence: EvidenceList = ()
